"""gpuspy loaded into a program that runs already: what came before is a gap, and no NO is said."""

import os
import sys

import compare
import machine
import runs
import simulated
from cases import Missing, add_case, expect, same

EXAMPLE = os.path.join(machine.BUILD, "examples", "gpu.so")
SCRIPT = os.path.join(machine.HERE, "scripts", "late.py")


def codes(report):
    return sorted({gap["code"] for gap in report["gaps"]})


def loaded(when):
    if not os.path.exists(EXAMPLE):
        raise Missing(f"{EXAMPLE} was not built")
    command = [sys.executable, SCRIPT, runs.LIBRARY, EXAMPLE, when]
    spied = runs.ended(runs.not_skipped(runs.Run(
        command, spied=True, env={**simulated.environment(), "LD_PRELOAD": None})))
    expect(spied.report, "there is no report")
    simulated.is_as_it_should(spied.report)
    runs.note("report", spied.text)
    runs.note("gaps", spied.report["gaps"])
    same(spied.report["attached"], "late", "how it came there")
    return spied.report, spied.said()


def before():
    report, said = loaded("before")
    same(report["totals"]["kernels"], said["first"] + said["second"], "kernels")
    same(report["verdict"], "gpu-work", "verdict")
    compare.note_use(report)
    return simulated.mark({"kernels": report["totals"]["kernels"]})


def between():
    """The second half, and that there was more."""
    report, said = loaded("between")
    kernels = report["totals"]["kernels"]
    expect(kernels in (0, said["second"]), f"{kernels} kernels of {said}")
    expect(codes(report), "there is no gap")
    same(report["verdict"], "gpu-work" if kernels else "unknown", "verdict")
    return simulated.mark({"kernels": f"{kernels} of {said['first']}+{said['second']}",
                           "gaps": " ".join(codes(report))})


def after():
    report, _ = loaded("after")
    same(report["totals"]["kernels"], 0, "kernels")
    same(report["verdict"], "unknown", "verdict")
    return simulated.mark({"reason": report["reason"], "gaps": " ".join(codes(report))})


for _case in before, between, after:
    add_case("late", f"loaded {_case.__name__}", _case)
