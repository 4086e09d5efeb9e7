#!/usr/bin/env python3
"""Random programs into which gpuspy is loaded by dlopen at a random moment, when the driver has been
in use: of what comes after it, gpuspy's report and the ledger of the simulated libraries have to
agree in every figure.

    test_late.py [FIRST_SEED [SEEDS]]

Without seeds: the first ten, and as many new ones. With one thread the moment is any step; with more
it is before all threads, when contexts are there.
"""

import json
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_differential
from test_differential import calls, differences, report_against_ledger

import harness
from harness import LIBRARY, SIM_LEDGER, Run, expect, gap, same, succeeded

# What is known of the time before: a gap each. What was made then has no name, or no size.
EXPECTED = {"attached-late", "libraries-before", "kernels-without-name", "graphs-of-unknown-size"}
# Of memory, it depends on what was allocated before.
LIVE = ("frees", "live_bytes", "peak_bytes")


def difference(after, before):
    """{library: {function: entry}}, as the ledger has it."""
    return {library: {name: entry - before.get(library, {}).get(name, 0)
                      if library == "total" else
                      {kind: n - before.get(library, {}).get(name, {}).get(kind, 0)
                       for kind, n in entry.items()}
                      for name, entry in entries.items()}
            for library, entries in after.items()}


def ledger_before(run):
    said = subprocess.run([SIM_LEDGER, "--json", run.ledger_file + ".before"], check=True,
                          capture_output=True)
    return {"total": {}, **json.loads(said.stdout)}


def kernels_unnamed(report, got, wanted):
    """Kernels that were known before have no name here: each is in the gap, and no other."""
    missing = {key: n - got.get(key, 0) for key, n in wanted.items() if key.startswith("kernel.")}
    more = {key for key, n in got.items() if key.startswith("kernel.") and n and not wanted.get(key)}
    return ([f"kernels: more than ran: {key}" for key in sorted(more)] +
            [f"{key}: {n} too many" for key, n in missing.items() if n < 0] +
            differences("kernels", {"without a name": gap(report, "kernels-without-name")},
                        {"without a name": sum(missing.values())}, {"without a name"}))


def compare(run):
    report = run.report
    expect(report, "there is no report")
    same(report["attached"], "late", "attached")
    same({g["code"] for g in report["gaps"]} - EXPECTED, set(), "gaps")
    same(gap(report, "attached-late"), 1, "the gap of what was before")
    ledger = difference(run.ledger, ledger_before(run))
    wrong = report_against_ledger(report, ledger)
    got, wanted = harness.flat_totals(report), ledger["total"]
    unknown = gap(report, "graphs-of-unknown-size")
    keys = {key for key in got.keys() | wanted.keys() if not key.endswith(LIVE) and
            not key.startswith(("kernel.", "host_"))} - harness.LEDGER_ONLY
    if unknown:
        keys -= {"graph_kernels"}
        expect(got["graph_kernels"] <= wanted.get("graph_kernels", 0),
               "more kernels of graphs than ran")
    else:
        wrong += kernels_unnamed(report, got, wanted)
    wrong += differences("report and ledger", got, wanted, keys)
    expect(not wrong, "\n".join(wrong))
    return sum(entry["calls"] for entry in harness.layer_calls(ledger).values())


def run_seed(seed):
    dice = random.Random(seed)
    threads = dice.choice((1, 1, 1, 2, 8))
    moment = dice.randrange(1, 300) if threads == 1 else 0
    keys = [f"threads={threads}", f"late={moment}", "children=0", "steps=600", "end=0"]
    command, env = test_differential.chosen_by(seed, keys)
    # Addresses that only cuGetProcAddress gives are not recognised after the fact.
    env = {**env, "SIM_PROC_PRIVATE": "0"}
    words = " ".join([f"{k}={v}" for k, v in env.items() if v] + command[1:])

    def late(run):
        run.env.update(LATE_LIBRARY=LIBRARY, GPUSPY_OUTPUT=run.output)

    run = Run(command, env, spied=False, prepare=late)
    try:
        succeeded(run)
        calls[0] += compare(run)
        if threads == 1:  # it does what it does without gpuspy
            same(run.stdout, Run(command, env, spied=False).stdout, "output")
    except Exception as error:
        raise AssertionError(f"random-client {words}\n{error}") from error


if __name__ == "__main__":
    test_differential.main(run_seed)
