#!/usr/bin/env python3
"""suite.py [--no-gpu | --require-gpu] [--minutes=N] [--one-lane] [OUTDIR] [STAGE...]: what run.sh runs.

Stages: example driver look late runtimes r nvcc libraries facts frameworks keras cost; all of them
unless some are named. STAGE:WORDS is the cases of a stage that have these words in their names.
--minutes=N: ends after so long; what has no time left is said. On a card with processors to spare
several lanes of stages run at a time then; --one-lane: not.
--no-gpu: as if the machine had none; --require-gpu: without one nothing is run, and that fails.
"""

import json
import os
import re
import shutil
import sys
import tempfile
import time

import lanes
import machine
import results
import runs
from cases import RESULTS, counts_in_words

# With --minutes the last of a lane get what is left. What measures time is alone, at the end.
LANES = (("example", "driver", "look", "late", "runtimes", "r", "nvcc", "libraries", "facts"),
         ("frameworks",), ("keras",))
LAST = ("cost",)
STAGES = tuple(stage for lane in LANES for stage in lane) + LAST
PROCESSORS_A_LANE = 3
LAST_PART = 0.2  # of the time, at least
ARCHIVE_SECONDS = 20
COLUMNS = ((10, "part"), (42, "what"), (8, "result"))


class Table:
    """One row a case, printed when it is known."""

    def __init__(self):
        self.lines, self.rows = [], []
        self.counts = dict.fromkeys(RESULTS, 0)
        self.say("  ".join(name.ljust(width) for width, name in COLUMNS) + "  figures")

    def say(self, line):
        self.lines.append(line)
        print(line, flush=True)

    def add(self, part, what, result, figures):
        self.counts[result] += 1
        self.rows.append((part, what, result, figures))
        words = (part, what, result)
        cells = [word.ljust(width) for word, (width, _) in zip(words, COLUMNS)]
        self.say("  ".join(cells) + "  " + " ".join(figures.split()))

    def end(self):
        self.say(counts_in_words(self.counts))

    def by_stage(self):
        return sorted(self.rows, key=lambda row: STAGES.index(row[0]))


class Keeper:
    """Writes what is known into the folder after each case, so that a suite that is stopped leaves
    what it found; a folder that cannot be written is said once, and does not stop the suite."""

    def __init__(self, folder, table, facts):
        self.folder, self.table, self.facts = folder, table, facts
        self.archived = time.monotonic()
        self.complained = False

    def save(self, last=False):
        if not self.folder:
            return
        try:
            os.makedirs(self.folder, exist_ok=True)
            self.write("table.txt", "\n".join(self.table.lines) + "\n")
            self.write("facts.json", json.dumps(self.facts, indent=1, sort_keys=True, default=str))
            self.write("RESULTS.md", results.text(self.facts, self.table.by_stage(), machine.words(),
                                                  self.table.counts, self.facts["gpuspy"]))
            if last or time.monotonic() - self.archived > ARCHIVE_SECONDS:
                self.archived = time.monotonic()
                shutil.make_archive(os.path.join(self.folder, "logs"), "gztar", runs.logs())
        except OSError as error:
            if not self.complained:
                print(f"suite.py: {self.folder}: {error}", file=sys.stderr, flush=True)
            self.complained = True

    def write(self, name, text):
        fresh = os.path.join(self.folder, name + ".new")
        with open(fresh, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        os.replace(fresh, os.path.join(self.folder, name))


def arguments():
    """(options, output folder or None, [STAGE[:WORDS], ...])"""
    words = sys.argv[1:]
    options = [word for word in words if word.startswith("-")]
    unknown = [word for word in options if word not in ("--no-gpu", "--require-gpu", "--one-lane") and
               not re.fullmatch(r"--minutes=\d+(\.\d+)?", word)]
    if unknown:
        print(__doc__ if unknown[0] in ("-h", "--help") else f"unknown option {unknown[0]}",
              file=sys.stderr)
        sys.exit(0 if unknown[0] in ("-h", "--help") else 2)
    words = [word for word in words if word not in options]
    folder = None if not words or words[0].partition(":")[0] in STAGES else words.pop(0)
    wrong = [word for word in words if word.partition(":")[0] not in STAGES]
    if wrong:
        print(f"unknown stage {wrong[0]}; there are {' '.join(STAGES)}", file=sys.stderr)
        sys.exit(2)
    return options, folder, words or list(STAGES)


def several_at_a_time(options):
    """Where it saves time: and a card that takes one process at a time takes one lane."""
    return (runs.time_left() < float("inf") and "--one-lane" not in options and machine.gpu and
            machine.gpu.get("compute_mode", 0) == 0 and
            (os.cpu_count() or 1) >= PROCESSORS_A_LANE * len(LANES))


def plan(chosen, several):
    """Rounds of lanes that run at a time, each a list of STAGE[:WORDS]."""
    def among(stages):
        return [word for word in chosen if word.partition(":")[0] in stages]
    first = [among(lane) for lane in LANES] if several else [[word for lane in LANES for word in among(lane)]]
    rounds = [[lane for lane in first if lane], [among(LAST)]]
    return [[lane for lane in lanes_of if lane] for lanes_of in rounds if any(lanes_of)]


def run_rounds(options, chosen, keeper, scratch):
    def known(row):
        keeper.facts.setdefault(row["stage"], {})[row["case"]] = row["entry"]
        keeper.table.add(row["stage"], row["case"], row["result"], row["figures"])
        keeper.save()

    rounds = plan(chosen, several_at_a_time(options))
    for number, words in enumerate(rounds):
        left = runs.time_left()
        if number < len(rounds) - 1:
            left *= 1 - LAST_PART
        lanes.run(words, scratch, left, known)


def check_place():
    problem = runs.problem()
    if problem:
        print(f"suite.py: {problem}", file=sys.stderr)
        sys.exit(1)


def begin(options):
    for word in options:
        if word.startswith("--minutes="):
            runs.end_after(60 * float(word.partition("=")[2]))
    check_place()
    machine.find(no_gpu="--no-gpu" in options)
    if "--require-gpu" in options and not machine.gpu:
        print(f"suite.py: no GPU: {machine.no_gpu_reason}", file=sys.stderr)
        sys.exit(1)
    print(machine.words(), flush=True)


def main():
    options, folder, chosen = arguments()
    begin(options)
    # What is kept would not fit into a small /tmp.
    with tempfile.TemporaryDirectory(prefix="gpuspy-gpu-", ignore_cleanup_errors=True) \
            if sys.version_info >= (3, 10) else tempfile.TemporaryDirectory(prefix="gpuspy-gpu-") as scratch:
        runs.use_folder(scratch)
        facts = {"machine": machine.facts(), "gpuspy": runs.version()}
        keeper = Keeper(folder, Table(), facts)
        keeper.save()
        run_rounds(options, chosen, keeper, scratch)
        keeper.table.end()
        keeper.save(last=True)
    sys.exit(1 if keeper.table.counts["failed"] else 0)


if __name__ == "__main__":
    main()
