"""A fleet's records, made up: python3 tests/sites/fleet.py FOLDER [HOSTS [SESSIONS [DAYS]]]

1,000 hosts with 200 sessions a day each by default, in jobs of four nodes with four sessions on each,
every fifth of which used no GPU; each record as long as one that gpuspy wrote. Then the times of gpuspy report --job and jobs.
"""

import datetime
import json
import os
import resource
import subprocess
import sys
import time

from cluster import GPUSPY, Site, client, slurm

NODES, SESSIONS = 4, 4  # of a job, and of a job on a node


def sample():
    """A record of a real session, and its brief."""
    site = Site()
    site.run([client("client-linked")], slurm())
    site.gpuspy("collect", "--all", "--records", site.records)
    record, = site.lines()
    return record.pop("brief"), json.dumps(record, separators=(",", ":"))[1:]


def write_host(folder, host, sessions, brief, rest):
    group = host // NODES
    names = f"n[{group * NODES:04}-{group * NODES + NODES - 1:04}]"
    with open(os.path.join(folder, f"n{host:04}.jsonl"), "w", encoding="utf-8") as file:
        for number in range(sessions):
            job = group * 1000 + number // SESSIONS
            work = job % 5 != 0
            made = {**brief, "key": f"{host}/{number}", "job": str(job), "task": number % SESSIONS,
                    "host": f"n{host:04}", "node": f"n{host:04}", "nodes": names,
                    "user": f"user{job % 97}", "gpus": "0-3"}
            if not work:
                made.update(verdict="gpu-unused", reason="never-asked", kernels=0, confirmed=0,
                            devices=[])
            file.write('{"brief":' + json.dumps(made, separators=(",", ":")) + "," + rest + "\n")


def timed(*words):
    before = time.monotonic()
    first = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([GPUSPY, *words], capture_output=True, text=True, check=True)
    last = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = done.stdout.splitlines()
    print(f"gpuspy {words[0]} {' '.join(words[1:3])}: {time.monotonic() - before:.1f} s, "
          f"{last.ru_utime - first.ru_utime:.1f} s of them at work, "
          f"{last.ru_stime - first.ru_stime:.1f} s in the kernel; "
          f"{lines[0][:100]} ... {lines[-1][:80]}", flush=True)


def fleet(folder, hosts=1000, sessions=200, days=1):
    brief, rest = sample()
    now = datetime.datetime.now(datetime.timezone.utc)
    size = 0
    for day in range(days):
        at = os.path.join(folder, (now - datetime.timedelta(days=day)).strftime("%Y/%m/%d"))
        os.makedirs(at)
        for host in range(hosts):
            write_host(at, host, sessions, brief, rest)
        size += sum(entry.stat().st_size for entry in os.scandir(at))
    jobs = -(-hosts // NODES) * -(-sessions // SESSIONS)
    print(f"{hosts} hosts, {sessions} sessions a day, {days} days: {hosts * sessions * days} "
          f"records of {jobs} jobs, {size / 1e6:.0f} MB, {size // (hosts * sessions * days)} bytes each",
          flush=True)
    job = str((hosts // NODES // 2) * 1000 + 7)
    timed("report", "--job", job, "--records", folder)
    timed("jobs", "--since", "7d", "--records", folder)
    timed("report", "--job", job, "--brief", "--records", folder)


if __name__ == "__main__":
    fleet(sys.argv[1], *map(int, sys.argv[2:]))
