#!/usr/bin/env python3
"""What calls mean: memory, copies, launches, graphs, synchronisation, errors, and frames that never
return. Each program's figures are those of the ledger."""

import ast
import os
import sys

from harness import (E2E, EMULATED_PYTHON, Run, Skip, add_case, case, client, compare, expect, machine, main, same,
                     same_counts, same_functions, same_totals, succeeded)

HERE = os.path.dirname(os.path.abspath(__file__))


def scenarios(file):
    """The names of a script's scenarios, in order."""
    with open(os.path.join(HERE, file), encoding="utf-8") as source:
        return [node.name for node in ast.parse(source.read()).body
                if isinstance(node, ast.FunctionDef) and node.decorator_list]


def play(file, name, env=None, **options):
    return compare([sys.executable, os.path.join(HERE, file), name], env=env, **options)


# Cases with an environment of their own, or with more to check than the counts.
SPECIAL = {
    "two_devices": {"SIM_DEVICES": "2"},
    "multi_device": {"SIM_DEVICES": "2"},
    "async_for_other_device": {"SIM_DEVICES": "2"},
    "stream_handle_again": {"SIM_DEVICES": "2"},
    "stream_handle_again_v2": {"SIM_DEVICES": "2"},
    **{f"follow_{how}": {"SIM_DEVICES": "2"} for how in
       ("by_stream", "by_context", "by_event", "by_default_stream", "by_blocking",
        "by_own_stream", "in_vain", "all_by_stream", "all_by_context")},
    "wait_query": {"SIM_NOT_READY": "3"},
    "wait_event_query": {"SIM_NOT_READY": "3"},
}
GAPS = {
    "more_streams_than_lanes": ["streams-not-told-apart"],
    "more_streams_than_lanes_in_all": ["streams-not-told-apart"],
    "graph_for_the_device": ["graphs-of-unknown-size"],
}
CONFIRMED = {
    "wait_context": 1, "wait_context_v2": 1, "wait_stream": 1, "wait_stream_ptsz": 1,
    "wait_copy_back": 1, "wait_query": 1, "wait_event": 1, "wait_event_query": 1,
    "event_of_before": 0, "event_of_between": 1, "event_never_recorded": 0,
    "event_recorded_again": 1, "event_handle_again": 0, "event_handle_again_v2": 0,
    "wait_copy_back_2d": 1, "wait_copy_back_3d": 1, "primary_reset": 1,
    "primary_release": 1, "recaptured": 1, "event_elapsed": 1, "event_elapsed_v2": 1,
    "event_of_other_context": 2, "follow_by_stream": 2, "follow_by_context": 2,
    "follow_by_event": 2, "follow_by_default_stream": 2, "follow_by_blocking": 2,
    "follow_by_own_stream": 2, "follow_in_vain": 0, "stream_handle_again": 1,
    "stream_handle_again_v2": 1,
    "event_of_other_stream": 0, "event_of_one_stream": 2, "event_of_blocking_stream": 3,
    "event_of_default_stream": 3, "event_of_own_stream": 2, "wait_for_one_stream": 2,
    "wait_for_default_stream": 1, "wait_for_destroyed_stream": 6, "host_function": 0,
    "more_streams_than_lanes": 1024, "more_streams_than_lanes_in_all": 1100,
    "more_streams_wait_than_lanes": 1001,
    "green_by_primary": 3, "green_alone": 2, "green_streams": 600, "green_keeps_primary": 2,
    "event_of_context": 2, "event_of_green_context": 2, "event_of_other_green_context": 2,
    "event_of_launch": 0, "event_of_graph": 0, "follow_all_by_stream": 2,
    "follow_all_by_context": 2, "follow_by_green_context": 1, "wait_copy_back_unified": 1,
    "wait_copy_unified": 0, "wait_copy_back_2d_unified": 1,
    "wait_for_nothing": 0, "contexts_on_one_device": 2, "reused_handles": 0, "entry_points": 16,
}


# A thread's block grows to all of its pieces by mremap(2) with an old size of 0 (segment/blocks.c).
LARGE_BLOCKS = ("more_streams_than_lanes", "more_streams_than_lanes_in_all")


