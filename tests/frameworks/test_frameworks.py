#!/usr/bin/env python3
"""Frameworks from PyPI, from Python and from R, with and without gpuspy: they do the same, and what
they asked the GPU for is in the report. Started by tests/frameworks.sh.

    test_frameworks.py CACHE NAME...
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import harness
from harness import Run, Skip, expect, same

# The script; whether it asks for the GPU; whether it comes with libraries for one.
FRAMEWORKS = {"torch": ("train_torch.py", True), "cupy": ("train_cupy.py", True),
              "jax": ("train_jax.py", True), "tensorflow": ("train_tensorflow.py", True),
              "tensorflow-cpu": ("train_tensorflow.py", False)}
TIMEOUT = 600
NO_REPORT = (None, "gpu-unused")


def python_of(cache, name):
    return os.path.join(cache, name, "bin", "python")


def command(cache, name, language):
    python, script = python_of(cache, name), os.path.join(HERE, FRAMEWORKS[name][0])
    if not os.path.exists(python):
        raise Skip(f"{name} was not installed: see {cache}/{name}.log")
    if language == "Python":
        return [python, script]
    has = [harness.program("Rscript"), "-e",
           "quit(status = !requireNamespace('reticulate', quietly = TRUE))"]
    if subprocess.run(has, stderr=subprocess.DEVNULL, check=False).returncode:
        raise Skip("R has no package reticulate")
    return [harness.program("Rscript"), "--vanilla", os.path.join(HERE, "run.R"), python, script]


def words_of(stderr):
    """Without times, process numbers and addresses, and in any order: threads write too."""
    text = re.sub(r"0x[0-9a-f]+|\d+", "#", stderr.decode(errors="replace"))
    return sorted(set(text.splitlines()))


def has_gpu():
    return os.path.exists("/dev/nvidiactl")


def what_it_asked(report):
    """In a few words, for the log."""
    used = {f["library"]: 0 for f in report["functions"]}
    for function in report["functions"]:
        used[function["library"]] += function["calls"]
    missing = [library["name"] for library in report["libraries"] if not library["loaded"]]
    return (f"{report['verdict']} ({report['reason']}): {report['summary']}; calls {used}, "
            f"errors {report['totals']['errors']}, not loaded {missing}")


def run_framework(cache, name, language):
    words = command(cache, name, language)
    env = {"PYTHONDONTWRITEBYTECODE": "1"}
    # The first run of all writes caches.
    Run(words, env, spied=False, sim=False, timeout=TIMEOUT)
    plain = Run(words, env, spied=False, sim=False, timeout=TIMEOUT)
    spied = Run(words, env, sim=False, timeout=TIMEOUT)
    print(f"# {plain.stdout.decode(errors='replace').strip()!r}")
    same(spied.status, plain.status, f"status, compared with a run without gpuspy ({spied.stderr})")
    same(spied.stdout, plain.stdout, "standard output, compared with a run without gpuspy")
    same(words_of(spied.stderr), words_of(plain.stderr), "standard error")
    same(plain.status, 0, f"status ({plain.stderr[-2000:]})")
    report = spied.report
    if report:
        print(f"# {what_it_asked(report)}")
        harness.nothing_missed(report)
        harness.same_sums(report)
    if not FRAMEWORKS[name][1]:
        expect((report and report["verdict"]) in NO_REPORT, f"the verdict {report}")
        return
    expect(report, "there is no report")
    wanted = "gpu-work" if has_gpu() else "gpu-unavailable"
    same(report["verdict"], wanted, "the verdict")
    expect(report["functions"] or report["libraries"], "nothing is said of what it asked for")


def main():
    cache, names = sys.argv[1], sys.argv[2:]
    sys.argv[1:] = []
    for name in names:
        for language in ("Python", "R"):
            harness.add_case(f"{name} from {language}", run_framework, cache, name, language)
    harness.main()


if __name__ == "__main__":
    main()
