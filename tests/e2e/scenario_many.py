#!/usr/bin/env python3
"""More contexts and kernels than gpuspy has places for; see scenarios.py."""

import ctypes
import re
import threading

from driver import context, cu, launch, new, noop
from scenarios import run, scenario


def many_contexts(count):
    """All alive, on two devices by turns; each launches and waits."""
    for i in range(count):
        new("cuCtxCreate_v2", 0, i % 2)
        launch(noop())
        cu.cuCtxSynchronize()
        cu.cuCtxPopCurrent_v2(None)


def many_kernels(count):
    context()
    kernels = []
    for first in range(0, count, 500):
        names = [f"kernel_{i}".encode() for i in range(first, first + 500)]
        module = new("cuModuleLoadData", ctypes.c_char_p(b"sim:" + b",".join(names)))
        kernels += [new("cuModuleGetFunction", module, ctypes.c_char_p(name)) for name in names]
    for _ in range(2):
        for kernel in kernels:
            launch(kernel)
    cu.cuCtxSynchronize()


def address_space():
    with open("/proc/self/status", encoding="ascii") as status:
        return int(re.search(r"VmSize:\s+(\d+)", status.read()).group(1))


@scenario
def threads(count=64):
    """They are all there before the first of them calls; prints what the calls added for each."""
    here, called = threading.Barrier(count + 1), threading.Barrier(count + 1)
    kernel = (context(), noop())[1]
    launch(kernel)

    def body():
        here.wait()
        here.wait()
        cu.cuDriverGetVersion(ctypes.byref(ctypes.c_int()))
        called.wait()
        called.wait()

    made = [threading.Thread(target=body) for _ in range(count)]
    for thread in made:
        thread.start()
    here.wait()
    before = address_space()
    here.wait()
    called.wait()
    print((address_space() - before) / count)
    called.wait()
    for thread in made:
        thread.join()


@scenario
def growth(count=3000, number=4):
    """Rows come while threads launch: each thread has kernels of its own, and one of all."""
    current, common = context(), noop()
    names = [[f"kernel_{t}_{i}".encode() for i in range(count // number)] for t in range(number)]
    kernels = []
    for own in names:
        module = new("cuModuleLoadData", ctypes.c_char_p(b"sim:" + b",".join(own)))
        kernels.append([new("cuModuleGetFunction", module, ctypes.c_char_p(n)) for n in own])

    def body(own):
        cu.cuCtxSetCurrent(current)
        for kernel in own:
            launch(kernel)
            launch(common)
        cu.cuCtxSynchronize()

    made = [threading.Thread(target=body, args=(own,)) for own in kernels]
    for thread in made:
        thread.start()
    for thread in made:
        thread.join()


@scenario
def contexts():
    many_contexts(1400)


@scenario
def kernels():
    many_kernels(5000)


@scenario
def everything():
    many_kernels(5000)
    many_contexts(1400)
    new("cuStreamCreate", 0)


if __name__ == "__main__":
    run()
