"""Frameworks: training steps bare, under gpuspy, under CUPTI, and under both. In the last of them
the kernels have to be equal by name and number, for both watched the same process; what the first
three are for is that nothing else changes."""

import compare
import figures
import frameworks
import machine
import runs
from cases import Skip, add_case, expect

SECONDS = 200

TIMEOUT = 240


def cross_check(spied, cupti):
    """Two runs can differ where a framework tries which kernel is faster: a figure."""
    wrong = figures.differences(figures.kernel_launches(spied.report), cupti.cupti["kernels"])
    runs.note("kernels of gpuspy's run beside those of CUPTI's own", wrong or "equal")
    return "equal" if not wrong else "other kernels"


def steps(name, peaks):
    machine.need_gpu()
    words, env = frameworks.command(name), frameworks.ENVIRONMENT
    bare = runs.works_bare(runs.Run(words, env=env, timeout=TIMEOUT))
    spied = runs.ended(runs.Run(words, spied=True, env=env, timeout=TIMEOUT))
    runs.same_behaviour(spied, bare)
    expect(spied.report, "there is no report")
    figures.as_expected(spied.report, {"verdict": "gpu-work", **spied.expected()})
    figures.nothing_missed(spied.report)
    compare.note_use(spied.report)
    runs.note("report", spied.text)
    answer = {"kernels": spied.report["totals"]["kernels"], **runs.times(bare, spied)}
    answer.update(memory(spied))
    try:
        reason, _ = compare.with_cupti(words, env, timeout=TIMEOUT, peaks=peaks)
        if reason:
            return {**answer, "CUPTI": reason}
        answer["CUPTI"] = "equal"
        alone = runs.ended(runs.Run(words, cupti="activity", env=env, timeout=TIMEOUT))
        answer["across runs"] = cross_check(spied, alone)
    except Skip as reason:  # the figures that there are stay
        answer["across runs"] = str(reason)
    return answer


def memory(spied):
    """What the framework's allocator says that it took, beside the peak of all memory."""
    said = spied.said()
    reserved = said.get("reserved_bytes")
    if reserved is None:
        return {}
    peak = spied.report["totals"]["memory"]["peak_bytes"]
    expect(peak >= reserved, f"peak memory {peak}, and the framework alone reserved {reserved}")
    return {"peak MiB": f"{peak / 2 ** 20:.1f} of which its allocator {reserved / 2 ** 20:.1f}"}


def without_gpu(name):
    """The framework finds no GPU and says so as ever, and gpuspy answers NO."""
    if machine.gpu:
        raise Skip("there is a GPU")
    words = frameworks.command(name)
    bare = runs.Run(words, env=frameworks.ENVIRONMENT, timeout=TIMEOUT)
    spied = runs.Run(words, spied=True, env=frameworks.ENVIRONMENT, timeout=TIMEOUT)
    runs.same_behaviour(spied, bare)
    expect(spied.report, "there is no report")
    # A framework's build for the CPU never asks.
    verdict, reason = spied.report["verdict"], spied.report["reason"]
    expect(verdict == "gpu-unavailable" or reason == "cpu-build",
           f"verdict {verdict} ({reason})")
    runs.note("report", spied.text)
    return {"verdict": f"{verdict} ({reason})", "said": runs.last_line(spied.stderr)[:60],
            **runs.times(bare, spied)}


for _name in frameworks.STEPS:
    add_case("frameworks", _name, steps, _name, peaks=_name.startswith("torch"))
for _name in ("torch cnn eager", "jax", "cupy", "numba"):
    add_case("frameworks", f"{_name}: no GPU", without_gpu, _name)
