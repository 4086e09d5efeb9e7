"""R: a script that trains by Keras through reticulate, as its author would run it."""

import os

import compare
import figures
import frameworks
import machine
import runs
from cases import Skip, add_case, expect

SCRIPT = os.path.join(machine.HERE, "scripts", "train.R")
TIMEOUT = 300


def environment(backend, **more):
    """Without gpuspy's own variables and with the Python that has the frameworks."""
    machine.need_modules(backend, "keras", env={"KERAS_BACKEND": backend})
    return {**frameworks.ENVIRONMENT, "RETICULATE_PYTHON": machine.PYTHON,
            "KERAS_BACKEND": backend, **more}


def both(env):
    command = [machine.need_rscript(), SCRIPT]
    bare = runs.ended(runs.not_skipped(runs.Run(command, env=env, timeout=TIMEOUT)))
    spied = runs.Run(command, spied=True, env=env, timeout=TIMEOUT)
    runs.same_behaviour(spied, bare)
    expect(spied.report, "there is no report")
    runs.note("report", spied.text)
    return bare, spied


def trains(backend):
    machine.need_gpu()
    env = environment(backend)
    bare, spied = both(env)
    figures.as_expected(spied.report, {"verdict": "gpu-work", "reason": "completed",
                                       "simulated": False})
    figures.nothing_missed(spied.report)
    compare.note_use(spied.report)
    answer = {"kernels": spied.report["totals"]["kernels"], **runs.times(bare, spied)}
    reason, _ = compare.with_cupti([machine.need_rscript(), SCRIPT], env, timeout=TIMEOUT)
    return {**answer, "CUPTI": reason or "equal"}


def answers_no(backend, hidden):
    """Without a device to be seen it trains on the CPU: the same losses, and a NO."""
    if hidden:
        machine.need_gpu()
    elif machine.gpu:
        raise Skip("there is a GPU")
    env = environment(backend, **({"CUDA_VISIBLE_DEVICES": ""} if hidden else {}))
    bare, spied = both(env)
    verdict, reason = spied.report["verdict"], spied.report["reason"]
    expect(spied.text.startswith("gpuspy: GPU work: NO"), f"the report begins {spied.text[:60]!r}")
    expect(verdict == "gpu-unavailable" or reason == "cpu-build", f"verdict {verdict} ({reason})")
    return {"verdict": f"{verdict} ({reason})", **runs.times(bare, spied)}


for _backend in ("torch", "jax"):
    add_case("r", f"train.R, Keras on {_backend}", trains, _backend)
    add_case("r", f"train.R on {_backend}, devices hidden", answers_no, _backend, True)
    add_case("r", f"train.R on {_backend}: no GPU", answers_no, _backend, False)
