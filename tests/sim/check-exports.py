#!/usr/bin/env python3
"""check-exports.py LIBRARY SOURCES: what the simulated libcuda.so.1 exports.

It has to be the functions of exports_*.h and the mark, and nothing else. Where the CUDA toolkit is
installed, its stub library is compared too.
"""
import glob
import os
import re
import struct
import sys

TOOLKIT = os.environ.get("CUDA_PATH", "/usr/local/cuda")
MARK = "gpuspy_simulated_driver"
# Of the real driver, but not of the toolkit's stub.
GRAPHICS = re.compile(r"cu(GL|EGL|VDPAU|GraphicsGL|GraphicsEGL|GraphicsVDPAU)|.*(Egl|EGL)")


def exported(path):
    """Names of the defined global symbols in an ELF file's dynamic symbol table."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:5] != b"\x7fELF\x02":
        sys.exit(f"{path}: not a 64-bit ELF file")
    at, = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, at + i * size) for i in range(count)]
    table = next(s for s in sections if s[1] == 11)  # SHT_DYNSYM
    strings = sections[table[6]]
    names = set()
    for offset in range(table[4], table[4] + table[5], 24):
        name, info, _, section = struct.unpack_from("<IBBH", data, offset)
        if section and info >> 4 in (1, 2):  # defined, global or weak
            start = strings[4] + name
            names.add(data[start:data.index(b"\0", start)].decode())
    return {name for name in names if not name.startswith("__odr_asan")}  # a sanitized build's


def compare(since):
    """The list goes up to 13.5: an older stub has no more than it, and no less of its own time."""
    stub, header = (os.path.join(TOOLKIT, name) for name in ("lib64/stubs/libcuda.so", "include/cuda.h"))
    if not os.path.exists(stub) or not os.path.exists(header):
        return []
    with open(header) as file:
        version = int(re.search(r"#define CUDA_VERSION (\d+)", file.read()).group(1))
    theirs = exported(stub)
    print(f"compared with {stub}, version {version}")
    problems = []
    listed = {name for name, first in since.items() if first <= version}
    if version <= 13050:
        problems += [f"not in ours: {name}" for name in sorted(theirs - set(since))]
    if 13000 <= version <= 13050:
        problems += [f"not in theirs: {name}" for name in sorted(listed - theirs)
                     if not GRAPHICS.match(name) and not name.startswith(("cuSubgrid", "cuTomorrow"))]
    return problems


def main():
    library, sources = sys.argv[1:]
    since = {}
    for path in glob.glob(os.path.join(sources, "exports_*.h")):
        with open(path) as file:
            since.update((name, int(first)) for name, first in
                         re.findall(r"^EXPORT\((\w+), (\d+),", file.read(), re.M))
    listed = set(since)
    have = exported(library)
    problems = [f"not exported: {name}" for name in sorted(listed | {MARK}) if name not in have]
    problems += [f"exported: {name}" for name in sorted(have - listed - {MARK})]
    if len(listed) < 600:
        problems.append(f"only {len(listed)} functions are listed")
    problems += compare(since)
    print("\n".join(problems) or f"{len(have)} names, as listed")
    return 1 if problems else 0


sys.exit(main())
