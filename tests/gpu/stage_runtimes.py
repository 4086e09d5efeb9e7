"""CUDA runtimes of several versions, as wheels bring them (wheels.sh): newer ones ask the driver for
entries that older ones did not know, and their calls must be counted all the same."""

import glob
import os
import sys

import compare
import figures
import machine
import runs
from cases import Missing, add_case, expect

SCRIPT = os.path.join(machine.HERE, "scripts", "runtime.py")
FOLDER = os.path.join(machine.BUILD, "gpu-runtimes")
VERSIONS = ("13.2", "13.3", "13.4", "13.5")


def no_driver():
    """Not the simulated one either, which a build's own environment may lead to."""
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    kept = [f for f in folders if f and not os.path.exists(os.path.join(f, "libcuda.so.1"))]
    return {"LD_LIBRARY_PATH": ":".join(kept) or None}


def run(version):
    found = glob.glob(os.path.join(FOLDER, version, "libcudart.so.*"))
    if not found:
        raise Missing(f"no runtime {version}: sh tests/gpu/wheels.sh {FOLDER}")
    command = [sys.executable, SCRIPT, found[0]]
    if not machine.gpu:
        answer = compare.without_gpu(command, no_driver())
        return {**answer, "library": os.path.basename(found[0])}
    bare = runs.ended(runs.Run(command))
    spied = runs.Run(command, spied=True)
    runs.same_behaviour(spied, bare)
    runs.same_stderr(spied, bare)
    expected = spied.expected()
    expect(expected, f"it did nothing: {runs.last_line(spied.stdout)}")
    figures.as_expected(spied.report, expected)
    figures.nothing_missed(spied.report)
    compare.note_use(spied.report)
    reason, _ = compare.with_cupti(command)
    return {"figures": len(expected), "CUPTI": reason or "equal", **runs.times(bare, spied)}


for _version in VERSIONS:
    add_case("runtimes", f"runtime {_version}", run, _version)
