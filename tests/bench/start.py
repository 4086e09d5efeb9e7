#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
What gpuspy adds to the start and the end of a program: the same command with and without it in
turns, with 64 ended sessions in the folder. Of the time of the processor, in milliseconds, the least
and the median of the pairs' differences; beside them page faults, which are most of it.
"""
import os
import shutil
import statistics
import sys
import tempfile
import time

LIBRARY, RUNS = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
PYTHON = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
COMMANDS = (("/bin/true", ["/bin/true"], 1), ("python3 -c pass", [PYTHON, "-c", "pass"], 1),
            ("Rscript -e 1", ["Rscript", "-e", "1"], 8))


def once(command, env, nowhere):
    begun = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, env, file_actions=[
        (os.POSIX_SPAWN_DUP2, nowhere, fd) for fd in (0, 1, 2)])
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"{command[0]} ended with {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_minflt, time.perf_counter() - begun


def compare(command, runs, without, with_it):
    nowhere = os.open(os.devnull, os.O_RDWR)
    pairs = []
    for i in range(runs):
        first = once(command, (without, with_it)[i % 2], nowhere)
        second = once(command, (with_it, without)[i % 2], nowhere)
        pairs.append((first, second) if i % 2 == 0 else (second, first))
    cpu = [1000 * (b[0] - a[0]) for a, b in pairs]
    least = 1000 * (min(b[0] for _, b in pairs) - min(a[0] for a, _ in pairs))
    wall = statistics.median(1000 * (b[2] - a[2]) for a, b in pairs)
    faults = statistics.median(b[1] - a[1] for a, b in pairs)
    return least, statistics.median(cpu), wall, faults


def main():
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        without = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD" and not k.startswith("GPUSPY_")}
        with_it = {**without, "LD_PRELOAD": LIBRARY, "GPUSPY_DIR": folder}
        nowhere = os.open(os.devnull, os.O_RDWR)
        for _ in range(64):
            once([PYTHON, "-c", "pass"], with_it, nowhere)
        print(f"{'':18}{'least':>10}{'median':>10}{'elapsed':>10}{'faults':>8}")
        for name, command, slower in COMMANDS:
            if not shutil.which(command[0]):
                print(f"{name:18} is not here")
                continue
            least, median, wall, faults = compare(command, max(RUNS // slower, 5), without, with_it)
            print(f"{name:18}{least:+10.3f}{median:+10.3f}{wall:+10.3f}{faults:+8.0f}", flush=True)


main()
