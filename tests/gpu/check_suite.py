#!/usr/bin/env python3
"""check_suite.py: the suite itself, on any machine. It runs to its last line without a GPU, and its
comparisons notice what they are there for. Prints TAP."""

import json
import os
import re
import subprocess
import sys
import tempfile

import figures
import results

HERE = os.path.dirname(os.path.abspath(__file__))


def suite(*arguments):
    env = {**os.environ, "GPUSPY_GPU_BUILT": "1"}
    return subprocess.run(["sh", os.path.join(HERE, "run.sh"), *arguments], env=env,
                          capture_output=True, text=True)


def runs_without_gpu():
    """Everything that needs no GPU passes, all else is skipped, and the files are written."""
    with tempfile.TemporaryDirectory(prefix="gpuspy-gpu-check-") as folder:
        done = suite("--no-gpu", folder, "example", "driver", "look", "late", "runtimes",
                     "facts", "cost")
        last = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped",
                            (done.stdout.splitlines() or [""])[-1])
        if done.returncode or not last or int(last[2]) or not int(last[1]):
            return done.stdout + done.stderr
        with open(os.path.join(folder, "facts.json"), encoding="utf-8") as file:
            facts = json.load(file)
        cases = [case for stage, found in facts.items() if stage != "machine"
                 for case in found.values()]
        counted = [sum(case["result"] == word for case in cases)
                   for word in ("passed", "failed", "skipped")]
        if counted != [int(n) for n in last.groups()]:
            return f"facts.json has {counted}, the last line {last[0]}"
        if facts["driver"]["linked, lazily"]["result"] != "passed":
            return "the simulated driver was not used"
        missing = {"table.txt", "logs.tar.gz", "RESULTS.md"} - set(os.listdir(folder))
        return f"{missing} is missing" if missing else None


def ends_in_time():
    """What has no time left is skipped, and that is said."""
    done = suite("--no-gpu", "--minutes=0.05", "driver")
    last = (done.stdout.splitlines() or [""])[-1]
    if done.returncode or not re.fullmatch(r"\d+ passed, 0 failed, [1-9]\d* skipped", last):
        return done.stdout + done.stderr
    return None if "no time left" in done.stdout else done.stdout


def results_of_a_card():
    """What is kept has a row for each case, and only without a card the words that say so."""
    facts = {"gpu": {"name": "x"}, "kernel": "6", "machine": "m", "libc": "2", "processors": 1,
             "python": "p"}
    row = ("driver", "a | b", "passed", "x\ny")
    text = results.text(facts, [row], "1 x Card, driver for CUDA 13.0", {"passed": 1, "failed": 0, "skipped": 0}, "0.1.0")
    if "| driver | a \\| b | passed | x y |" not in text or "no card" in text or "1 x Card" not in text:
        return text
    text = results.text({**facts, "gpu": None}, [row], "no GPU", {"passed": 1, "failed": 0, "skipped": 0}, "0.1.0")
    return None if "There was no card" in text else text


def refuses():
    for arguments, status in ((["--no-gpu", "--require-gpu"], 1), (["--nonsense"], 2), (["--minutes=x"], 2),
                              (["/tmp", "nonsense"], 2)):
        done = suite(*arguments)
        if done.returncode != status or not done.stderr.strip():
            return f"{arguments}: status {done.returncode}, {done.stderr!r}"
    return None


REPORT = {
    "verdict": "gpu-work", "reason": "completed", "simulated": False,
    "totals": {"launches": 3, "calls": {"cublas": 2}, "memory": {"live_bytes": 0}},
    "devices": [{"ordinal": 0, "kernels": 3, "memory": {"peak_bytes": 64}}],
    "kernels": [{"name": "add", "launches": 2, "device": 0},
                {"name": "add", "launches": 1, "device": 1}],
    "functions": [{"layer": "driver", "name": "cuLaunchKernel", "calls": 3, "own_calls": 0},
                  {"layer": "driver", "name": "cuMemcpyDtoH_v2", "calls": 1, "own_calls": 1},
                  {"layer": "cublas", "name": "cublasSgemm_v2", "calls": 2}],
    "gaps": [],
}
CUPTI = {"kernels": {"add": 3}, "dropped": 0, "problem": None, "peak_bytes": {"0": 64},
         "driver_calls": {"cuLaunchKernel": 3, "cuMemcpyDtoH_v2": 2, "cuInit": 1}}


def notices(check, *right, wrong):
    """The comparison passes on what is equal, and fails on each of the wrong ones."""
    check(*right)
    for arguments in wrong:
        try:
            check(*arguments)
        except AssertionError:
            continue
        return f"{check.__name__} lets {arguments[1:]} pass"
    return None


def expectations():
    keys = {"launches": 3, "kernel.add": 3, "calls.cublas.cublasSgemm_v2": 2, "layer.cublas": 2,
            "device.0.kernels": 3, "memory.live_bytes": 0, "verdict": "gpu-work",
            "kernel.other": 0}
    wrong = [(REPORT, {**keys, key: "gpu-idle" if key == "verdict" else value + 1})
             for key, value in keys.items() if key != "verdict"]
    wrong += [(REPORT, {"verdict": "gpu-idle"}), (None, keys)]
    return notices(figures.as_expected, REPORT, keys, wrong=wrong)


def cupti_kernels():
    wrong = [(REPORT, {**CUPTI, **other}) for other in (
        {"kernels": {"add": 2}}, {"kernels": {"add": 3, "more": 1}}, {"kernels": {}},
        {"dropped": 1}, {"problem": "CUPTI failed"})]
    return notices(figures.same_kernels, REPORT, CUPTI, wrong=wrong + [(REPORT, None)])


def cupti_calls():
    wrong = [(REPORT, {**CUPTI, "driver_calls": {**CUPTI["driver_calls"], **other}})
             for other in ({"cuLaunchKernel": 4}, {"cuMemcpyDtoH_v2": 1}, {"cuMemAlloc_v2": 1})]
    return notices(figures.same_driver_calls, REPORT, CUPTI, wrong=wrong)


def cupti_peaks():
    return notices(figures.same_peaks, REPORT, CUPTI,
                   wrong=[(REPORT, {**CUPTI, "peak_bytes": {"0": 63}}),
                          (REPORT, {**CUPTI, "peak_bytes": {}})])


def missed():
    return notices(figures.nothing_missed, REPORT, wrong=[({"gaps": [{"code": "calls-not-counted", "count": 1}]},)])


CASES = (runs_without_gpu, ends_in_time, results_of_a_card, refuses, expectations, cupti_kernels, cupti_calls, cupti_peaks, missed)


def main():
    print(f"1..{len(CASES)}")
    failed = 0
    for number, check in enumerate(CASES, 1):
        wrong = check()
        name = check.__name__.replace("_", " ")
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)
        if wrong:
            failed = 1
            print("\n".join("# " + line for line in wrong.splitlines()))
    sys.exit(failed)


if __name__ == "__main__":
    main()
