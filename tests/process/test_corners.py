"""Where a program can be when it leaves: on a signal handler's small stack, in one of many threads,
inside its own allocator, as another user. The report comes once, and is whole."""

import os

from common import PROCESS, Pair, Run, Skip, add_case, case, expect, main, same, split_reports

CORNERS = os.path.join(PROCESS, "corners")


def corner(name, launches=1):
    pair = Pair([CORNERS, name]).counts()
    same(pair.spied.status, 7, "status")
    same(pair.report["totals"]["launches"], launches, "launches")


for words in (("handler",), ("small-thread",), ("race",), ("vfork", 2), ("close-all", 2),
              ("environment", 2), ("allocator",)):
    add_case(f"it leaves: {words[0]}", corner, *words)


@case("it leaves: while other threads are launching")
def busy():
    run = Run([CORNERS, "busy"], output=False)
    same((run.status, len(split_reports(run.stderr)[1])), (7, 1), "status and reports")
    # The calls that were on their way are in one of the two counts or in both.
    more = run.ledger["total"]["launches"] - run.report["totals"]["launches"]
    expect(abs(more) <= 2, f"the ledger has {more} more")


@case("it becomes another user, who may not write the segment any more")
def other_user():
    run = Run([CORNERS, "other-user"], {"SIM_LEDGER": None}, output=False)
    if run.status == 77:
        raise Skip("only root can become somebody else")
    own, reports = split_reports(run.stderr)
    same((run.status, own, len(reports)), (7, b"", 1), "status, errors, reports")
    expect(reports[0].startswith(b"gpuspy: GPU work: YES  SIMULATED  2 kernels"), reports[0])


if __name__ == "__main__":
    main()
