#!/usr/bin/env python3
"""run.py TESTS.JSON BUILD [NAME|SUITE...]: runs meson's tests on a machine that has no meson.

TESTS.JSON is what `meson introspect --tests` said where they were built; without names all are run,
and the examples.
Each outcome is a line; and one that begins with RESULT, for tests/summary.py, is the test's entry in
meson's testlog.json. That machine may be an emulated one: the time limits are TIMES as long.
"""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import time

TIMES = 20
SKIPPED = 77
HERE = os.path.dirname(os.path.abspath(__file__))


def example(build):
    return {"name": "examples", "suite": ["examples"], "protocol": "tap", "timeout": 60, "workdir": None,
            "env": {}, "cmd": ["sh", os.path.join(HERE, "example.sh"), os.path.dirname(os.path.dirname(HERE)), build]}


def wanted(test, words):
    suites = {suite.partition(":")[2] or suite for suite in test["suite"]}
    return not words or test["name"] in words or suites & set(words)


def judge(test, status, output):
    if status == SKIPPED:
        return "SKIP"
    bad = status or test["protocol"] == "tap" and any(
        line.startswith("not ok") and "# TODO" not in line for line in output.splitlines())
    return "FAIL" if bad else "OK"


def run(test):
    began = time.monotonic()
    log = {"name": test["name"], "result": "TIMEOUT", "stdout": "", "stderr": ""}
    # Where they were built, python3 may lie elsewhere.
    command = [sys.executable if os.path.basename(test["cmd"][0]) == "python3" else test["cmd"][0],
               *test["cmd"][1:]]
    if not shutil.which(command[0]):
        return {**log, "result": "SKIP", "stdout": f"1..0 # SKIP it would need {command[0]}", "duration": 0}
    process = subprocess.Popen(command, cwd=test["workdir"] or "/", env={**os.environ, "GPUSPY_SLOWER": str(TIMES), "CK_TIMEOUT_MULTIPLIER": str(TIMES),
                                                                     **test["env"]},
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, errors="replace", start_new_session=True)
    try:
        log["stdout"], log["stderr"] = process.communicate(timeout=test["timeout"] * TIMES)
        log["result"] = judge(test, process.returncode, log["stdout"])
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        log["stdout"], log["stderr"] = process.communicate()
    log["duration"] = round(time.monotonic() - began, 1)
    return log


def main(path, build, *words):
    with open(path, encoding="utf-8") as file:
        tests = [test for test in [example(build), *json.load(file)] if wanted(test, words)]
    print(f"{len(tests)} tests on {os.uname().machine}, pages of {os.sysconf('SC_PAGESIZE')} bytes,"
          f" {os.cpu_count()} processors, Linux {os.uname().release}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for log in pool.map(run, tests):
            print(f"{log['result']:8}{log['name']}  {log['duration']} s")
            print("RESULT " + json.dumps(log), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
