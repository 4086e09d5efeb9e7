"""R: a script that trains by Keras through reticulate, as its author would run it: preloaded, by
gpu_watch() at its top, and within gpu_run()."""

import os

import compare
import figures
import frameworks
import machine
import runs
import stage_r
from cases import Skip, add_case, expect, same

SCRIPT = os.path.join(machine.HERE, "scripts", "train.R")
BY_PACKAGE = os.path.join(machine.HERE, "scripts", "train_by_package.R")
# Python modules that came with the suite, for machines that lack them (pack.sh).
BROUGHT = os.path.join(machine.SOURCE, "python")
TIMEOUT = 140
SECONDS = 200


def environment(backend, **more):
    """Without gpuspy's own variables and with the Python that has the frameworks."""
    machine.need_modules(backend)
    keras = {"KERAS_BACKEND": backend}
    if not machine.python_module("keras", keras) and os.path.isdir(BROUGHT):
        keras["PYTHONPATH"] = BROUGHT
        machine.forget_module("keras")
    machine.need_modules("keras", env=keras)
    return {**frameworks.ENVIRONMENT, **keras, "RETICULATE_PYTHON": machine.PYTHON, **more}


def both(env):
    command = [machine.need_rscript(), SCRIPT]
    bare = runs.works_bare(runs.Run(command, env=env, timeout=TIMEOUT))
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


def by_package(backend, how):
    """What the package says in R, and what the session's record says: as many kernels as a
    preloaded R had, or one that ran beside it under CUPTI, is for trains() to show."""
    machine.need_gpu()
    env = {**environment(backend), "R_LIBS": stage_r.environment()["R_LIBS"]}
    run = runs.Run([machine.need_rscript(), BY_PACKAGE, how, SCRIPT], env=env, timeout=TIMEOUT)
    runs.ended(runs.not_skipped(run))
    runs.note("output", run.stdout)
    said = run.said()
    same((said["headline"], said["gaps"]), ("YES", 0), "what the package says, and its gaps")
    expect(said["kernels"] > 0, "no kernels")
    return {"kernels": said["kernels"], "s": round(run.seconds, 2)}


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
    add_case("keras", f"train.R, Keras on {_backend}", trains, _backend)
    for _how in ("watch", "run"):
        add_case("keras", f"Keras on {_backend} by gpu_{_how}()", by_package, _backend, _how)
    add_case("keras", f"train.R on {_backend}, devices hidden", answers_no, _backend, True)
    add_case("keras", f"train.R on {_backend}: no GPU", answers_no, _backend, False)
