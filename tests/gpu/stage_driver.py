"""Clients of the driver API, bound in every way (tests/clients). On a real driver as on the
simulated one they say themselves what they launched."""

import os
import re

import compare
import figures
import machine
import runs
import simulated
from cases import Missing, add_case, expect, same

CLIENTS = os.path.join(machine.BUILD, "tests", "clients")
ROUNDS = 5

SAID = re.compile(r"rounds (\d+): launches (\d+), captured (\d+), graph launches (\d+), "
                  r"graph kernels (\d+), errors (\d+)")

WAYS = {
    "linked, lazily": ["client-linked", ROUNDS],
    "linked, bound at start": ["client-linked-now", ROUNDS],
    "linked, without a PLT": ["client-linked-noplt", ROUNDS],
    "linked, not position independent": ["client-linked-nopie", ROUNDS],
    "linked, unoptimized": ["client-linked-unoptimized", ROUNDS],
    "linked, addresses in data": ["client-linked-table", ROUNDS],
    "dlopen and dlsym": ["client-dlsym", "plain", ROUNDS],
    "dlopen and dlsym, old version": ["client-dlsym", "old", ROUNDS],
    "dlsym(RTLD_DEFAULT)": ["client-dlsym", "default", ROUNDS],
    "cuGetProcAddress_v2": ["client-procaddr", "v2", ROUNDS],
    "cuGetProcAddress": ["client-procaddr", "v1", ROUNDS],
}

# What client-outcome is told to do: the verdict that it has to come to.
OUTCOMES = {"init": "gpu-idle", "idle": "gpu-idle", "work": "gpu-work",
            "unconfirmed": "gpu-work-unconfirmed", "captured": "gpu-idle", "fault": "gpu-fault",
            "leak": "gpu-work"}


def command(words):
    path = os.path.join(CLIENTS, words[0])
    if not os.path.exists(path):
        raise Missing(f"{words[0]} was not built")
    return [path, *words[1:]]


def both(words, status=0):
    """The client bare and under gpuspy, checked as far as any client can be."""
    env = simulated.environment()
    bare = runs.ended(runs.Run(command(words), env=env), status)
    spied = runs.Run(command(words), spied=True, env=env)
    runs.same_behaviour(spied, bare)
    runs.same_stderr(spied, bare)
    expect(spied.report, "there is no report")
    simulated.is_as_it_should(spied.report)
    return bare, spied


def workload(words):
    bare, spied = both(words)
    said = SAID.search(spied.stdout)
    expect(said, f"the client said {spied.stdout!r}")
    rounds, launches, captured, graph_launches, graph_kernels, errors = map(int, said.groups())
    figures.as_expected(spied.report, {
        "launches": launches, "captured_launches": captured, "graph_launches": graph_launches,
        "graph_kernels": graph_kernels, "confirmed_kernels": launches + graph_kernels,
        "verdict": "gpu-work", "memory.live_bytes": 0,
        "memory.allocations": 4 * rounds, "kernel.sim_noop": rounds,
        "kernel.sim_add": launches + graph_kernels - rounds})
    # Look-ups of names that the driver does not know are errors of cuGetProcAddress's own.
    same(sum(f["errors"] for f in spied.report["functions"]
             if not f["name"].startswith("cuGetProcAddress")), errors, "errors")
    figures.nothing_missed(spied.report)
    answer = {"kernels": spied.report["totals"]["kernels"], **runs.times(bare, spied)}
    if machine.gpu:
        reason, _ = compare.with_cupti(command(words), simulated.environment())
        answer["CUPTI"] = reason or "equal"
    return simulated.mark(answer)


def outcome(kind, verdict):
    bare, spied = both(["client-outcome", kind])
    figures.as_expected(spied.report, {"verdict": verdict})
    return simulated.mark({"verdict": verdict, "reason": spied.report["reason"],
                           **runs.times(bare, spied)})


def hidden():
    """Every GPU is hidden: the client's error is the same, and the answer is NO."""
    env = {**simulated.environment(), "CUDA_VISIBLE_DEVICES": ""}
    words = command(["client-probe", "driver"])
    return simulated.mark(compare.without_gpu(words, env))


for _name, _words in WAYS.items():
    add_case("driver", _name, workload, _words)
for _kind, _verdict in OUTCOMES.items():
    add_case("driver", f"outcome: {_kind}", outcome, _kind, _verdict)
add_case("driver", "all devices hidden", hidden)