def checked(file, name):
    if EMULATED_PYTHON and name in LARGE_BLOCKS:
        raise Skip("it would need memory that can be mapped twice; qemu-user's mremap cannot")
    run = play(file, name, SPECIAL.get(name), gaps=GAPS.get(name, ()))
    totals = run.report["totals"]
    if name == "green_and_nothing":
        same(run.report["verdict"], "gpu-idle", "verdict")
    if name in CONFIRMED:
        same(totals["confirmed_kernels"], CONFIRMED[name], "confirmed kernels")
        verdict = "gpu-work" if CONFIRMED[name] else "gpu-work-unconfirmed"
        same(run.report["verdict"], verdict, "verdict")


for script in ("scenario_memory.py", "scenario_launches.py", "scenario_capture.py"):
    for scenario_name in scenarios(script):
        if not scenario_name.startswith(("fault", "refused", "pinned", "tomorrow", "untold")):
            add_case(scenario_name.replace("_", " "), checked, script, scenario_name)


@case("a capture that the driver has no word for", {})
@case("a capture that the driver calls one", {"SIM_CIG_CAPTURES": "1"})
def graphics_api(env):
    play("scenario_capture.py", "capture_to_a_graphics_api", env)


def untold(script, name, fails):
    """The calls that fail are gpuspy's own, whose errors are nobody's figures."""
    run = Run([sys.executable, os.path.join(HERE, script), name], {"SIM_FAIL": fails + "@*=999"})
    succeeded(run)
    gaps = [(gap["code"], gap["count"]) for gap in run.report["gaps"]]
    return run.report["totals"]["kernels"], run.report["kernels"], gaps


@case("a driver that does not say whether a stream is being captured")
def untold_capture():
    kernels, _, gaps = untold("scenario_capture.py", "untold_capture", "cuStreamIsCapturing")
    same((kernels, gaps), (1, [("captures-uncertain", 1)]), "kernels that ran, and gaps")


@case("a node's new kernel, which the driver does not name, is not the old one")
def untold_name():
    kernels, named, gaps = untold("scenario_launches.py", "untold_name_in_graph", "cuFuncGetName")
    same((kernels, gaps), (2, [("kernels-without-name", 1)]), "kernels, and gaps")
    same([(k["name"], k["launches"]) for k in named], [("one", 1)], "kernels by name")


@case("functions that nobody knows")
def tomorrow():
    run = Run([sys.executable, os.path.join(HERE, "scenario_capture.py"), "tomorrow"])
    succeeded(run)
    same_functions(run.report, run.ledger)
    same_totals(run.report, run.ledger)
    same(run.report["gaps"], [], "gaps: the names do not say that it works")


@case("a launch by a function that nobody knows")
def tomorrow_launches():
    run = Run([sys.executable, os.path.join(HERE, "scenario_capture.py"), "tomorrow_launches"])
    succeeded(run)
    same(run.calls("cuTomorrowLaunch"), 1, "its calls")
    gaps = [(gap["code"], gap["count"]) for gap in run.report["gaps"]]
    same(gaps, [("functions-not-known", 1)], "gaps")
    same((run.report["verdict"], run.report["reason"]), ("unknown", "not-counted"), "verdict")


@case("a function that ends in a jump to another one")
def jump():
    run = Run([os.path.join(E2E, "client-tail")])
    succeeded(run)
    calls = {f["name"]: (f["calls"], f["errors"]) for f in run.report["functions"]}
    same(calls["curandTail"], (2001, 1), "calls and errors of the first")
    same(calls["cuDriverGetVersion"], (1001, 1), "calls and errors of the second")
    wanted = None if machine() == "aarch64" else (1, 0)
    same(calls.get("curandVectors"), wanted, "calls of a function that may be called in another way")
    same(run.report["gaps"], [], "calls without a known status")


@case("an address in a packed structure, which is no place to change under others")
def packed():
    run = Run([os.path.join(E2E, "client-packed")])
    succeeded(run)
    gaps = [(gap["code"], gap["count"]) for gap in run.report["gaps"]]
    same((run.report["verdict"], gaps), ("unknown", [("places-not-watched", 1)]), "verdict, gaps")


