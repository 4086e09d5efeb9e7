#!/usr/bin/env python3
"""lane.py NAME SCRATCH SECONDS STAGE[:WORDS]...: what suite.py starts: the cases of these stages, one
after the other, and a line of JSON for each when it is known.

It is a process of its own, so that whatever a case does to it is not done to the suite. SECONDS: it
ends after so long ("": never). A case that takes too long is given up, and what it left is killed.
"""

import importlib
import json
import os
import signal
import sys
import time
import traceback

import machine
import offspring
import runs
from cases import NoTime, Skip, cases

LEAST_SECONDS = 5  # no case is begun with less
MACHINE_VARIABLE = "GPUSPY_SUITE_MACHINE"


def seconds_of(stage):
    """A case's limit: the stage's SECONDS. Without haste programs may have to be built before."""
    if runs.time_left() == float("inf"):
        return 900
    return min(getattr(sys.modules["stage_" + stage], "SECONDS", 60), max(runs.time_left(), 1))


def give_up(*_):
    if runs.time_left() <= 1:
        raise NoTime("no time left")
    raise AssertionError("it did not end in time")


def figures_of(answer):
    if isinstance(answer, dict):
        return ", ".join(f"{key} {value}" for key, value in answer.items() if value is not None)
    return answer or ""


def call(stage, case, entry):
    """(result, figures)"""
    try:
        if runs.time_left() < LEAST_SECONDS:
            raise NoTime("no time left")
        signal.setitimer(signal.ITIMER_REAL, seconds_of(stage))
        answer = case.function()
        if isinstance(answer, dict):
            entry["figures"] = answer
        return "passed", figures_of(answer)
    except Skip as reason:
        return reason.result, str(reason)
    except AssertionError as error:
        return "failed", str(error)
    except Exception as error:  # whatever it is, the case failed and the others go on
        entry["traceback"] = traceback.format_exc()
        return "failed", f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def run_case(stage, case):
    entry, started = {}, time.monotonic()
    try:
        result, figures = call(stage, case, entry)
    except (Skip, AssertionError) as error:  # the time was over between two lines of the above
        result, figures = getattr(error, "result", "failed"), str(error)
    offspring.kill()
    entry.update(result=result, said=figures, seconds=round(time.monotonic() - started, 2),
                 facts=runs.taken_facts())
    return {"stage": stage, "case": case.name, "result": result, "figures": figures, "entry": entry}


def say(row):
    print(json.dumps(row, default=str), flush=True)


def chosen_cases(words):
    for word in words:
        stage, _, part = word.partition(":")
        try:
            importlib.import_module("stage_" + stage)
        except Exception:  # a stage that cannot even be begun
            say({"stage": stage, "case": "all of it", "result": "failed", "entry": {},
                 "figures": traceback.format_exc().strip().splitlines()[-1]})
            continue
        for case in cases(stage):
            if part in case.name:
                yield stage, case


def main():
    name, scratch, seconds, *words = sys.argv[1:]
    machine.gpu, machine.no_gpu_reason = json.loads(os.environ.pop(MACHINE_VARIABLE))
    if seconds:
        runs.end_after(float(seconds))
    runs.use_folder(scratch, name)
    offspring.adopt()
    signal.signal(signal.SIGALRM, give_up)
    for stage, case in chosen_cases(words):
        say(run_case(stage, case))


if __name__ == "__main__":
    main()
