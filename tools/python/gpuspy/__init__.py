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
_first = os.getpid()
_NO_RECORD = "this forked process has called nothing of CUDA's yet, or its record cannot be read"


def watch():
    """Counts what this program does with CUDA from here on, and what it starts from here on.

    What LD_PRELOAD has brought already is left as it is, and so is what was watched before.
    """
    if re.search(r"\$({(ORIGIN|LIB|PLATFORM)}|ORIGIN|LIB|PLATFORM)", library):
        raise OSError("gpuspy: the loader reads a word of its own in " + library)
    ctypes.CDLL(library)
    # os.environ is a copy from Python's start: for subprocess.run(..., env={**os.environ}).
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    for name in ("LD_PRELOAD", "GPUSPY_SESSION", "GPUSPY_OWNER"):
        value = getenv(name.encode())
        if value is not None:
            os.environ[name] = os.fsdecode(value)


def _ask(*options):
    done = subprocess.run([_program("gpuspy"), "report", *options, str(os.getpid())],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        if os.getpid() != _first and ": no process " in said:
            raise LookupError(_NO_RECORD)
        raise RuntimeError(said or "gpuspy report failed")
    return done.stdout.decode(errors="replace")


def report():
    """What this program, with what it started, has done so far, as text.

    A process that was forked has a record from its first call of CUDA's on. Before that, and where
    none can be made, it is UNKNOWN here; its parent's report has it.
    """
    try:
        return _ask()
    except LookupError:
        return "gpuspy: GPU work: UNKNOWN so far  %s  (pid %d)\n" % (_NO_RECORD, os.getpid())


def figures():
    """The same as figures: a dictionary, as gpuspy-json(5) describes it. LookupError: no record."""
    return json.loads(_ask("--json"))


def _program(name):
    return os.path.join(_folder, "bin", name)
