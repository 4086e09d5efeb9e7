#!/usr/bin/env python3
"""Contexts, modules and libraries that end while other threads get their handles: what was theirs
stays on their device and under their name. And more of them than there are places for."""

import os
import sys

from harness import (Run, add_case, case, client, expect, flat_totals, main, nothing_missed, same,
                     same_functions, same_sums, succeeded)

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = 150
# Asked about a handle, which may be somebody else's by then.
ABOUT_HANDLES = ("cuFuncGetName", "cuKernelGetName", "cuStreamGetCtx")


def figures(run):
    """All of them but the peaks, which depend on how the threads took turns."""
    totals = {key: value for key, value in flat_totals(run.report).items() if value}
    return {key: value for key, value in totals.items() if not key.endswith("peak_bytes")}


def checked(how, env=None, exact=True):
    run = Run([client("client-endings"), how, ROUNDS], {"SIM_DEVICES": "3", **(env or {})})
    succeeded(run)
    report = run.report
    nothing_missed(report)
    same_functions(report, run.ledger, no_status=("cuCtxGetId",))  # gpuspy's alone
    same_sums(report)
    wanted = {key: value for key, value in run.ledger["total"].items() if value
              and not key.endswith("peak_bytes") and key not in ("syncs", "faults")}
    same(figures(run), wanted, "figures")
    ran = [int(word) for word in run.stdout.split()]
    got = {device["ordinal"]: device["kernels"] for device in report["devices"]}
    same([got.get(ordinal, 0) for ordinal in range(3)], ran, "kernels by device")
    for device in report["devices"]:
        same(device["memory"]["live_bytes"], 0, f"live bytes of device {device['ordinal']}")
    for function in report["functions"]:
        if function["name"] in ABOUT_HANDLES:
            same(function["own_calls"], 0, f"gpuspy's own calls of {function['name']}")
    return report


def confirmed(how, env=None):
    report = checked(how, env)
    same(report["totals"]["confirmed_kernels"], report["totals"]["kernels"], "confirmed kernels")


for way in ("destroy", "detach", "attached", "green", "reset", "release"):
    add_case(f"contexts that end by {way}", confirmed, way)
    # Before CUDA 12 there are no numbers of contexts.
    add_case(f"contexts without numbers that end by {way}", confirmed, way,
             {"SIM_FAIL": "cuCtxGetId@*=801"})
for way in ("module", "library"):
    add_case(f"code that ends with its {way}", checked, way)

FAILING = {"destroy": "cuCtxDestroy_v2", "detach": "cuCtxDetach", "green": "cuGreenCtxDestroy",
           "reset": "cuDevicePrimaryCtxReset_v2", "release": "cuDevicePrimaryCtxRelease_v2",
           "module": "cuModuleUnload", "library": "cuLibraryUnload"}
for way, function in FAILING.items():
    fails = ",".join(f"{function}@{n}=999" for n in range(3, ROUNDS, 7))
    add_case(f"{function} fails now and then", checked, way, {"SIM_FAIL": fails})


def gaps(report):
    return {gap["code"]: gap["count"] for gap in report["gaps"]}


def scenario(name, env=None):
    """The ledger has no place for so many kernels, so the figures are the scenario's."""
    run = Run([sys.executable, os.path.join(HERE, "scenario_many.py"), name], env)
    succeeded(run)
    return run.report


@case("more contexts than there are places for")
def many_contexts():
    report = scenario("contexts", {"SIM_DEVICES": "2"})
    same([d["kernels"] for d in report["devices"]], [700, 700], "kernels by device")
    same(report["kernels"][0]["launches"] + report["kernels"][1]["launches"], 1400, "kernels")
    expect(512 <= report["totals"]["confirmed_kernels"] <= 1400, "those that have places are known")
    lost = [(gap["code"], gap["hides_kernels"]) for gap in report["gaps"]]
    same(lost, [("contexts-not-told-apart", False)], "gaps")


@case("more names of kernels than there are rows for")
def many_kernels():
    report = scenario("kernels")
    named = sum(kernel["launches"] for kernel in report["kernels"])
    same(report["totals"]["kernels"], 5000 * 2, "kernels")
    same(named + gaps(report).get("kernels-without-name", 0), 5000 * 2, "with a name, and without")
    expect(named >= 2 * 4000, f"only {named} have one")
    same(report["totals"]["confirmed_kernels"], 5000 * 2, "confirmed kernels")


@case("threads that count while there come more rows than their blocks began with")
def growing():
    report = scenario("growth")
    counts = sorted(kernel["launches"] for kernel in report["kernels"])
    same((counts[-1], set(counts[:-1]), len(counts)), (3000, {1}, 3001), "launches of each kernel")
    same((report["totals"]["kernels"], report["gaps"]), (6000, []), "kernels and gaps")


@case("a thread that calls costs less than 64 KiB of address space")
def space():
    run = Run([sys.executable, os.path.join(HERE, "scenario_many.py"), "threads"], output=False)
    own = float(run.stdout.split()[0])
    expect(own < 64, f"{own} KiB")


@case("contexts and kernels that leave no rows, and a function that was never called before")
def many_of_all():
    report = scenario("everything", {"SIM_DEVICES": "2"})
    same(report["totals"]["launches"], 5000 * 2 + 1400, "launches")
    same([d["kernels"] for d in report["devices"]], [5000 * 2 + 700, 700], "kernels by device")
    same(sorted(gaps(report)), ["contexts-not-told-apart", "kernels-without-name"], "gaps")
    same([f["calls"] for f in report["functions"] if f["name"] == "cuStreamCreate"], [1],
         "calls of a function that came last")


if __name__ == "__main__":
    main()
