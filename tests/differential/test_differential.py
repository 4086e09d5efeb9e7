#!/usr/bin/env python3
"""Random programs under gpuspy: its report, the ledger of the simulated libraries, and what the
program itself knows that it did, have to agree in every figure.

    test_differential.py [FIRST_SEED [SEEDS [KEY=VALUE...]]]

Without seeds: the first ten, and as many new ones. GPUSPY_SEED=n: only this seed. Keys are those of
random-client and go to it; the environment of the simulated driver is chosen by the seed too.
"""

import atexit
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness
from harness import Run, expect, same, succeeded

CLIENT = os.path.join(harness.BUILD, "tests", "differential", "random-client")

# Functions that may be made to fail. Not those that gpuspy itself calls, whose n-th call is then
# another one, nor those without which the program cannot begin.
FAILING = """cuCtxCreate_v2 cuCtxDestroy_v2 cuCtxSetCurrent cuCtxPushCurrent_v2 cuCtxPopCurrent_v2
    cuCtxSynchronize cuDevicePrimaryCtxRelease_v2 cuModuleLoadData cuModuleUnload
    cuModuleGetFunction cuLibraryLoadData cuLibraryUnload cuLibraryGetKernel cuKernelGetFunction
    cuLaunchKernel cuLaunchKernel_ptsz cuLaunchKernelEx cuLaunchCooperativeKernel cuLaunch
    cuLaunchHostFunc cuMemAlloc_v2 cuMemAllocPitch_v2 cuMemAllocManaged cuMemFree_v2
    cuMemAllocAsync cuMemFreeAsync cuMemAllocFromPoolAsync cuMemHostAlloc cuMemFreeHost
    cuMemCreate cuMemMap cuMemUnmap cuMemRelease cuMemRetainAllocationHandle cuMemAddressReserve
    cuArrayCreate_v2 cuArrayDestroy cuMipmappedArrayCreate cuMipmappedArrayDestroy
    cuMemcpyHtoD_v2 cuMemcpyDtoH_v2 cuMemcpyDtoHAsync_v2 cuMemcpy2D_v2 cuMemcpy3DAsync_v2
    cuMemsetD8_v2 cuMemsetD32Async cuStreamCreate cuStreamDestroy_v2 cuStreamSynchronize
    cuStreamQuery cuEventRecord cuEventQuery cuEventSynchronize cuStreamBeginCapture_v2
    cuGraphCreate cuGraphDestroy cuGraphAddKernelNode_v2 cuGraphInstantiateWithFlags
    cuGraphExecUpdate_v2 cuGraphNodeSetEnabled cuGraphExecKernelNodeSetParams_v2 cuGraphLaunch
    cuGraphExecDestroy""".split()
# With many threads only what always fails does so for the same caller. And what the libraries
# above the driver had done when a call of theirs failed, the program does not know.
ALWAYS_FAILING = """cuLaunchKernelEx cuMemAllocPitch_v2 cuMemcpy2D_v2 cuMemsetD32Async cuEventQuery
    cuArrayCreate_v2 cuMemAllocManaged cuStreamQuery""".split()
# As before CUDA 12, when contexts had no numbers: only gpuspy asks for them.
NO_NUMBERS = "cuCtxGetId@*=801"
calls = [0]  # of all programs
CODES = (1, 2, 201, 600, 700, 719, 999)


def failures(dice, threads, layers):
    if dice.random() < 0.4:
        return None
    if threads > 1 or layers:
        return ",".join(f"{name}@*={dice.choice(CODES)}" for name in dice.sample(ALWAYS_FAILING, 2))
    return ",".join(f"{dice.choice(FAILING)}@{dice.randint(1, 12)}={dice.choice(CODES)}"
                    for _ in range(dice.randint(1, 12)))


def environment(dice, threads, layers):
    fails = [failures(dice, threads, layers), dice.choice((None, NO_NUMBERS))]
    return {"SIM_DEVICES": str(dice.randint(1, 4)),
            "SIM_PROC_PRIVATE": dice.choice(("0", "0", "1")),
            "SIM_NOT_READY": dice.choice(("0", "0", "1", "3")),
            "SIM_RUNTIME_LOOKUP": dice.choice(("v2", "v2", "v1", "dlsym")),
            "SIM_MEMORY": dice.choice((None, None, "50000000")),
            "SIM_FAIL": ",".join(filter(None, fails)) or None}


def is_peak(key):
    return key.endswith("peak_bytes")


def differences(what, got, wanted, keys):
    return [f"{what}: {key}: {got.get(key, 0)}, not {wanted.get(key, 0)}"
            for key in sorted(keys) if got.get(key, 0) != wanted.get(key, 0)]


def report_against_ledger(report, ledger):
    """What gpuspy called of its own reached the library too, and some of it may have failed."""
    wanted = harness.layer_calls(ledger)
    got = {(f["library"], f["name"]): f for f in report["functions"]}
    wrong = []
    for key in sorted(got.keys() | wanted.keys()):
        ours = got.get(key, {"calls": 0, "errors": 0})
        entry = wanted.get(key, {"calls": 0, "errors": 0})
        own = ours.get("own_calls", 0)
        if ours["calls"] + own != entry["calls"]:
            wrong.append(f"report and ledger: {key}: {ours['calls']} calls and {own} of gpuspy, "
                         f"not {entry['calls']}")
        if not entry["errors"] - own <= ours["errors"] <= entry["errors"]:
            wrong.append(f"report and ledger: {key}: {ours['errors']} errors, "
                         f"not {entry['errors']}")
    return wrong