@case("pinned memory")
def pinned():
    """The ledger has no figure for it, so all but that is compared with the ledger."""
    run = Run([sys.executable, os.path.join(HERE, "scenario_memory.py"), "pinned_memory"])
    succeeded(run)
    same_functions(run.report, run.ledger)
    memory = run.report["totals"]["host_memory"]
    same(memory, {"allocations": 1, "frees": 1, "allocated_bytes": 8192, "live_bytes": 0,
                  "peak_bytes": 8192}, "pinned memory")
    memory["allocations"] = memory["frees"] = memory["peak_bytes"] = 0
    same_totals(run.report, run.ledger)


@case("a device fault")
def fault():
    run = play("scenario_launches.py", "fault")
    same((run.report["verdict"], run.report["reason"]), ("gpu-fault", "device-fault"), "verdict")
    same(run.report["driver"]["fault"], "CUDA_ERROR_ILLEGAL_ADDRESS", "the fault")
    same(run.report["driver"]["fault_function"], "cuCtxSynchronize", "who told of it")
    same(run.report["totals"]["confirmed_kernels"], 1, "confirmed kernels")
    expect(": GPU work: FAILED" in run.text.splitlines()[0], run.text)


@case("a device fault, and a new context that works")
def fault_and_reset():
    run = play("scenario_launches.py", "fault_and_reset")
    same(run.report["verdict"], "gpu-fault", "verdict")


def refused(symbol, code, name, calls):
    run = play("scenario_launches.py", "refused", {"SIM_FAIL": f"{symbol}={code}"})
    function = symbol.split("@")[0]
    failed = [f for f in run.report["functions"] if f["name"] == function][0]
    same((failed["errors"], failed["last_error"]), (calls, name), f"errors of {function}")


for symbol, code, error, times in (
        ("cuMemAlloc_v2@2", 2, "CUDA_ERROR_OUT_OF_MEMORY", 1),
        ("cuMemAlloc_v2@*", 2, "CUDA_ERROR_OUT_OF_MEMORY", 4),
        ("cuMemcpyHtoD_v2@2", 1, "CUDA_ERROR_INVALID_VALUE", 1),
        ("cuMemcpyDtoH_v2@3", 702, "CUDA_ERROR_LAUNCH_TIMEOUT", 1),
        ("cuLaunchKernel@1", 701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", 1),
        ("cuLaunchKernel@*", 209, "CUDA_ERROR_NO_BINARY_FOR_GPU", 3),
        ("cuCtxSynchronize@2", 719, "CUDA_ERROR_LAUNCH_FAILED", 1),
        ("cuMemFree_v2@1", 400, "CUDA_ERROR_INVALID_HANDLE", 1),
        ("cuMemFree_v2@*", 400, "CUDA_ERROR_INVALID_HANDLE", 2)):
    add_case(f"{symbol} fails with {code}", refused, symbol, code, error, times)


@case("a device that is full")
def full_device():
    run = play("scenario_memory.py", "peaks", {"SIM_MEMORY": "2048"}, status=1,
               repeats_itself=True)
    same(run.errors("cuMemAlloc_v2"), 1, "failed allocations")


# Frames between a call and its return that never return.
add_case("longjmp, cancellation, 100 deep", lambda: compare([client("client-longjmp")]))
add_case("C++ exceptions", lambda: compare([client("client-exception")]))


def threads(*numbers):
    run = compare([client("client-threads"), *numbers])
    same(run.calls("cuCtxGetCurrent"), int(numbers[2]), "calls of threads that lived for one")


add_case("threads", threads, 8, 20000, 500)
add_case("10,000 threads that live for one call each", threads, 2, 10, 10000)


@case("calls beside dlopen and dlclose")
def threads_and_plugins():
    """Threads that call, and one that opens and closes plugins all the time."""
    run = Run([client("client-busy"), client("plugin.so"), client("plugin-bare.so")])
    succeeded(run)
    same_counts(run.report, run.ledger)
    said = dict(word.split() for word in run.stdout.decode().split(","))
    for name, calls in said.items():
        expect(int(calls) > 1000, f"only {calls} calls of {name} beside the plugins")
        same(run.calls(name), int(calls), f"calls of {name}")


if __name__ == "__main__":
    main()
