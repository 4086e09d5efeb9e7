"""The R package, as it was built: gpu_watch(), gpu_run(), gpu_report() and gpu_doctor() in an R that
was started as ever. Without a card its work is done on the simulated driver."""

import os

import machine
import runs
import simulated
from cases import Missing, add_case, case, expect, same

SCRIPT = os.path.join(machine.HERE, "scripts", "package.R")
EXAMPLE = os.path.join(machine.BUILD, "examples", "gpu.so")
LIBRARY = os.path.join(machine.BUILD, "r-library")
SECONDS = 90


def environment():
    """An R that finds the package, and no gpuspy beside it."""
    for path in EXAMPLE, os.path.join(LIBRARY, "gpuspy"):
        if not os.path.exists(path):
            raise Missing(f"{path} was not built")
    return {**simulated.environment(), "GPUSPY_EXAMPLE_LIBRARY": EXAMPLE, "R_LIBS": LIBRARY,
            "GPUSPY_COMMAND": "/nonexistent"}


def package(how):
    run = runs.Run([machine.need_rscript(), SCRIPT, how], env=environment())
    runs.ended(runs.not_skipped(run))
    runs.note("output", run.stdout)
    said = run.said()
    same(said["simulated"], not machine.gpu and how != "nothing", "simulated")
    return said, run


def all_of_it(how):
    """YES, with exactly what was launched."""
    said, run = package(how)
    same((said["headline"], said["reason"]), ("YES", "completed"), "what the package says")
    same(said["kernels"], said["launched"], "kernels of gpu_report()")
    expect(said["own"] in (None, said["launched"]), f"gpu_kernels() is {said['own']}")
    same(said["gaps"], 0, "gaps")
    return simulated.mark({"kernels": said["kernels"], "device": said["device"],
                           "s": round(run.seconds, 2)})


def late():
    """The driver was in use before: no NO, and that there was more."""
    said, _ = package("late")
    expect(said["gaps"], "there is no gap")
    expect(said["headline"] in ("YES", "UNKNOWN"), f"it says {said['headline']}")
    expect(said["kernels"] in (0, said["launched"]), f"{said['kernels']} kernels of {said['launched']}")
    return simulated.mark({"says": said["headline"], "kernels": f"{said['kernels']} of {said['launched']}",
                           "gaps": said["gaps"]})


def nothing():
    said, _ = package("nothing")
    same((said["headline"], said["kernels"]), ("NO", 0), "of a child that did nothing")
    return {"reason": said["reason"]}


@case("r", "gpu_doctor()")
def doctor():
    run = runs.ended(runs.Run([machine.need_rscript(), "-e", "print(gpuspy::gpu_doctor())"],
                              env=environment()))
    last = runs.last_line(run.stdout)
    expect("could use the GPU" in last or "gpuspy doctor" in run.stdout, last)
    runs.note("output", run.stdout)
    return simulated.mark({"says": last[:100]})


add_case("r", "gpu_watch(), work, gpu_report()", all_of_it, "watch")
add_case("r", "gpu_watch() after the first work", late)
add_case("r", "gpu_run()", all_of_it, "run")
add_case("r", "gpu_run() of what does nothing", nothing)
