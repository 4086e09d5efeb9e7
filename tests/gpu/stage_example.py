"""The project's own example, on the real driver where there is one."""

import os
import re
import sys

import figures
import machine
import runs
import simulated
from cases import Missing, case, expect, same

SECONDS = 90

TRAIN = os.path.join(machine.SOURCE, "examples", "train.R")
LIBRARY = os.path.join(machine.BUILD, "examples", "gpu.so")


def environment():
    if not os.path.exists(LIBRARY):
        raise Missing(f"{LIBRARY} was not built")
    return {**simulated.environment(), "GPUSPY_EXAMPLE_LIBRARY": LIBRARY}


def train(*arguments, env=None, spied=False):
    command = [machine.need_rscript(), TRAIN, *arguments]
    return runs.ended(runs.Run(command, spied=spied, env={**environment(), **(env or {})}))


def both(*arguments, env=None):
    bare, spied = train(*arguments, env=env), train(*arguments, env=env, spied=True)
    runs.same_behaviour(spied, bare)
    runs.same_stderr(spied, bare)
    expect(spied.report, "there is no report")
    return bare, spied


def losses(run):
    return [float(loss) for loss in re.findall(r"loss ([\d.]+)", run.stdout)]


@case("example", "train.R trains on the GPU")
def trains():
    bare, spied = both()
    said = re.search(r"launched (\d+) kernels on (.+)", spied.stdout)
    expect(said, f"train.R said {runs.last_line(spied.stdout)!r}")
    figures.as_expected(spied.report, {"launches": int(said[1]), "verdict": "gpu-work",
                                       "confirmed_kernels": int(said[1]),
                                       "memory.live_bytes": 0})
    simulated.is_as_it_should(spied.report)
    same(spied.report["devices"][0]["name"], said[2], "name of the device")
    on_cpu = losses(train("--cpu"))
    expect(on_cpu and all(abs(a - b) < 2e-4 + b / 100 for a, b in zip(losses(spied), on_cpu)),
           f"losses {losses(spied)}, on the CPU {on_cpu}")
    expect(len(losses(spied)) == len(on_cpu), "another number of losses than on the CPU")
    runs.note("report", spied.text)
    return simulated.mark({"kernels": said[1], "last loss": losses(spied)[-1],
                           **runs.times(bare, spied)})


def answers_no(verdict, *arguments, **env):
    bare, spied = both(*arguments, env=env)
    figures.as_expected(spied.report, {"kernels": 0, "verdict": verdict})
    runs.note("report", spied.text)
    return {"verdict": verdict, "reason": spied.report["reason"], **runs.times(bare, spied)}


@case("example", "train.R --no-launch")
def no_launch():
    return simulated.mark(answers_no("gpu-idle", "--no-launch"))


@case("example", "train.R --cpu")
def cpu():
    return answers_no("gpu-unused", "--cpu")


@case("example", "train.R, devices hidden")
def devices_hidden():
    return simulated.mark(answers_no("gpu-unavailable", CUDA_VISIBLE_DEVICES=""))


@case("example", "the same from Python")
def from_python():
    command = [sys.executable, os.path.join(machine.HERE, "scripts", "example.py"), LIBRARY]
    bare = runs.ended(runs.Run(command, env=environment()))
    spied = runs.Run(command, spied=True, env=environment())
    runs.same_behaviour(spied, bare)
    figures.as_expected(spied.report, spied.expected())
    simulated.is_as_it_should(spied.report)
    return simulated.mark({"kernels": spied.report["totals"]["kernels"],
                           **runs.times(bare, spied)})
