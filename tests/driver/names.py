"""The names of the driver API: in headers, in snapshots, and in what a real libcudart looks up."""

import ctypes
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SNAPSHOT = os.path.join(HERE, "names.txt")
HEADERS = ("cuda.h", "cudaGL.h", "cudaEGL.h", "cudaVDPAU.h", "cudaProfiler.h")


def without_twin(name):
    return re.sub(r"_(ptsz|ptds)$", "", name)


def of_header(path):
    """Declared, or defined as another name (#define cuCtxCreate cuCtxCreate_v2)."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    names = set(re.findall(r"CUDAAPI\s+(cu[A-Z]\w*)\s*\(", text))
    for pair in re.findall(r"#\s*define\s+(cu[A-Z]\w*)\s+(?:__CUDA_API_\w+\()?(cu[A-Z]\w*)\)?\s*$",
                           text, flags=re.M):
        names.update(pair)
    return {without_twin(name) for name in names}


def of_headers(folder):
    paths = [os.path.join(folder, header) for header in HEADERS]
    return set().union(*(of_header(path) for path in paths if os.path.exists(path)))


def snapshot():
    """{name: [first header's version, first runtime's version]}"""
    with open(SNAPSHOT, encoding="utf-8") as file:
        return {line.split()[0]: line.split()[1:] for line in file
                if line.strip() and not line.startswith("#")}


def of_runtime(library, spy):
    """[(name, version, flags)] that the runtime looks up in the folder's libcuda.so.1."""
    output = os.path.join(spy, "lookups")
    if os.path.exists(output):
        os.unlink(output)
    env = {**os.environ, "LD_LIBRARY_PATH": spy, "SPY_OUTPUT": output}
    subprocess.run([sys.executable, __file__, library], env=env, check=True)
    with open(output, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [(name, int(version), int(flags)) for name, version, flags in rows if name]


if __name__ == "__main__":  # in a process of its own, with the spy for a driver
    ctypes.CDLL(sys.argv[1]).cudaGetDeviceCount(ctypes.byref(ctypes.c_int()))
