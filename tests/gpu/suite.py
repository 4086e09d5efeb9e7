#!/usr/bin/env python3
"""suite.py [--no-gpu | --require-gpu] [--minutes=N] [OUTDIR] [STAGE...]: what run.sh runs.

Stages: example driver look late runtimes nvcc libraries facts frameworks r cost; all of them unless
some are named. STAGE:WORDS is the cases of a stage that have these words in their names.
--minutes=N: ends after so long; what has no time left is skipped.
--no-gpu: as if the machine had none; --require-gpu: without one nothing is run, and that fails.
"""

import importlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
import traceback

import machine
import results
import runs
from cases import Skip, cases

# Those that take long come last: with --minutes they get what is left.
STAGES = ("example", "driver", "look", "late", "runtimes", "nvcc", "libraries", "facts", "frameworks", "r",
          "cost")
LEAST_SECONDS = 5  # no case is begun with less
COLUMNS = ((10, "part"), (34, "what"), (8, "result"))


class Table:
    """One row a case, printed when it is known."""

    def __init__(self):
        self.lines, self.rows = [], []
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
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
        self.say("{passed} passed, {failed} failed, {skipped} skipped".format(**self.counts))


def figures_of(answer):
    if isinstance(answer, dict):
        return ", ".join(f"{key} {value}" for key, value in answer.items() if value is not None)
    return answer or ""


def run_case(table, facts, stage, case):
    entry = facts.setdefault(stage, {}).setdefault(case.name, {})
    started = time.monotonic()
    try:
        if runs.time_left() < LEAST_SECONDS:
            raise Skip("no time left")
        answer = case.function()
        result, figures = "passed", figures_of(answer)
        if isinstance(answer, dict):
            entry["figures"] = answer
    except Skip as reason:
        result, figures = "skipped", str(reason)
    except AssertionError as error:
        result, figures = "failed", str(error)
    except Exception as error:  # whatever it is, the case failed and the others go on
        result, figures = "failed", f"{type(error).__name__}: {error}"
        entry["traceback"] = traceback.format_exc()
    entry.update(result=result, said=figures, seconds=round(time.monotonic() - started, 2))
    entry["facts"] = runs.taken_facts()
    table.add(stage, case.name, result, figures)


def save(folder, table, facts):
    """After each case, so that a suite that is stopped leaves what it found."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "table.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(table.lines) + "\n")
    with open(os.path.join(folder, "facts.json"), "w", encoding="utf-8") as file:
        json.dump(facts, file, indent=1, sort_keys=True, default=str)
    with open(os.path.join(folder, "RESULTS.md"), "w", encoding="utf-8") as file:
        file.write(results.text(facts["machine"], table.rows, machine.words(), table.counts,
                                runs.version()))
    shutil.make_archive(os.path.join(folder, "logs"), "gztar", runs.logs())


def arguments():
    """(options, output folder or None, ((stage, words), ...))"""
    words = sys.argv[1:]
    options = [word for word in words if word.startswith("-")]
    unknown = [word for word in options if word not in ("--no-gpu", "--require-gpu") and
               not re.fullmatch(r"--minutes=\d+(\.\d+)?", word)]
    if unknown:
        print(__doc__ if unknown[0] in ("-h", "--help") else f"unknown option {unknown[0]}",
              file=sys.stderr)
        sys.exit(0 if unknown[0] in ("-h", "--help") else 2)
    words = [word for word in words if word not in options]
    folder = None if not words or words[0].partition(":")[0] in STAGES else words.pop(0)
    chosen = [word.partition(":")[::2] for word in words] or [(stage, "") for stage in STAGES]
    wrong = [stage for stage, _ in chosen if stage not in STAGES]
    if wrong:
        print(f"unknown stage {wrong[0]}; there are {' '.join(STAGES)}", file=sys.stderr)
        sys.exit(2)
    return options, folder, chosen


def chosen_cases(chosen):
    for stage, words in chosen:
        importlib.import_module("stage_" + stage)
        for case in cases(stage):
            if words in case.name:
                yield stage, case


def main():
    options, folder, chosen = arguments()
    for word in options:
        if word.startswith("--minutes="):
            runs.end_after(60 * float(word.partition("=")[2]))
    machine.find(no_gpu="--no-gpu" in options)
    if "--require-gpu" in options and not machine.gpu:
        print(f"suite.py: no GPU: {machine.no_gpu_reason}", file=sys.stderr)
        sys.exit(1)
    problem = runs.problem()
    if problem:
        print(f"suite.py: {problem}", file=sys.stderr)
        sys.exit(1)
    print(machine.words())
    with tempfile.TemporaryDirectory(prefix="gpuspy-gpu-") as scratch:
        runs.use_folder(scratch)
        table, facts = Table(), {"machine": machine.facts()}
        for stage, case in chosen_cases(chosen):
            run_case(table, facts, stage, case)
            if folder:
                save(folder, table, facts)
        table.end()
        if folder:
            save(folder, table, facts)
    sys.exit(1 if table.counts["failed"] else 0)


if __name__ == "__main__":
    main()
