"""What a program starts is counted in its session, each process by itself: nothing is lost,
doubled, or credited to another one, and one report comes out."""

import os
import sys
import time

from common import (SLOWER, Pair, add_case, case, client, expect, main, processes, program, python,
                    rscript, same, script, segments)

CHILDREN = 3


def launches(process):
    return process["totals"]["launches"]


# mode of client-fork: launches of the first process, of each child, and is a child a fork?
FORKS = {
    "before": (0, 1, False),  # the parent has no segment, nor anything to do with CUDA yet
    "after": (1, 0, True), "_exit": (1, 0, True), "_Fork": (1, 0, True), "clone": (1, 0, True),
    "vfork": (1, 1, False), "spawn": (1, 1, False), "threads": (1, 0, True),
}


def fork_mode(mode, in_first, in_child, forked):
    # Where the driver refuses a child's calls, it refuses gpuspy's own question, too.
    pair = Pair([client("client-fork"), mode, CHILDREN]).counts(no_status=("cuCtxGetCurrent",))
    report = pair.report
    first, children = report["processes"][0], report["processes"][1:]
    same(len(children), CHILDREN, "children")
    same(launches(first), in_first, "launches of the first process")
    for child in children:
        same(child["parent"], first["pid"], "parent")
        same(launches(child), in_child, "launches of a child")
        same((child["state"], child["exit_status"]), ("exited", 0), "how a child ended")
        if mode != "before":
            same(child["forked"], forked, "forked")
        if forked:
            same(child["totals"]["errors"], 1, "the child's call that fails")
    same(report["totals"]["launches"], in_first + CHILDREN * in_child, "launches")


for name, figures in FORKS.items():
    add_case(f"C program: {name}", fork_mode, name, *figures)


@case("C program: exec")
def exec_again():
    pair = Pair([client("client-fork"), "exec"]).counts()
    same(len(pair.report["processes"]), 1, "processes")
    process = pair.report["processes"][0]
    same((process["images"], launches(process), process["exit_status"]), (2, 2, 0), "the process")
    same(len(segments(pair.spied)), 2, "segments")


def from_r(how, workers, status, *arguments):
    pair = Pair(rscript("children.R", client("rpkg.so"), how, *arguments)).counts()
    same(pair.spied.status, status, "status")
    same(pair.report["verdict"], "gpu-work", "verdict")
    first = pair.report["processes"][0]
    expect(first["command"].find("children.R") > 0, f"the first process: {first['command']}")
    same(first["images"], 1, "images of Rscript, bash and R that have to do with CUDA")
    worked = [p for p in pair.report["processes"] if launches(p) and p is not first]
    expect(len(worked) == workers, f"{len(worked)} processes worked, not {workers}")
    return pair


for row in (("mclapply", 2, 0), ("mcparallel", 2, 0), ("psock", 2, 0), ("fork", 2, 0),
            ("system2", 1, 0)):
    add_case(f"R: {row[0]}", from_r, *row)


def ext():
    return os.path.dirname(client("gpuspy_pyext.so"))


def from_python(how, workers, status=0, reports=1):
    pair = Pair(python("children.py", how), {"PYEXT": ext()}, reports=reports).counts()
    same(pair.spied.status, status, "status")
    worked = [p for p in pair.report["processes"] if launches(p)]
    same(len(worked), workers, "processes that worked")
    return pair


for row in (("fork", 2), ("spawn", 2), ("forkserver", 2), ("launcher", 3, 9)):
    add_case(f"Python: {row[0]}", from_python, *row)


@case("R: a helper in Python")
def python_from_r():
    command = rscript("children.R", client("rpkg.so"), "python", sys.executable,
                      script("children.py"), "one")
    pair = Pair(command, {"PYEXT": ext()}).counts()
    same([launches(p) for p in pair.report["processes"]], [0, 1], "launches")


@case("Python: exec of another Python program")
def exec_python():
    process = from_python("exec", 1).report["processes"][0]
    same((process["images"], launches(process), process["exit_status"]), (2, 2, 0), "the process")


@case("Python: exec of a program that has nothing to do with CUDA")
def exec_tool():
    pair = from_python("exec-sh", 1, 6)
    for words in (b"without a word", b"running"):
        expect(words not in pair.reports[0], pair.reports[0])


@case("a worker that outlives the session's owner")
def left_behind():
    pair = Pair(python("children.py", "behind"), {"PYEXT": ext()})
    expect(b"1 kernel" not in pair.reports[0].splitlines()[0], "two have run by now")
    expect(b"running" in pair.reports[0], f"it is not said: {pair.reports[0]!r}")
    deadline = time.monotonic() + 30 * SLOWER
    while processes(pair.report, state="running"):
        expect(time.monotonic() < deadline, "the worker has not ended")
        time.sleep(0.2)
        pair.spied._report = None
    pair.counts()
    same(pair.report["totals"]["launches"], 3, "launches, all told")


@case("bash with two Rscripts: one session, reported at the end of the script")
def one_session():
    forward = (f"{program('Rscript')} --vanilla {script('children.R')} {client('rpkg.so')} "
               "mclapply\n")
    pair = Pair([program("bash"), "-c", forward + forward + "exit 5"]).counts()
    same(pair.spied.status, 5, "status")
    same(len(os.listdir(pair.spied.gpuspy_dir)), 1, "sessions")


if __name__ == "__main__":
    main()
