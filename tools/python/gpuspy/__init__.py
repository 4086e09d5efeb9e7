# SPDX-License-Identifier: MIT
"""Did this program use the GPU?

    import gpuspy
    gpuspy.watch()            # at the top, before torch or tensorflow is imported
    ...
    print(gpuspy.report())    # so far; one more comes when the program ends

From the shell: gpuspy run python train.py, and gpuspy-top meanwhile.
"""
import ctypes
import json
import os
import re
import subprocess

__all__ = ["watch", "report", "figures", "library", "__version__"]
__version__ = "@VERSION@"

_folder = os.path.dirname(os.path.abspath(__file__))
#: What goes into LD_PRELOAD.
library = os.path.join(_folder, "lib", "libgpuspy.so")


def watch():
    """Counts what this program does with CUDA from here on, and what it starts from here on.

    What LD_PRELOAD has brought already is left as it is, and so is what was watched before.
    """
    if re.search(r"\$({(ORIGIN|LIB|PLATFORM)}|(ORIGIN|LIB|PLATFORM)(?![A-Za-z0-9_]))", library):
        raise OSError("gpuspy: the loader reads a word of its own in " + library)
    ctypes.CDLL(library)
    # os.environ is a copy from Python's start: for subprocess.run(..., env={**os.environ}).
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    for name in ("LD_PRELOAD", "GPUSPY_SESSION", "GPUSPY_OWNER"):
        value = getenv(name.encode())
        if value is not None:
            os.environ[name] = os.fsdecode(value)


def _is_loaded():
    try:
        with open("/proc/self/maps", "rb") as maps:
            return b"/libgpuspy.so" in maps.read()
    except OSError:
        return True


def _why_no_record(said):
    if os.environ.get("GPUSPY_DISABLE") == "1":
        return "GPUSPY_DISABLE=1 is set: nothing is counted"
    if not _is_loaded():
        return "this process is not watched: gpuspy.watch() was not called"
    if ": no process " in said:
        return "no record of this process: forked, it has called nothing of CUDA's yet; or none can be made or read"
    return said or "gpuspy report said nothing"


def _ask(*options):
    try:
        done = subprocess.run([_program("gpuspy"), "report", *options, str(os.getpid())],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise LookupError(str(error))
    if done.returncode:
        raise LookupError(_why_no_record(done.stderr.decode(errors="replace").strip()))
    return done.stdout.decode(errors="replace")


def report():
    """What this program, with what it started, has done so far, as text; it raises nothing.

    A process that was forked has a record from its first call of CUDA's on. Before that, and where
    none can be made or is wanted, it is UNKNOWN here; its parent's report has it.
    """
    try:
        return _ask().replace("GPU work: ", "GPU work so far: ", 1)
    except LookupError as error:
        return "gpuspy: GPU work so far: UNKNOWN  %s  (pid %d)\n" % (error, os.getpid())


def figures():
    """The same as figures: a dictionary, as gpuspy-json(5) describes it. LookupError: no record."""
    return json.loads(_ask("--json"))


def _program(name):
    return os.path.join(_folder, "bin", name)
