"""Forks and execs by the hundred, all of which use the GPU, 16 at a time, some of them killed: the
sum of all segments is what the ledger says. GPUSPY_STORM=long for 1,000 forks and 200 execs."""

import os

from common import PROCESS, Run, add_case, case, expect, gap, main, same, split_reports
from common import layer_calls

LONG = os.environ.get("GPUSPY_STORM") == "long"
FORKS, EXECS, WIDTH = (1000, 200, 16) if LONG else (120, 24, 16)


def storm(percent, seed):
    run = Run([os.path.join(PROCESS, "storm"), FORKS, EXECS, WIDTH, percent, seed], output=False,
              timeout=200)
    words = run.stdout.split()
    worked, killed, failed = int(words[0]), int(words[2]), int(words[4])
    same((run.status, failed, worked + killed), (0, 0, FORKS + EXECS), f"outcome {run.stdout!r}")
    same(len(split_reports(run.stderr)[1]), 1, f"reports in {run.stderr!r}")
    same(gap(run.report, "records-unreadable"), 0, "segments that cannot be read")
    return run, killed


def difference(run):
    """{function: what the ledger has more than the segments}, where they differ."""
    got = {(f["library"], f["name"]): f["calls"] + f.get("own_calls", 0)
           for f in run.report["functions"]}
    return {name: entry["calls"] - got.get(name, 0)
            for name, entry in layer_calls(run.ledger).items()
            if entry["calls"] != got.get(name, 0)}


def check(percent, seed):
    run, killed = storm(percent, seed)
    # Killed between gpuspy's count and the ledger's: one call of a process at most.
    lost = difference(run)
    expect(sum(abs(n) for n in lost.values()) <= killed, f"{lost}, {killed} were killed")
    if not percent:
        more = run.report["more_processes"]
        same(len(run.report["processes"]) + (more["count"] if more else 0), 1 + FORKS + EXECS,
             "processes, with the first one")
        same(run.report["totals"]["launches"], run.ledger["total"]["launches"], "launches")


for share, number in ((0, 1), (30, 2), (70, 3)):
    add_case(f"{FORKS} forks and {EXECS} execs, {WIDTH} at a time, {share} % killed", check, share,
             number)


@case("what is left behind keeps to the bound")
def bound():
    run = storm(30, 4)[0]
    size = sum(os.lstat(os.path.join(folder, name)).st_blocks * 512
               for folder, _, names in os.walk(run.gpuspy_dir) for name in names)
    same(len(os.listdir(run.gpuspy_dir)), 1, "sessions")
    expect(size <= (FORKS + EXECS) * 200 * 1024, f"{size} bytes")


if __name__ == "__main__":
    main()
