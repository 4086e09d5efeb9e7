#!/usr/bin/env python3
"""summary.py TESTLOG.JSON: what meson's tests came to, counted in test cases.
summary.py --tap LOG...: what tests that were run by hand printed, with a last line "# status N".

A test that prints TAP has the cases that it prints; any other is one case. The last line is
"N passed, N failed, N skipped"; the status is 0 if none failed and at least one passed.
"""

import json
import os
import re
import sys

CASE = re.compile(r"(not )?ok\b\s*\d*\s*(?:- )?(.*?)(?:\s*# (skip)\S*\s*(.*))?$", re.IGNORECASE)
PLAN = re.compile(r"1\.\.\d+\s*(?:# (?:skip)\S*\s*(.*))?$", re.IGNORECASE)


def tap_cases(output):
    """The (outcome, name, reason) of TAP's lines; None if it is not TAP, which has a plan."""
    cases, plan = [], None
    for line in output.splitlines():
        plan = PLAN.match(line) or plan
        case = CASE.match(line)
        if not case:
            continue
        outcome = "failed" if case[1] else "skipped" if case[3] else "passed"
        cases.append((outcome, case[2], case[4] or "no reason given"))
    if plan and not cases:
        cases = [("skipped", "all of it", plan[1] or "no reason given")]
    return cases if plan else None


def cases_of(test):
    """Meson has the last word: a test can also fail as a whole, by its status or by a timeout."""
    result = test["result"]
    good = result in ("OK", "EXPECTEDFAIL")
    cases = tap_cases(test.get("stdout") or "")
    if cases is None:
        outcome = "passed" if good else "skipped" if result == "SKIP" else "failed"
        words = ((test.get("stdout") or "") + (test.get("stderr") or "")).strip().splitlines()
        return [(outcome, "", words[-1] if words else "no reason given")]
    if not good and result != "SKIP" and not any(case[0] == "failed" for case in cases):
        cases.append(("failed", result.lower(), ""))
    return cases


def meson_tests(path):
    try:
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return [{"name": "meson test", "result": "ERROR"}]


def logged_test(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    good = text.rstrip().endswith("# status 0")
    return {"name": os.path.basename(path), "result": "OK" if good else "ERROR", "stdout": text}


def main(tests):
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for test in tests:
        for outcome, name, reason in cases_of(test):
            count[outcome] += 1
            if outcome != "passed":
                because = f" ({reason})" if outcome == "skipped" else ""
                print(f"{outcome}: {test['name']}{': ' if name else ''}{name}{because}")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**count))
    return 0 if count["passed"] and not count["failed"] else 1


if __name__ == "__main__":
    if sys.argv[1] == "--tap":
        sys.exit(main([logged_test(path) for path in sys.argv[2:]]))
    sys.exit(main(meson_tests(sys.argv[1])))
