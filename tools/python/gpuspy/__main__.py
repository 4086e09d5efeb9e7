# SPDX-License-Identifier: MIT
"""The commands of the wheel: they become the programs that lie in it. Also python -m gpuspy."""
import os
import sys

from gpuspy import _program


def _become(name):
    os.execv(_program(name), [name] + sys.argv[1:])


def gpuspy():
    _become("gpuspy")


def gpuspy_top():
    _become("gpuspy-top")


if __name__ == "__main__":
    gpuspy()
