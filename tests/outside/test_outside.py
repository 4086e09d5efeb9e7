#!/usr/bin/env python3
"""Programs of others on the simulated driver: the same output with gpuspy as without, and its counts
are the ledger's. Started by tests/clients.sh.

    test_outside.py CACHE NAME...
"""

import contextlib
import io
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import harness
from harness import Run, Skip, same

# The script; kernels that it is known to launch.
PYTHON = {"numba": ("numba_add.py", 10), "pycuda": ("pycuda_add.py", 7),
          "cuda-python": ("cuda_python_add.py", 3)}

# Programs: what they are asked to do, and the kernels that they launch: of ffmpeg two for a frame.
PROGRAMS = {
    "ffmpeg": (["-v", "error", "-init_hw_device", "cuda=gpu:0", "-filter_hw_device", "gpu",
                "-f", "lavfi", "-i", "testsrc=duration=0.2:size=128x128,format=yuv420p",
                "-vf", "hwupload_cuda,scale_cuda=64:64,hwdownload,format=yuv420p",
                "-f", "null", "-"], 10),
    "hashcat": (["-I"], 0),
    "clinfo": (["-l"], 0),
}
TIMEOUT = 300
LEDGER_NAME = 119 - len("kernel.")  # longer ones are cut there


def both(words):
    env = {"PYTHONDONTWRITEBYTECODE": "1"}
    Run(words, env, spied=False, timeout=TIMEOUT)  # the first run of all writes caches
    plain = Run(words, env, spied=False, timeout=TIMEOUT)
    spied = Run(words, env, timeout=TIMEOUT)
    same(spied.status, plain.status, f"status ({spied.stderr[-2000:]!r})")
    same(spied.stdout, plain.stdout, "standard output, compared with a run without gpuspy")
    return plain, spied


def same_counts(run):
    """Of the driver: what NVIDIA's own libraries above it were asked is in no ledger."""
    report = run.report
    harness.nothing_missed(report)
    harness.same_sums(report)
    harness.same_totals(report, run.ledger)
    report["functions"] = [f for f in report["functions"] if f["layer"] == "driver"]
    for function in report["functions"]:
        function["library"] = "libcuda.so.1"  # some open it by its other name
    harness.same_functions(report, run.ledger)


def run_python(cache, name):
    script, kernels = PYTHON[name]
    python = os.path.join(cache, name, "bin", "python")
    if not os.path.exists(python):
        raise Skip(f"it needs {name} from PyPI: see {cache}/{name}.log")
    plain, spied = both([python, os.path.join(HERE, script)])
    same(plain.status, 0, f"status ({plain.stderr[-2000:]!r})")
    for kernel in spied.report["kernels"]:
        kernel["name"] = kernel["name"][:LEDGER_NAME]
    same(spied.report["verdict"], "gpu-work", "the verdict")
    same(spied.report["totals"]["kernels"], kernels, "kernels")
    same(spied.report["totals"]["confirmed_kernels"], kernels, "confirmed kernels")
    same_counts(spied)


def loads_driver(path):
    """clinfo and hashcat reach a GPU by OpenCL too, and need an ICD for that."""
    with open(path, "rb") as file:
        return b"libcuda" in file.read() or name_of(path) == "ffmpeg"


def name_of(path):
    return os.path.basename(path)


def run_program(name):
    path = shutil.which(name)
    if not path:
        raise Skip(f"it needs {name}: apt-get install {name}")
    words, kernels = PROGRAMS[name]
    plain, spied = both([path, *words])
    if not loads_driver(path):
        return
    report = spied.report
    if plain.status or not report:
        raise Skip(f"{name} ends with {plain.status} on the simulated driver: "
                   f"{plain.stderr.decode(errors='replace').strip().splitlines()[-1:]}")
    same_counts(spied)
    same(report["totals"]["kernels"], kernels, "kernels")


def main():
    cache, names = sys.argv[1], sys.argv[2:]
    sys.argv[1:] = []
    unknown = [name for name in names if name not in PYTHON and name not in PROGRAMS]
    if unknown:
        sys.exit(f"clients.sh: which program is {unknown[0]}?")
    for name in names:
        if name in PYTHON:
            harness.add_case(name, run_python, cache, name)
        else:
            harness.add_case(name, run_program, name)
    text, status = io.StringIO(), 0
    with contextlib.redirect_stdout(text):
        try:
            harness.main()
        except SystemExit as end:
            status = end.code
    said = text.getvalue()
    print(said, end="")
    lines = said.splitlines()
    skipped = sum("# SKIP" in line for line in lines)
    failed = sum(line.startswith("not ok") for line in lines)
    passed = sum(line.startswith("ok") for line in lines) - skipped
    print(f"# {passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(status)


if __name__ == "__main__":
    main()
