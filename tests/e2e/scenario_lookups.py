#!/usr/bin/env python3
"""scenario_lookups.py NAME: what may be asked of cuGetProcAddress, beside what the runtime asks."""

import ctypes

from driver import *  # noqa: F403 -- made for it
from scenarios import run, scenario

VERSION = 13000
FOUND, NOT_FOUND, TOO_OLD = 0, 1, 2


def text(name):
    return None if name is None else ctypes.c_char_p(name.encode())


def v2(name, version=VERSION, flags=0):
    """(status, pointer, result) of cuGetProcAddress_v2."""
    out, result = c_void_p(1), c_int(-1)
    status = cu.status("cuGetProcAddress_v2", text(name), byref(out), version, flags,
                       byref(result))
    return status, out.value, result.value


def v1(name, version=VERSION, flags=0):
    out = c_void_p(1)
    return cu.status("cuGetProcAddress", text(name), byref(out), version, flags), out.value


@scenario
def odd():
    """Empty, unknown and absent names, versions that are too new, pointers that are not there."""
    for look_up in (v2, v1):
        for name in ("", "cu", "cuNoSuchFunction", "cuInit_v9", "x" * 5000, None):
            answer = look_up(name)
            print(look_up.__name__, str(name)[:20], answer[0], bool(answer[1]), answer[2:])
        print(bool(look_up("cuInit")[1]), look_up("cuInit", VERSION + 1000)[0],
              look_up("cuMemAlloc", 1)[0], look_up("cuInit", VERSION, 99)[0])
    out, result = c_void_p(), c_int()
    print(cu.status("cuGetProcAddress_v2", text("cuInit"), None, VERSION, 0, byref(result)))
    print(cu.status("cuGetProcAddress_v2", text("cuInit"), byref(out), VERSION, 0, None))
    print(cu.status("cuGetProcAddress", text("cuInit"), None, VERSION, 0), bool(out.value))


@scenario
def forms():
    """Every form of one name, called through what was given."""
    context()
    address = c_uint64()
    handle = ctypes.CDLL("libcuda.so.1")
    for name, version, exported in (("cuMemAlloc", 3020, "cuMemAlloc_v2"),
                                    ("cuMemAlloc", VERSION, "cuMemAlloc_v2"),
                                    ("cuMemAlloc_v2", VERSION, None)):
        pointer = v2(name, version)[1]
        if pointer:
            ctypes.CFUNCTYPE(c_int, c_void_p, c_size_t)(pointer)(byref(address), 64)
            cu.cuMemFree_v2(address.value)
        if pointer and exported:
            by_name = ctypes.cast(getattr(handle, exported), c_void_p).value
            print(name, version, "the same pointer:", by_name == pointer)
    kernel = noop()
    for flags in (0, 1, 2):
        pointer = v2("cuLaunchKernel", 7000, flags)[1]
        kinds = [c_void_p] + [ctypes.c_uint] * 7 + [c_void_p] * 3
        ctypes.CFUNCTYPE(c_int, *kinds)(pointer)(kernel, 1, 1, 1, 1, 1, 1, 0, None, None, None)


@scenario
def through_itself():
    """cuGetProcAddress can be asked for itself, and that one again."""
    prototype = ctypes.CFUNCTYPE(c_int, ctypes.c_char_p, c_void_p, c_int, c_uint64, c_void_p)
    pointer, result = v2("cuGetProcAddress", VERSION)[1], c_int()
    for _ in range(3):
        out = c_void_p()
        if prototype(pointer)(b"cuGetProcAddress", byref(out), VERSION, 0, byref(result)):
            raise SystemExit("not found")
        pointer = out.value
    out = c_void_p()
    prototype(pointer)(b"cuDriverGetVersion", byref(out), VERSION, 0, None)
    version = c_int()
    ctypes.CFUNCTYPE(c_int, c_void_p)(out.value)(byref(version))
    print(version.value)


if __name__ == "__main__":
    run()
