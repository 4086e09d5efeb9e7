"""The driver's functions by ctypes, for scripts that run under gpuspy.

`cu.cuMemFree_v2(address)` calls it and ends the script if it fails; `cu.fails(code, name, ...)`
wants this error. Integers go as 64 bits, which an int parameter takes too.
"""

import ctypes
from ctypes import (POINTER, Structure, byref, c_char_p, c_int, c_size_t, c_ubyte, c_uint, c_uint64,
                    c_ushort, c_void_p)

__all__ = ["Allocation", "Array2D", "Array3D", "Copy2D", "Copy3D", "Handle", "KernelNode",
           "LaunchConfig", "LaunchParams", "byref", "c_int", "c_size_t", "c_uint64", "c_void_p",
           "CALLBACK", "context", "cu", "function", "launch", "new", "noop", "memory"]

CALLBACK = ctypes.CFUNCTYPE(None, c_void_p)


class Driver:
    def __init__(self):
        self.library = ctypes.CDLL("libcuda.so.1")

    def status(self, name, *arguments):
        given = [c_uint64(a) if isinstance(a, int) else a for a in arguments]
        return getattr(self.library, name)(*given)

    def fails(self, code, name, *arguments):
        status = self.status(name, *arguments)
        if status != code:
            raise SystemExit(f"{name} gave {status}, not {code}")

    def __getattr__(self, name):
        return lambda *arguments: self.fails(0, name, *arguments)


cu = Driver()


def new(name, *arguments, kind=c_void_p):
    """What a function gives through its first argument."""
    out = kind()
    cu.fails(0, name, byref(out), *arguments)
    return out.value


def memory(size):
    return new("cuMemAlloc_v2", size, kind=c_uint64)


def context(device=0):
    made = new("cuDevicePrimaryCtxRetain", device)
    cu.cuCtxSetCurrent(made)
    return made


def function(name):
    """A kernel of a module of its own."""
    module = new("cuModuleLoadData", c_char_p(f"sim:{name}".encode()))
    return new("cuModuleGetFunction", module, c_char_p(name.encode()))


def noop():
    return function("sim_noop")


def launch(kernel, stream=0, name="cuLaunchKernel", code=0):
    cu.fails(code, name, kernel, 1, 1, 1, 1, 1, 1, 0, stream, None, None)


# Structures, as in cuda.h of CUDA 13.0.

class LaunchConfig(Structure):
    _fields_ = [("grid", c_uint * 3), ("block", c_uint * 3), ("shared", c_uint),
                ("stream", c_void_p), ("attributes", c_void_p), ("count", c_uint)]


class LaunchParams(Structure):
    _fields_ = [("function", c_void_p), ("grid", c_uint * 3), ("block", c_uint * 3),
                ("shared", c_uint), ("stream", c_void_p), ("params", c_void_p)]


class KernelNode(Structure):
    _fields_ = [("function", c_void_p), ("grid", c_uint * 3), ("block", c_uint * 3),
                ("shared", c_uint), ("params", c_void_p), ("extra", c_void_p),
                ("kernel", c_void_p), ("context", c_void_p)]

    def __init__(self, function=None, kernel=None):
        super().__init__(function=function, kernel=kernel, grid=(1, 1, 1), block=(1, 1, 1))


class Side2D(Structure):
    _fields_ = [("x", c_size_t), ("y", c_size_t), ("type", c_uint), ("host", c_void_p),
                ("device", c_uint64), ("array", c_void_p), ("pitch", c_size_t)]


class Copy2D(Structure):
    _fields_ = [("source", Side2D), ("to", Side2D), ("width", c_size_t), ("height", c_size_t)]


class Side3D(Structure):
    _fields_ = [("x", c_size_t), ("y", c_size_t), ("z", c_size_t), ("level", c_size_t),
                ("type", c_uint), ("host", c_void_p), ("device", c_uint64), ("array", c_void_p),
                ("context", c_void_p), ("pitch", c_size_t), ("height", c_size_t)]


class Copy3D(Structure):
    _fields_ = [("source", Side3D), ("to", Side3D), ("width", c_size_t), ("height", c_size_t),
                ("depth", c_size_t)]


class Array2D(Structure):
    _fields_ = [("width", c_size_t), ("height", c_size_t), ("format", c_uint),
                ("channels", c_uint)]


class Array3D(Structure):
    _fields_ = [("width", c_size_t), ("height", c_size_t), ("depth", c_size_t),
                ("format", c_uint), ("channels", c_uint), ("flags", c_uint)]


class Allocation(Structure):
    _fields_ = [("type", c_int), ("handles", c_int), ("location", c_int), ("id", c_int),
                ("win32", c_void_p), ("compression", c_ubyte), ("rdma", c_ubyte),
                ("usage", c_ushort), ("reserved", c_ubyte * 4)]


class Handle(Structure):
    _fields_ = [("bytes", c_ubyte * 64)]
