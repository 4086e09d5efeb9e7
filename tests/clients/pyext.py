#!/usr/bin/env python3
"""pyext.py FOLDER [ROUNDS [END]]: forward passes from Python, through an extension module.

END: how the program ends: "normal", "exit" (status 3), "_exit" (status 5) or "fork" (a forked
child does the passes and leaves by _exit, the parent does none)."""

import os
import sys


def passes(rounds):
    import gpuspy_pyext

    version, status = gpuspy_pyext.forward(rounds)
    print(f"rounds {rounds}: cuDNN {int(version)}, status {status}", flush=True)
    return status


def in_child(rounds):
    child = os.fork()
    if child == 0:
        os._exit(1 if passes(rounds) else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main():
    sys.path.insert(0, sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    end = sys.argv[3] if len(sys.argv) > 3 else "normal"
    status = in_child(rounds) if end == "fork" else passes(rounds)
    if status:
        sys.exit(1)
    if end == "exit":
        sys.exit(3)
    if end == "_exit":
        os._exit(5)


if __name__ == "__main__":
    main()
