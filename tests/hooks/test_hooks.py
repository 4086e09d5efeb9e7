#!/usr/bin/env python3
"""Hooks from near: unwinding from every instruction, and calls on stacks that are not the usual
one. Each is held against the same program without gpuspy, and against the libraries' ledger."""

import os
import random
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))
from harness import (BUILD, LIBRARY, Run, Skip, add_case, case, compare, expect,  # noqa: E402
                     machine, main, program, same, succeeded)


def built(name):
    return os.path.join(BUILD, "tests", "hooks", name)


def parts():
    """Where the assembly is in the library, for a processor without a trap flag (step.h)."""
    if machine() == "x86_64":
        return []
    said = subprocess.run([program("nm"), "-S", LIBRARY], check=True, capture_output=True, text=True)
    symbols = {f[3]: (int(f[0], 16), int(f[1], 16))
               for f in map(str.split, said.stdout.splitlines()) if len(f) == 4}
    words = []
    for first, last in (("hook_stubs", "hook_no_thread"), ("door_dlsym", "syscall")):
        words += [f"{symbols[first][0]:x}", f"{sum(symbols[last]):x}"]
    return words


@case("every instruction of hooks, doors and stubs can be unwound to main")
def walk():
    run = Run([built("walk"), *parts()], {"GPUSPY_REPORT": "never"})
    succeeded(run)
    expect(re.fullmatch(rb"\d+ instructions, lost in 0\n", run.stdout),
           f"standard output: {run.stdout!r}")


PATIENCE = 240  # seconds: each step is a signal, and took a virtual machine with more to do 64 of them
CALLS = {"order": 4, "thread": 500, "deep": 606, "top": 1, "first": 1, "dlopen": 0,
         # A call that never comes back counts as made; memory stays bounded, says the program.
         "lost": 60003, "left": 1003, "area": 195, "signals": 4000, "preempted": 1600002,
         "jumped": 203000, "inside": 5000, "copied": 600, "stepped": 723}


def stacks(name, *arguments):
    run = compare([built("stacks"), name, *arguments], timeout=PATIENCE)
    if name in CALLS:
        same(run.stdout, f"{CALLS[name]} calls\n".encode(), "standard output")


for name in ("many", *CALLS):
    if name != "stepped":
        add_case(f"stacks: {name}", stacks, name)


@case("stacks: stepped")
def stepped():
    if machine() != "x86_64":
        raise Skip("the trap flag is x86-64's")
    seed = os.environ.get("GPUSPY_SEED", str(random.randrange(1 << 30)))
    print(f"# seed {seed}", flush=True)
    stacks("stepped", seed)


@case("stacks: everywhere")
def everywhere():
    if machine() != "x86_64":
        raise Skip("the trap flag is x86-64's")
    run = compare([built("stacks"), "everywhere"], repeats_itself=False, timeout=PATIENCE)
    expect(run.ledger["libcufft.so.12"]["cufftSimCallback"]["calls"] > 80 * 200, "hardly ever left")


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
    if machine() != "x86_64":
        raise Skip("a property of x86-64")
    expect("IBT, SHSTK" in said, said)


if __name__ == "__main__":
    main()
