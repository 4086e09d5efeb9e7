#!/usr/bin/env python3
"""Hooks from near: unwinding from every instruction, and calls on stacks that are not the usual
one. Each is held against the same program without gpuspy, and against the libraries' ledger."""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))
from harness import (BUILD, LIBRARY, Run, Skip, add_case, case, compare, expect, main,  # noqa: E402
                     program, same, succeeded)


def built(name):
    path = os.path.join(BUILD, "tests", "hooks", name)
    if not os.path.exists(path):
        raise Skip(f"{name} is not built for this processor")
    return path


@case("every instruction of hooks, doors and stubs can be unwound to main")
def walk():
    run = Run([built("walk")], {"GPUSPY_REPORT": "never"})
    succeeded(run)
    said = re.fullmatch(rb"(\d+) instructions, lost in 0\n", run.stdout)
    expect(said and int(said[1]) > 3000, f"standard output: {run.stdout!r}")


CALLS = {"order": 4, "thread": 500, "deep": 606, "top": 1, "first": 1, "dlopen": 0,
         # A call that never comes back counts as made; memory stays bounded, says the program.
         "lost": 60003, "left": 1003, "signals": 4000, "preempted": 1600002}


def stacks(name):
    run = compare([built("stacks"), name])
    if name in CALLS:
        same(run.stdout, f"{CALLS[name]} calls\n".encode(), "standard output")


for name in ("many", *CALLS):
    add_case(f"stacks: {name}", stacks, name)


@case("thread-local data: at most 256 bytes")
def thread_local():
    said = subprocess.run([program("readelf"), "-lW", LIBRARY], check=True, capture_output=True,
                          text=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C"}).stdout
    sizes = [int(line.split()[5], 16) for line in said.splitlines() if line.split()[:1] == ["TLS"]]
    same(len(sizes), 1, "TLS segments")
    expect(sizes[0] <= 256, f"{sizes[0]} bytes")


@case("the library is marked for CET")
def marked():
    said = subprocess.run([program("readelf"), "-nW", LIBRARY], check=True, capture_output=True,
                          text=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C"}).stdout
    if os.uname().machine != "x86_64":
        raise Skip("a property of x86-64")
    expect("IBT, SHSTK" in said, said)


if __name__ == "__main__":
    main()
