#!/usr/bin/env python3
"""Do the random programs notice a broken observer? Each is broken in turn (broken.c), and some seed
of those in which its function is called has to give other figures than the ledger and the program.

    test_broken.py [WORD...]    only functions with such a word
"""

import glob
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness
from harness import Run, expect
from test_differential import chosen_by, compare

LIBRARY = os.path.join(harness.BUILD, "tests", "differential", "libgpuspy-broken.so")
OBSERVERS = os.path.join(harness.SOURCE, "preload", "observers")
KEYS = ("threads=1", "layers=0", "steps=700", "children=0", "leaves=1")
# What the programs do most of; by turns, with other seeds each time.
FOCUS = ("focus=-1 quiet=0", "focus=0 quiet=0", "focus=5 quiet=0", "focus=8 quiet=0",
         "focus=9 quiet=2", "focus=11 quiet=0", "focus=0 quiet=2", "focus=-1 quiet=1",
         "focus=3 quiet=1")
SEEDS = range(1, 6 * len(FOCUS) + 1)
TRIES = 24

# What no figure of these programs can show, and why.
NOT_SEEN = {
    "cuDriverGetVersion": "tells of the program's own question, which is part of a reason",
    "cuGraphExecDestroy": "what comes with its handle takes its place",
    "cuModuleGetFunction": "else the driver is asked for the name",
    "cuInit": "tells of the devices, whose names are no figures",
    "cuLibraryUnload": "what comes with its handles takes their place",
    "cuModuleUnload": "what comes with its handles takes their place",
    "cuStreamEndCapture": "else gpuspy goes on asking whether a stream is captured",
}
# What comes about too seldom there: a scenario of tests/e2e, and how many kernels it confirms.
SHOWN_BY = {
    "cuCtxRecordEvent": ("event_of_context", 2),
    "cuCtxWaitEvent": ("follow_all_by_stream", 2),
    "cuGreenCtxRecordEvent": ("event_of_green_context", 2),
    "cuGreenCtxStreamCreate": ("green_streams", 600),
    "cuGreenCtxWaitEvent": ("follow_by_green_context", 1),
    "cuMemcpy": ("wait_copy_back_unified", 1),
    "cuDevicePrimaryCtxRelease": ("primary_release", 1),
    "cuDevicePrimaryCtxReset": ("primary_reset", 1),
    "cuEventDestroy": ("event_handle_again", 0),
    "cuEventDestroy_v2": ("event_handle_again_v2", 0),
    "cuEventElapsedTime": ("event_elapsed", 1),
    "cuEventElapsedTime_v2": ("event_elapsed_v2", 1),
    "cuEventQuery": ("wait_event_query", 1),
    "cuGraphExecChildGraphNodeSetParams": ("graph_node_params", 0),
    "cuMemcpy2DUnaligned_v2": ("wait_copy_back_2d", 1),
    "cuMemcpy3D_v2": ("wait_copy_back_3d", 1),
    "cuStreamBeginRecaptureToGraph": ("recaptured", 1),
    "cuStreamDestroy": ("stream_handle_again", 1),
    "cuStreamDestroy_v2": ("stream_handle_again_v2", 1),
    "cuStreamWaitEvent": ("follow_by_stream", 2),
}
# What looks before the call for what other threads may do meanwhile, which one thread cannot show.
FOR_OTHERS = {"before_change", "before_launch_ex", "before_launch_kernel", "capture_before"}
ROW = re.compile(r'^\s*(?:\{|ASYNC\(|COPY\(|SET\(|SET_2D\()\s*"(cu\w+)",(?:\s*(\w+),)?', re.M)


def observers():
    """{function: has something to look at before the call}"""
    found = {}
    for path in sorted(glob.glob(os.path.join(OBSERVERS, "*.c"))):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for name, before in ROW.findall(text):
            brace = re.search(r'\{\s*"' + name + '",', text)
            found[name] = bool(brace) and before not in {"", "NULL", *FOR_OTHERS}
    return found


def without_twin(name):
    return re.sub(r"_pt[sd][sz]$", "", name)


def run_seed(seed, broken=None):
    command, env = chosen_by(seed, (*KEYS, *FOCUS[seed % len(FOCUS)].split()))
    env = {**env, "GPUSPY_BROKEN": broken}
    return Run(command, env, preload=(LIBRARY,), timeout=30)


def calls_by_seed():
    """{seed: {function: calls}}, with the whole library, which has no difference."""
    found = {}
    for seed in SEEDS:
        run = run_seed(seed)
        compare(run)
        found[seed] = {}
        for name, entry in json.loads(run.stdout)["functions"]["libcuda.so.1"].items():
            name = without_twin(name)
            found[seed][name] = found[seed].get(name, 0) + entry["calls"]
    return found


def is_caught(seed, broken):
    try:
        run = run_seed(seed, broken)
        if run.status:
            return True
        compare(run)
    except (AssertionError, subprocess.TimeoutExpired):
        return True
    return False


def figures_of(scenario, broken=None):
    script = os.path.join(harness.SOURCE, "tests", "e2e", "scenario_launches.py")
    run = Run([sys.executable, script, scenario],
              {"SIM_DEVICES": "2", "GPUSPY_BROKEN": broken}, preload=(LIBRARY,))
    expect(run.status == 0, f"{scenario}: {run.stderr}")
    report = run.report
    return (report["totals"]["confirmed_kernels"],
            [(device["kernels"], device["memory"]["live_bytes"]) for device in report["devices"]],
            {kernel["name"]: kernel["launches"] for kernel in report["kernels"]},
            {name: copies["calls"] for name, copies in report["totals"]["copies"].items()})


def check_shown(scenario, confirmed, name, how):
    whole = figures_of(scenario)
    expect(whole[0] == confirmed, f"{scenario}: {whole[0]} confirmed, not {confirmed}")
    expect(figures_of(scenario, f"{name}:{how}") != whole, f"{name} is broken ({how}), and {scenario} does not show it")


def check(seeds, name, how):
    best = sorted((s for s in seeds if name in seeds[s]), key=lambda s: -seeds[s][name])[:TRIES]
    if not best:
        raise harness.Skip("no seed calls it")
    expect(any(is_caught(seed, f"{name}:{how}") for seed in best),
           f"{name} is broken ({how}), and seeds {best} do not show it")


def main():
    words = sys.argv[1:]
    expect(os.path.exists(LIBRARY), f"there is no {LIBRARY}: GPUSPY_BUILD is to be the build")
    seeds = calls_by_seed()
    for name, asks in sorted(observers().items()):
        if words and not any(word in name for word in words):
            continue
        for how in ("without", "unasked") if asks else ("without",):
            if name in SHOWN_BY:
                harness.add_case(f"{name} {how}", check_shown, *SHOWN_BY[name], name, how)
            elif name not in NOT_SEEN:
                harness.add_case(f"{name} {how}", check, seeds, name, how)
    sys.argv[1:] = []
    harness.main()


if __name__ == "__main__":
    main()