def report_totals(report):
    totals = harness.flat_totals(report)
    totals["confirmed_kernels"] = report["totals"]["confirmed_kernels"]
    for device in report["devices"]:
        totals[f"device{device['ordinal']}.kernels"] = device["kernels"]
    return totals


def report_against_tally(report, tally):
    """What gpuspy did of its own is kept apart in the report, so its calls are not compared."""
    got = {(f["library"], f["name"]): f for f in report["functions"]}
    wrong = []
    for library, functions in tally["functions"].items():
        if library == "libcuda.so.1" and not tally["exact_driver"]:
            continue  # what the libraries above it call, the program does not know
        for kind in ("calls", "errors"):
            wrong += differences(
                f"{kind} in {library}, report and program",
                {key[1]: f[kind] for key, f in got.items() if key[0] == library},
                {name: f[kind] for name, f in functions.items()},
                {key[1] for key in got if key[0] == library} | functions.keys())
    return wrong


def with_registered(totals, tally):
    """The program's own memory that it had pinned, and cuMemCreate's of the host: only gpuspy has
    them among the host's."""
    pinned = {"host_allocations": "registered", "host_frees": "unregistered",
              "host_live_bytes": "registered_live_bytes"}
    wanted = {key: value for key, value in totals.items() if key not in pinned.values()}
    for key, more in pinned.items():
        wanted[key] = wanted.get(key, 0) + tally["total"][more]
    return wanted


LANES = 1024  # preload/observers/lanes.c


def streams_mixed(report, ledger):
    """Long programs make so many streams, and wait for so few, that gpuspy may say it cannot tell
    them apart any more: what it says is confirmed is not what the program knows then."""
    made = sum(entry["calls"] for (_, name), entry in harness.layer_calls(ledger).items()
               if name.startswith("cuStreamCreate"))
    gap = [g["code"] for g in report["gaps"] if g["code"] == "streams-not-told-apart"]
    return gap if made > LANES else []


def compare(run):
    tally, report, ledger = json.loads(run.stdout), run.report, run.ledger
    expect(report, "there is no report")
    mixed = streams_mixed(report, run.ledger)
    harness.nothing_missed(report, mixed)
    harness.same_sums(report)
    wrong = report_against_ledger(report, ledger)
    got = report_totals(report)
    ledger = with_registered(ledger["total"], tally)
    program = with_registered(tally["total"], tally)
    alone = tally["threads"] == 1 and tally["processes"] == 1
    pinned = tally["total"]["registered"]
    skipped = {key for key in got.keys() | ledger.keys() | program.keys()
               if is_peak(key) and (not alone or key.startswith("host_") and pinned)}
    skipped |= {"confirmed_kernels"} if mixed else set()
    own = {"confirmed_kernels"} | {key for key in program if key.endswith(".kernels")}
    wrong += differences("report and ledger", got, ledger,
                         (got.keys() | ledger.keys()) - harness.LEDGER_ONLY - skipped - own)
    wrong += differences("report and program", got, program,
                         (got.keys() | program.keys()) - skipped)
    wrong += report_against_tally(report, tally)
    expect(not wrong, "\n".join(wrong))
    return sum(entry["calls"] for entry in harness.layer_calls(run.ledger).values())


def chosen_by(seed, keys=()):
    """The command and the environment that a seed stands for."""
    dice = random.Random(seed)
    chosen = {"threads": dice.choice((1, 1, 2, 4, 8)), "layers": dice.choice((0, 1)),
              "quiet": dice.choice((0, 0, 1, 2)), "focus": dice.choice((-1, -1, 0, 3, 8, 9)),
              "silent": dice.choice((0, 1)), **dict(key.split("=") for key in keys)}
    env = environment(dice, int(chosen["threads"]), int(chosen["layers"]))
    return [CLIENT, str(seed), *(f"{key}={value}" for key, value in chosen.items())], env


def run_seed(seed, keys=()):
    timeout = int(dict(key.split("=") for key in keys).get("timeout", 60))
    command, env = chosen_by(seed, [key for key in keys if not key.startswith("timeout=")])
    words = " ".join([f"{k}={v}" for k, v in env.items() if v] + command[1:])
    run = Run(command, env, timeout=timeout)
    try:
        succeeded(run)
        calls[0] += compare(run)
        if "threads=1" in command:  # it does what it does without gpuspy
            same(run.stdout, Run(command, env, spied=False, timeout=timeout).stdout, "output")
    except Exception as error:
        raise AssertionError(f"random-client {words}\n{error}") from error


def main(run=run_seed):
    arguments = [a for a in sys.argv[1:] if "=" not in a]
    keys = [a for a in sys.argv[1:] if "=" in a]
    if "GPUSPY_SEED" in os.environ:
        seeds = [int(os.environ["GPUSPY_SEED"])]
    elif arguments:
        first = int(arguments[0])
        seeds = range(first, first + int(arguments[1] if len(arguments) > 1 else 1))
    else:
        seeds = [*range(1, 11), *(random.SystemRandom().randrange(10 ** 6) for _ in range(10))]
    expect(os.path.exists(CLIENT), f"there is no {CLIENT}: GPUSPY_BUILD is to be the build")
    for seed in seeds:
        harness.add_case(f"seed {seed}", run, seed, *([keys] if keys else []))
    sys.argv[1:] = []
    atexit.register(lambda: print(f"# {calls[0]} calls in {len(seeds)} programs", flush=True))
    harness.main()


if __name__ == "__main__":
    main()
