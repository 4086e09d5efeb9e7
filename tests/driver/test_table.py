#!/usr/bin/env python3
"""The guard: nothing that a driver can do is passed over.

Each name of the driver API stands by hand in the table of preload/cuda/functions.c: an observer
looks at it, or it has a reason why none need. names.txt has the names: every function of the
headers of CUDA 11 to 13.5, and what the real libcudart looks up. A name that is not in the table
fails the test, which prints the line to add. Further arguments: folders with headers.
"""
import glob
import os
import re
import sys

import names

PRELOAD = os.path.join(names.HERE, "..", "..", "preload")
SIMULATOR = os.path.join(names.HERE, "..", "sim")
# Not on Linux: the headers have it for Windows.
ELSEWHERE = {"cuWGLGetDevice"}
# Of the simulated driver alone, for what is done about names that nobody knows.
TOMORROW = {"cuTomorrowGo", "cuTomorrowLaunch"}
WORK = ["alloc", "capture", "copy", "cpy", "graph", "launch", "set"]

failures = 0
number = 0


def point(good, name, *why):
    global failures, number
    number += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {number} - {name}")
    for line in why:
        print(f"# {line}")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def lines(functions, kind="KIND"):
    return [f'add to preload/cuda/functions.c:\t{{ "{name}", {kind} }},' for name in functions]


def table():
    return re.findall(r'^\t\{ "(cu\w+)", (\w+) \},$', read(PRELOAD, "cuda", "functions.c"), re.M)


def kinds():
    body = re.search(r"enum function_kind \{(.*?)\};", read(PRELOAD, "cuda", "functions.h"), re.S)
    return re.findall(r"^\t([A-Z_]+),", body.group(1), re.M)


def observed():
    """A row of an observer's table begins with { or with a macro, and the name."""
    found = set()
    for path in glob.glob(os.path.join(PRELOAD, "observers", "*.c")) + [
            os.path.join(PRELOAD, "doors", "procaddr.c")]:
        found.update(re.findall(r'^\s*(?:\{|[A-Z][A-Z_0-9]*\()\s*"(cu\w+)",', read(path), re.M))
    return found


def check_table(rows, snapshot):
    functions = dict(rows)
    ordered = [name for name, _ in rows]
    point(len(rows) > 600 and len(snapshot) > 600, "the tables are read")
    point(ordered == sorted(set(ordered)), "each name once, in the order of strcmp",
          *(f"{b} after {a}" for a, b in zip(ordered, ordered[1:]) if a >= b))
    unknown = sorted(set(snapshot) - set(functions))
    point(not unknown, "every known name is classified", *lines(unknown))
    invented = sorted(set(functions) - set(snapshot))
    point(not invented, "no name is invented", *invented)
    declared = set(kinds())
    wrong = sorted({kind for _, kind in rows} ^ (declared - {"FUNCTION_UNKNOWN"}))
    point(not wrong, "each kind has its reason, and a name", *wrong)
    undeclared = {name for name, (header, _) in snapshot.items() if header == "-"}
    wrong = sorted(undeclared ^ {name for name, kind in rows if kind == "UNDECLARED"})
    point(not wrong, "what no header has is UNDECLARED, and nothing else", *wrong)


def check_observers(functions):
    seen = observed()
    point(len(seen) > 100, "the observers are read")
    wrong = sorted(name for name in seen if functions.get(name) != "OBSERVED")
    point(not wrong, "what is observed is classified so", *lines(wrong, "OBSERVED"))
    wrong = sorted(name for name, kind in functions.items()
                   if kind == "OBSERVED" and name not in seen)
    point(not wrong, "what is classified as observed is", *wrong)


def check_predicate():
    """The words by which an unknown name is taken for work are those of the program's."""
    body = re.search(r"words\[\]\[\d+\] = \{(.*?)\};", read(PRELOAD, "cuda", "functions.c"), re.S)
    point(sorted(re.findall(r'"(\w+)"', body.group(1))) == WORK,
          "an unknown name with one of these words is a gap", " ".join(WORK))


def check_simulator(snapshot):
    exported = set()
    for path in glob.glob(os.path.join(SIMULATOR, "exports_*.h")):
        exported.update(re.findall(r"^EXPORT\((\w+),", read(path), re.M))
    exported = {names.without_twin(name) for name in exported}
    missing = sorted(set(snapshot) - exported - ELSEWHERE)
    point(not missing, "the simulated driver has every name", *missing)
    extra = sorted(exported - set(snapshot) - TOMORROW)
    point(not extra, "and no other but those that nobody knows", *extra)


def check_headers(folder, snapshot):
    new = sorted(names.of_headers(folder) - set(snapshot))
    point(not new, f"{folder} has no function that is not in names.txt", *lines(new))


def main():
    snapshot, rows = names.snapshot(), table()
    check_table(rows, snapshot)
    check_observers(dict(rows))
    check_predicate()
    check_simulator(snapshot)
    for folder in sys.argv[1:]:
        check_headers(folder, snapshot)
    if not sys.argv[1:]:
        point(True, "cuda.h # SKIP needs the CUDA toolkit's headers")
    print(f"1..{number}")
    return failures != 0


sys.exit(main())
