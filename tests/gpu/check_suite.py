#!/usr/bin/env python3
"""check_suite.py: the suite itself, on any machine. It runs to its last line without a GPU, and its
comparisons notice what they are there for. Prints TAP."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time

import figures
import lanes
import results
import suite as suite_module
from cases import RESULTS, counts_in_words

HERE = os.path.dirname(os.path.abspath(__file__))


def suite(*arguments):
    env = {**os.environ, "GPUSPY_GPU_BUILT": "1"}
    return subprocess.run(["sh", os.path.join(HERE, "run.sh"), *arguments], env=env,
                          capture_output=True, text=True)


LAST = re.compile(", ".join(words.replace("{}", r"(\d+)") for words in RESULTS.values()))


def runs_without_gpu():
    """Everything that needs no GPU passes, of all else it is said what it waits for, and the files
    are written."""
    with tempfile.TemporaryDirectory(prefix="gpuspy-gpu-check-") as folder:
        done = suite("--no-gpu", folder, "example", "driver", "look", "late", "runtimes", "r",
                     "facts", "keras", "cost")
        last = LAST.fullmatch((done.stdout.splitlines() or [""])[-1])
        if done.returncode or not last or int(last[2]) or not int(last[1]):
            return done.stdout + done.stderr
        with open(os.path.join(folder, "facts.json"), encoding="utf-8") as file:
            facts = json.load(file)
        cases = [case for stage, found in facts.items() if stage not in ("machine", "gpuspy")
                 for case in found.values()]
        counted = [sum(case["result"] == word for case in cases) for word in RESULTS]
        if counted != [int(n) for n in last.groups()]:
            return f"facts.json has {counted}, the last line {last[0]}"
        if facts["driver"]["linked, lazily"]["result"] != "passed":
            return "the simulated driver was not used"
        missing = {"table.txt", "logs.tar.gz", "RESULTS.md"} - set(os.listdir(folder))
        return f"{missing} is missing" if missing else None


def ends_in_time():
    """What has no time left is skipped, and that is said."""
    done = suite("--no-gpu", "--minutes=0.05", "driver")
    last = LAST.fullmatch((done.stdout.splitlines() or [""])[-1])
    if done.returncode or not last or int(last[2]) or not int(last[list(RESULTS).index("no time") + 1]):
        return done.stdout + done.stderr
    return None if "no time left" in done.stdout else done.stdout


def results_of_a_card():
    """What is kept has a row for each case, and only without a card the words that say so."""
    here = {"gpu": {"name": "x"}, "kernel": "6", "machine": "m", "libc": "2", "processors": 1,
            "python": "p", "doctor": "gpuspy doctor: well"}
    rows = [("driver", "a | b", "passed", "x\ny"), ("nvcc", "c", "passed", "kernels 1, CUPTI equal"),
            ("nvcc", "d", "passed", "kernels 1, CUPTI cannot count here: why")]
    counts = {**dict.fromkeys(RESULTS, 0), "passed": 3}
    text = results.text({"machine": here}, rows, "1 x Card, driver for CUDA 13.0", counts, "0.1.0")
    for words in ("| driver | a \\| b | passed | x y |", "1 x Card", counts_in_words(counts),
                  "equal in 1, and could not be had in 1", "gpuspy doctor: well"):
        if words not in text or "no card" in text:
            return text
    text = results.text({"machine": {**here, "gpu": None}}, rows, "no GPU", counts, "0.1.0")
    return None if "There was no card" in text else text


def survives():
    """A case that hangs with a child that ignores everything is given up in its time, and the others
    go on; so they do after one that ends its process, and a stage that cannot be begun."""
    stages = {"hangs": "import subprocess, time\nfrom cases import case\nSECONDS = 1\n"
                       "@case('hangs', 'one')\ndef one():\n"
                       "    subprocess.run(['sh', '-c', 'trap \"\" TERM INT; sleep 1000 & sleep 1000'])\n"
                       "@case('hangs', 'two')\ndef two():\n    return 'went on'\n",
              "dies": "import os\nfrom cases import case\n"
                      "@case('dies', 'one')\ndef one():\n    os._exit(7)\n",
              "broken": "import no_such_module\n"}
    with tempfile.TemporaryDirectory(prefix="gpuspy-gpu-check-") as folder:
        for name, text in stages.items():
            with open(os.path.join(folder, f"stage_{name}.py"), "w", encoding="utf-8") as file:
                file.write(text)
        rows = []
        before, os.environ["PYTHONPATH"] = os.environ.get("PYTHONPATH"), folder
        try:
            started = time.monotonic()
            lanes.run([["broken", "hangs", "dies"]], folder, 100, rows.append)
            took = time.monotonic() - started
        finally:
            os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)
    said = [(row["stage"], row["case"], row["result"], row["figures"]) for row in rows]
    wanted = [("broken", "all of it", "failed", "ModuleNotFoundError: No module named 'no_such_module'"),
              ("hangs", "one", "failed", "it did not end in time"),
              ("hangs", "two", "passed", "went on"),
              ("dies", "the lane of broken", "failed", "ended with status 7")]
    # The lane knows its stage by the last row.
    said = [(row[0] if row[1] != "the lane of broken" else "dies", *row[1:]) for row in said]
    return None if said == wanted and took < 60 else f"{said} in {took:.0f} s"


def kills_a_lane():
    """One that does not end in its time, with what it started."""
    code = "import time\nwhile True:\n    time.sleep(1)\n"
    with tempfile.TemporaryDirectory(prefix="gpuspy-gpu-check-") as folder:
        path = os.path.join(folder, "lane.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(code)
        rows, here, lanes.HERE, patience = [], lanes.HERE, folder, lanes.PATIENCE_SECONDS
        lanes.PATIENCE_SECONDS = 1
        try:
            lanes.run([["hangs"]], folder, 0.5, rows.append)
        finally:
            lanes.HERE, lanes.PATIENCE_SECONDS = here, patience
    return None if [row["figures"] for row in rows] == ["did not end in time and was killed"] else str(rows)


def plans():
    """All stages once, what measures time alone and at the end."""
    for several in False, True:
        rounds = suite_module.plan(list(suite_module.STAGES), several)
        flat = sorted(word for lanes_of in rounds for lane in lanes_of for word in lane)
        if flat != sorted(suite_module.STAGES) or rounds[-1] != [["cost"]]:
            return str(rounds)
        if len(rounds[0]) != (len(suite_module.LANES) if several else 1):
            return str(rounds)
    return None


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


CASES = (runs_without_gpu, ends_in_time, results_of_a_card, survives, kills_a_lane, plans, refuses, expectations, cupti_kernels, cupti_calls, cupti_peaks, missed)


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
