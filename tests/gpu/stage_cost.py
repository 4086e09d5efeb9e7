"""What gpuspy costs. Each pair of numbers is from runs that took turns, as ratios go: the machine's
own unrest is in both. The goals are printed beside what was measured; missing one is a failure
only where it was measured on a GPU."""

import statistics
import sys

import building
import compare
import frameworks
import machine
import runs
import simulated
from cases import Skip, add_case, case, expect, same

TURNS = 7
SECONDS = 170
# Fewer where a start takes long: a stage has to end in ten minutes.
STEP_TURNS = {"torch cnn eager": 5, "torch transformer eager": 3, "torch transformer compiled": 3,
              "jax": 5}
GOAL_LAUNCH_NS, GOAL_PART_OF_CUPTI, GOAL_STEP = 10, 0.1, 1.001


def spread(values):
    """The median, and how far the middle half of the values lies from it, in part of it."""
    middle = statistics.median(values)
    quarters = statistics.quantiles(values, n=4) if len(values) > 2 else [min(values), middle,
                                                                          max(values)]
    return middle, (quarters[2] - quarters[0]) / 2 / middle if middle else 0


def take_turns(ways, turns, measure):
    """{way: [measure(options) for each turn]}; every second turn goes backwards."""
    found = {way: [] for way in ways}
    for turn in range(turns):
        for way in sorted(ways, reverse=turn % 2 == 1):
            found[way].append(measure(ways[way]))
    return found


def why_no_cupti(path, env):
    try:
        return compare.cannot_count(runs.Run([path, 10], env=env, cupti="launches").cupti)
    except Skip as reason:
        return str(reason)


@case("cost", "launch of an empty kernel")
def launch():
    path = building.plain_program("launchloop", ["launchloop.c"], ["-ldl"])
    env = simulated.environment()
    ways = {"bare": {}, "gpuspy": {"spied": True}}
    cupti = why_no_cupti(path, env) if machine.gpu else "no card"
    if not cupti:
        ways["CUPTI"] = {"cupti": "launches"}

    def measure(options):
        run = runs.ended(runs.not_skipped(runs.Run([path, 1000], env=env, **options)))
        said = run.said()
        counted = said["launches"]
        if "spied" in options:
            expect(run.report, "there is no report")
            counted = run.report["totals"]["launches"]
        if "cupti" in options:
            expect(run.cupti, "CUPTI wrote nothing")
            counted = run.cupti["launches"]
        same(counted, said["launches"], "launches counted")
        return said["ns"]

    found = take_turns(ways, TURNS, measure)
    runs.note("ns per launch", found)
    median = {way: spread(values) for way, values in found.items()}
    added = {way: median[way][0] - median["bare"][0] for way in median if way != "bare"}
    answer = {f"{way} ns": f"{value:.1f} (±{100 * part:.1f} %)"
              for way, (value, part) in median.items()}
    answer.update({f"{way} adds": f"{value:.1f} ns" for way, value in added.items()})
    if machine.gpu:
        expect(added["gpuspy"] <= GOAL_LAUNCH_NS, f"the goal is {GOAL_LAUNCH_NS} ns: {answer}")
        if cupti:
            return {**answer, "CUPTI": cupti}
        answer["of CUPTI's"] = f"{added['gpuspy'] / added['CUPTI']:.3f}" if added["CUPTI"] else "-"
        expect(added["gpuspy"] <= GOAL_PART_OF_CUPTI * added["CUPTI"],
               f"the goal is {GOAL_PART_OF_CUPTI} of what CUPTI adds: {answer}")
    return simulated.mark(answer)


def ratios(found):
    """The ratio of the medians, and of each turn's pair: how sure the first is."""
    pairs = [b / a for a, b in zip(found["bare"], found["gpuspy"])]
    return (statistics.median(found["gpuspy"]) / statistics.median(found["bare"]), min(pairs),
            max(pairs))


def step_time(name):
    """Of a framework's training step. The first steps, which compile, are not in it."""
    machine.need_gpu()
    words = frameworks.command(name)

    def measure(options):
        run = runs.ended(runs.not_skipped(runs.Run(words + ["--steps", "200"], timeout=60,
                                                   env=frameworks.ENVIRONMENT, **options)))
        return run.said()["step_seconds"]

    found = take_turns({"bare": {}, "gpuspy": {"spied": True}},
                       STEP_TURNS[name], measure)
    runs.note("seconds per step", found)
    ratio, least, most = ratios(found)
    # A turn in which gpuspy was the faster one says that the machine's unrest is the greater.
    goal = "met" if ratio <= GOAL_STEP else "missed" if least > 1 else "lost in the unrest"
    answer = {"ratio": f"{ratio:.4f}", "turns": f"{least:.4f} to {most:.4f}",
              "step": f"{1e3 * statistics.median(found['bare']):.3f} ms",
              f"goal {GOAL_STEP}": goal}
    expect(goal != "missed", f"{answer}")
    return answer


def start_up(words, needs):
    needs()
    found = take_turns({"bare": {}, "gpuspy": {"spied": True}}, TURNS,
                       lambda options: runs.ended(runs.Run(words(), **options)).seconds)
    runs.note("seconds", found)
    ratio, least, most = ratios(found)
    added = statistics.median(found["gpuspy"]) - statistics.median(found["bare"])
    return {"ratio": f"{ratio:.3f}", "turns": f"{least:.3f} to {most:.3f}",
            "adds": f"{1e3 * added:.1f} ms"}


def nothing():
    pass


def torch_with_gpu():
    machine.need_gpu()
    machine.need_modules("torch")


STARTS = {
    "start of true": (lambda: ["true"], nothing),
    "start of Python": (lambda: [sys.executable, "-c", "pass"], nothing),
    "start of R": (lambda: [machine.need_rscript(), "-e", "1"], machine.need_rscript),
    "start of PyTorch on the GPU": (
        lambda: [machine.PYTHON, "-c", "import torch; torch.zeros(1).cuda().sum().item()"],
        torch_with_gpu),
}

for _name in STEP_TURNS:
    add_case("cost", f"step of {_name}", step_time, _name)
for _name, (_words, _needs) in STARTS.items():
    add_case("cost", _name, start_up, _words, _needs)
