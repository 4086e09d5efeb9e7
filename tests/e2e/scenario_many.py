#!/usr/bin/env python3
"""More contexts and kernels than gpuspy has places for; see scenarios.py."""

import ctypes

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
