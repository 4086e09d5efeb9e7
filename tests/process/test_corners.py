"""Where a program can be when it leaves: on a signal handler's small stack, in one of many threads,
inside its own allocator, as another user. The report comes once, and is whole."""

import os

from common import PROCESS, Pair, Run, Skip, add_case, case, expect, main, same, split_reports

CORNERS = os.path.join(PROCESS, "corners")


def corner(name, launches=1):
    pair = Pair([CORNERS, name]).counts()
    same(pair.spied.status, 7, "status")
    same(pair.report["totals"]["launches"], launches, "launches")


for words in (("handler",), ("handler-exits",), ("handler-vforks",), ("handler-is-interrupted",),
              ("small-thread",), ("vfork", 2), ("close-all", 2), ("environment", 2), ("allocator",)):
    add_case(f"it leaves: {words[0]}", corner, *words)


@case("it leaves: while other threads are launching")
def busy():
    run = Run([CORNERS, "busy"], output=False)
    same((run.status, len(split_reports(run.stderr)[1])), (7, 1), "status and reports")
    # The calls that were on their way are in one of the two counts or in both.
    more = run.ledger["total"]["launches"] - run.report["totals"]["launches"]
    expect(abs(more) <= 2, f"the ledger has {more} more")


@case("the first library of CUDA's is asked for on a stack that is just large enough for that")
def narrow():
    command = os.path.join(PROCESS, "narrow")
    enough = next(size for size in range(12, 512) if Run([command, str(size)], spied=False).status == 0)
    # Before glibc 2.43 it takes no more; ld.so saves up to 3 KiB of registers when a function of
    # libc's is called first.
    same(Run([command, str(enough + 3)]).status, 0, f"status with 3 KiB more than {enough}")


@case("a vfork's child leaves, and then the parent is killed")
def vfork_and_kill():
    pair = Pair([CORNERS, "vfork-kill"], reports=0).counts()
    same(pair.spied.status, -9, "status")
    process = pair.report["processes"][0]
    same((process["state"], process["exit_status"]), ("ended", None), "how it ended")


@case("it forks under a filter that kills for all that fork(3) does not need")
def forks():
    pair = Pair([os.path.join(PROCESS, "forks")], reports=0)
    if pair.plain.status == 77:
        raise Skip("no filter of system calls can be made here")
    same(pair.spied.status, 5, "status")


@case("many threads leave at once, fifty times: the report is whole")
def race():
    for _ in range(50):
        run = Run([CORNERS, "race"], output=False)
        own, reports = split_reports(run.stderr)
        same((run.status, own, len(reports)), (7, b"", 1), "status, errors, reports")
        expect(reports[0].endswith(b"errors    none\n"), f"cut off: {reports[0]!r}")


@case("it becomes another user, who may not write the segment any more")
def other_user():
    run = Run([CORNERS, "other-user"], {"SIM_LEDGER": None}, output=False)
    if run.status == 77:
        raise Skip("only root can become somebody else")
    own, reports = split_reports(run.stderr)
    same((run.status, own, len(reports)), (7, b"", 1), "status, errors, reports")
    expect(reports[0].startswith(b"gpuspy: GPU work: YES  SIMULATED  2 kernels"), reports[0])


@case("contexts that end while other threads launch in them: no launch lost, none too many")
def ending():
    for how in ("destroy", "detach", "reset", "release"):
        done = Run([os.path.join(PROCESS, "ending"), how, "300"], {"SIM_DEVICES": "3"})
        same(done.status, 0, f"{how}: {done.stderr!r}")
        same(done.report["totals"]["kernels"], int(done.stdout), how)
        expect(not done.report["devices"] or sum(d["kernels"] for d in done.report["devices"]) ==
               int(done.stdout), f"{how}, by device")


if __name__ == "__main__":
    main()
