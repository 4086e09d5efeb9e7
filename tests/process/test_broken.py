"""What gpuspy needs is broken on purpose, at random moments: it may then say UNKNOWN, and must not
say NO of a program that ran kernels, nor YES of one that did not. Where nothing was broken, it must
not say UNKNOWN.

    GPUSPY_BUILD=build python3 tests/process/test_broken.py --rounds 500 [--seed N]

Each round's line can be run again by its seed: --rounds 1 --seed N.
"""

import argparse
import glob
import json
import os
import random
import subprocess
import sys
import tempfile

from common import (LIBRARY, PROCESS, SIM_LIB, SLOWER, add_case, case, clean_environment, expect, gap, main, run_tool,
                    same)

ROUNDS = 60
BROKEN = os.path.join(PROCESS, "broken")
WORK = ("launch", "thread", "fork", "init", "load", "nothing")
# What breaks something, or ends the process before it can look at itself.
HARM = ("unlink", "wipe", "nofile", "fsize", "memory", "keys", "umask", "namespace", "device", "kill",
        "vanish")
OTHER = ("exec", "leave")
FOLDERS = ("file", "nowhere", "proc", "foreign")
NO = ("gpu-idle", "gpu-unavailable", "gpu-unused")


class Round:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.words, self.broken, self.where = [], False, "folder"
        if self.random.random() < 0.2:
            self.where, self.broken = self.random.choice(FOLDERS), True
        removed = unwritten = False
        for _ in range(self.random.randrange(1, 6)):
            word = self.word(removed)
            # Nor is anybody left who knows of the record of what the process was before an exec, as
            # long as the new program has none itself.
            if unwritten and word in ("unlink", "wipe"):
                word = "nothing"
            unwritten = word == "exec" or (unwritten and word not in ("launch", "thread", "init"))
            removed |= word in ("unlink", "wipe")
            # Nobody looks at a process once more before it becomes another program.
            if word in HARM or word == "exec":
                self.broken = True
            if word != "nothing":
                self.words.append(f"{word}={self.random.randrange(1, 30)}")

    def word(self, removed):
        chance = self.random.random()
        if chance < 0.6:
            return self.random.choice(WORK)
        if chance < 0.9:
            word = self.random.choice(HARM)
        else:
            word = self.random.choice(OTHER)
        # A record that somebody removed is gone when its process is: nobody is left who knows of it.
        gone = ("exec", "kill", "vanish")
        return "leave" if removed and word in gone else word

    def folder(self, base):
        """GPUSPY_DIR, in the state that this round has it in."""
        path = os.path.join(base, "segments")
        if self.where == "file":
            open(path, "w", encoding="ascii").close()
        elif self.where == "nowhere":
            return os.path.join(path, "a", "b")
        elif self.where == "proc":
            return "/proc/gpuspy"
        else:
            os.mkdir(path, 0o700)
            if self.where == "foreign" and os.geteuid() == 0:
                os.chown(path, 65534, -1)
        return path


def run(one, base):
    """(kernels that ran, what was said on standard error, the tool's JSON or None)"""
    truth = os.path.join(base, "truth")
    env = {**clean_environment(), "LD_PRELOAD": LIBRARY, "LD_LIBRARY_PATH": SIM_LIB,
           "GPUSPY_DIR": one.folder(base)}
    fd = os.open(truth, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.truncate(fd, 4096)
        os.dup2(fd, 99, inheritable=True)
        done = subprocess.run([BROKEN, *one.words], env=env, timeout=60 * SLOWER, pass_fds=[99],
                              stdin=subprocess.DEVNULL, capture_output=True)
        kernels = int.from_bytes(os.pread(fd, 8, 0), sys.byteorder)
    finally:
        os.close(fd)
        os.close(99)
    expect(done.returncode in (0, -9, 3, 4, 127), f"status {done.returncode} {done.stderr!r}")
    said = run_tool("report", "--json", "--last",
                    env={**clean_environment(), "GPUSPY_DIR": env["GPUSPY_DIR"]})
    return kernels, done.stderr.decode(errors="replace"), \
        json.loads(said.stdout) if said.returncode == 0 else None


def judge(one, seed, kernels, word, by):
    """word: YES, NO, ..."""
    what = f"seed {seed}: {by} says {word} of {kernels} kernels; {one.where}: {' '.join(one.words)}"
    expect(not (word == "NO" and kernels), what)
    expect(not (word == "YES" and not kernels), what)
    expect(not (word == "UNKNOWN" and not one.broken), what)


def play(seed, tally):
    one = Round(seed)
    with tempfile.TemporaryDirectory(prefix="gpuspy-broken-") as base:
        kernels, said, report = run(one, base)
    for line in said.splitlines():
        if line.startswith("gpuspy: GPU work: "):
            word = line.split(": ", 2)[2].split()[0]
            judge(one, seed, kernels, word, "the program's report")
            tally[word] = tally.get(word, 0) + 1
    if not report:
        return
    word = {"gpu-work": "YES", "unknown": "UNKNOWN"}.get(
        report["verdict"], "NO" if report["verdict"] in NO else "UNCONFIRMED")
    judge(one, seed, kernels, word, "gpuspy report")
    tally[word] = tally.get(word, 0) + 1
    counted = report["totals"]["kernels"]
    expect(counted <= kernels, f"seed {seed}: {counted} kernels were counted of {kernels}")
    if not one.broken:
        same(counted, kernels, f"seed {seed}: kernels")


class Words:
    where, broken = "folder", True

    def __init__(self, *words):
        self.words = words

    folder = Round.folder


@case("the record of what a process was before an exec is removed")
def earlier_image():
    with tempfile.TemporaryDirectory(prefix="gpuspy-broken-") as base:
        kernels, _, report = run(Words("thread=14", "exec", "init"), base)
        same((kernels, report["totals"]["kernels"]), (14, 14), "kernels")
        segments = os.path.join(base, "segments")
        for first in glob.glob(os.path.join(segments, "*", "*-0.seg")):
            os.unlink(first)
        said = run_tool("report", "--json", "--last",
                        env={**clean_environment(), "GPUSPY_DIR": segments})
    report = json.loads(said.stdout)
    same((report["verdict"], gap(report, "record-removed")), ("unknown", 1), "without the first record")


def rounds(first, count):
    tally, faults, seed = {}, [], first
    wanted = {"YES", "NO", "UNKNOWN"} if count >= ROUNDS else set()
    # A NO is rare: where none came by chance, more rounds are played until one does.
    while seed < first + count or (wanted - set(tally) and seed < first + 20 * count):
        try:
            play(seed, tally)
        except AssertionError as fault:
            faults.append(str(fault))
        seed += 1
    print(f"# seeds {first} to {seed - 1}: said {tally}", flush=True)
    same(faults, [], "what was said wrongly")
    same(wanted - set(tally), set(), "what was never said")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6))
    chosen = parser.parse_args()
    sys.argv = sys.argv[:1]
    add_case(f"broken on purpose, {chosen.rounds} rounds from seed {chosen.seed}", rounds,
             chosen.seed, chosen.rounds)
    main()
