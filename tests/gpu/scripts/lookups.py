"""lookups.py FILE: for each (name, version, flags) that the runtime asks cuGetProcAddress for, is
the pointer that of dlsym, and under which name? Prints RESULT and a JSON object.

The same has to come out with gpuspy: what is one function stays one function.
"""

import ctypes
import json
import sys

PER_THREAD = 2


def lookups(path):
    """As in tests/sim/cudart-lookups.txt: name, version and flags, by tabs."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                continue
            name, version, flags = line.rstrip("\n").split("\t")
            if name:
                yield name, int(version), int(flags)


def address(library, name):
    try:
        return ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    except AttributeError:
        return None


def candidates(name, flags):
    """The names under which a driver exports a function."""
    for version in ("", "_v2", "_v3", "_v4"):
        for twin in ("_ptsz", "_ptds") if flags & PER_THREAD else ():
            yield name + version + twin
        yield name + version


def main():
    library = ctypes.CDLL("libcuda.so.1")
    library.cuInit(0)
    get = library.cuGetProcAddress_v2
    found = {"equal": {}, "no such export": [], "not equal": [], "unknown": []}
    for name, version, flags in lookups(sys.argv[1]):
        pointer, result = ctypes.c_void_p(), ctypes.c_int(-1)
        status = get(name.encode(), ctypes.byref(pointer), version, ctypes.c_uint64(flags),
                     ctypes.byref(result))
        key = f"{name} {version} {flags}"
        exported = {n: address(library, n) for n in candidates(name, flags)}
        exported = {n: a for n, a in exported.items() if a}
        same = [n for n, a in exported.items() if a == pointer.value]
        if status or not pointer.value:
            found["unknown"].append(key)
        elif same:
            found["equal"][key] = same
        else:
            found["not equal" if exported else "no such export"].append(key)
    print("RESULT " + json.dumps(found))


if __name__ == "__main__":
    main()
