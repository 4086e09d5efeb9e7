"""gpuspy report --job and gpuspy jobs: one verdict over all nodes, steps and tasks."""

import datetime
import json
import os
import subprocess
import sys

from cluster import (BUILD, GPUSPY, SIM_LIB, Site, add_case, case, client, expect, main, same,
                     slurm)

WORK = [client("client-linked")]
HIDDEN = {"CUDA_VISIBLE_DEVICES": ""}
TODAY = datetime.datetime.now(datetime.timezone.utc)


def brief(record="session", **members):
    """A made-up record, as gpuspy collect writes them."""
    made = {"record": record, "job": "12", "host": "n1", "node": "n1", "nodes": "n[1-2]",
            "user": "anna", "gpus": "0,1"}
    if record == "session":
        made.update({"key": f"{len(made)}-{members}", "state": "ended", "verdict": "gpu-work",
                     "reason": "completed", "summary": "work", "at_least": False,
                     "simulated": False, "kernels": 10, "confirmed": 10, "ranks": 1,
                     "started": 1000.0, "ended": 4600.0, "work_seconds": 3000.0,
                     "devices": [{"uuid": "GPU-a", "kernels": 10}]})
    else:
        made.update({"sessions": 1, "lost": 0, "unreadable": 0, "time": 5000.0})
    made.update(members)
    return made


NONE = {"kernels": 0, "confirmed": 0, "devices": [], "work_seconds": None}
IDLE = {"verdict": "gpu-idle", "reason": "memory-reserved", "summary": "memory, no kernel", **NONE}
UNUSED = {"verdict": "gpu-unused", "reason": "never-asked", "summary": "never asked", **NONE}


def write(site, *briefs, day=TODAY, host="n1", end="\n"):
    folder = os.path.join(site.records, day.strftime("%Y/%m/%d"))
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, host + ".jsonl"), "a", encoding="utf-8") as file:
        for one in briefs:
            file.write(one if isinstance(one, str) else json.dumps(
                {"brief": one}, separators=(",", ":")) + end)


def job(site, which="12", *words):
    return json.loads(site.gpuspy("report", "--json", "--job", which, "--records", site.records,
                                  *words))


def verdict(site, which="12"):
    report = job(site, which)
    return report["verdict"], report["reason"], report["kernels"], report["at_least"]


def judged(briefs, wanted):
    site = Site()
    write(site, *briefs)
    same(verdict(site), wanted, "the verdict")


BOTH = {"node": "n2", "host": "n2"}
for name, made, right in (
        ("work on both nodes", [brief(), brief(**BOTH)], ("gpu-work", "completed", 20, False)),
        ("work on one, nothing on the other: at least",
         [brief()], ("gpu-work", "completed", 10, True)),
        ("no work on one, nothing from the other",
         [brief(**IDLE)], ("unknown", "no-record", 0, True)),
        ("the other's Epilog saw nothing", [brief(**IDLE), brief("host", **BOTH, sessions=0)],
         ("unknown", "no-record", 0, True)),
        ("no work on both, which one says more",
         [brief(**UNUSED), brief(**IDLE, **BOTH)], ("gpu-idle", "memory-reserved", 0, False)),
        ("no work, and something is not known",
         [brief(**IDLE), brief(**{**UNUSED, "verdict": "unknown", "reason": "not-counted"}, **BOTH)],
         ("unknown", "not-counted", 0, True)),
        ("no work, and it runs still", [brief(**IDLE), brief(**UNUSED, **BOTH, state="running")],
         ("unknown", "running", 0, True)),
        ("no work, and sessions were lost",
         [brief(**IDLE), brief(**IDLE, **BOTH), brief("host", lost=3)],
         ("unknown", "no-record", 0, True)),
        ("not finished", [brief(confirmed=0, verdict="gpu-work-unconfirmed", reason="no-sync"),
                          brief(**UNUSED, **BOTH)],
         ("gpu-work-unconfirmed", "no-sync", 10, False)),
        ("a fault somewhere", [brief(), brief(**BOTH, verdict="gpu-fault", reason="device-fault")],
         ("gpu-fault", "device-fault", 20, False)),
        ("a running session that ended", [brief(key="k", state="running", kernels=4, confirmed=2),
                                          brief(key="k"), brief(**UNUSED, **BOTH)],
         ("gpu-work", "completed", 10, False))):
    add_case(f"verdict: {name}", judged, made, right)


@case("late records change the answer")
def _():
    site = Site()
    write(site, brief(**IDLE))
    same(verdict(site)[0], "unknown", "at first")
    write(site, brief(**IDLE, **BOTH), host="n2", day=TODAY + datetime.timedelta(days=1))
    same(verdict(site)[0], "gpu-idle", "later")


@case("GPUs: allocated, those that worked, the first reason of those that did not")
def _():
    site = Site()
    write(site, brief(), brief(key="b", **IDLE), brief(key="c", **UNUSED, **BOTH),
          brief("host", **BOTH, gpus="0-3"))
    report = job(site)
    same((report["gpus_allocated"], report["gpus_worked"]), (6, 1), "GPUs")
    same([(n["node"], n["gpus"], n["gpus_worked"], n["idle_reason"]) for n in report["nodes"]],
         [("n1", 2, 1, "memory-reserved"), ("n2", 4, 0, "never-asked")], "the nodes")
    same(report["gpus"], [{"node": "n1", "uuid": "GPU-a", "kernels": 10}], "the GPUs")
    text = site.gpuspy("report", "--job", "12", "--records", site.records)
    for words in ("GPU work: YES  10 kernels ran and finished  (job 12 of anna, 2 nodes, 3 tasks",
                  "6 allocated, 1 ran kernels", "GPU-a on n1", "1 of 2 GPUs", "0 of 4 GPUs",
                  "idle: memory-reserved", "never-asked: never asked"):
        expect(words in text, f"{words!r} in {text}")
    same(site.gpuspy("report", "--job", "12", "--records", site.records, "--brief"),
         "gpuspy: yes 10 kernels 1/6 gpus\n", "the brief line")


@case("a job that was begun anew")
def _():
    site = Site()
    write(site, brief(nodes="n1"), brief(key="b", nodes="n1", restarts=1, kernels=5, confirmed=5))
    report = job(site)
    same([(r["restarts"], r["kernels"]) for r in report["runs"]], [(0, 10), (1, 5)], "runs")
    same(report["kernels"], 15, "kernels")
    text = site.gpuspy("report", "--job", "12", "--records", site.records)
    expect("  run 0     YES" in text and "  run 1     YES" in text, text)


@case("an array, its elements, and what only looks like them")
def _():
    site = Site()
    for index in 1, 2:
        write(site, brief(job=str(20 + index), array="9", element=f"9_{index}", nodes="n1",
                          key=str(index)))
    write(site, brief(job="99", nodes="n1"), brief(job="1", user="9", nodes="n1"))
    same([verdict(site, which)[2] for which in ("9", "9_1", "9_2", "21")], [20, 10, 10, 10],
         "kernels")


@case("lines that are no records, and one that is being written")
def _():
    site = Site()
    write(site, "{}\n", "garbage \"12\"\n", '{"brief":[1]}\n', '{"brief":{"job":12}}\n',
          '{"brief":{"record":"session","job":"12","devices":7,"kernels":-3,"node":"n1"}}\n',
          brief(nodes=None))
    write(site, brief(key="half"), end="")
    same(verdict(site)[2], 10, "kernels")


@case("nothing of that job; no such folder")
def _():
    site = Site()
    done = site.gpuspy("report", "--job", "12", "--records", site.records, status=1)
    same(done, "", "standard output")
    site.gpuspy("report", "--job", "12", "--records", "/nowhere", status=1)
    site.gpuspy("report", "--job", "12", status=2)
    site.gpuspy("report", "--job", "12", "--since", "yesterday", "--records", "/", status=2)
    site.gpuspy("report", "--records", "/", status=2)


@case("gpuspy jobs: those that held GPUs and used none, by user")
def _():
    site = Site()
    old = TODAY - datetime.timedelta(days=20)
    write(site, brief(job="1", nodes="n1", **IDLE), brief(job="2", nodes="n1"),
          brief(job="3", user="zoe", nodes="n1", gpus=None, **UNUSED),
          brief(job="4", user="zoe", nodes="n[1-2]", **UNUSED))
    write(site, brief(job="5", nodes="n1", **IDLE), day=old)
    jobs = json.loads(site.gpuspy("jobs", "--json", "--records", site.records))["jobs"]
    same([(j["user"], j["job"], j["verdict"], j["gpus_allocated"]) for j in jobs],
         [("anna", "1", "gpu-idle", 2), ("zoe", "3", "gpu-unused", None),
          ("zoe", "4", "unknown", None)], "jobs")
    text = site.gpuspy("jobs", "--records", site.records).splitlines()
    same(text[1].split(), ["anna", "1", "2", "0", "2.00", "NO", "memory-reserved"], "a line")
    same(text[-1], "3 jobs, 2.00 GPU-hours", "the last line")
    jobs = json.loads(site.gpuspy("jobs", "--json", "--since", "30d", "--records", site.records))
    same(len(jobs["jobs"]), 4, "jobs of 30 days")
    jobs = json.loads(site.gpuspy("jobs", "--json", "--all", "--records", site.records))
    same(len(jobs["jobs"]), 4, "all jobs")


@case("real sessions: to the kernel")
def _():
    site = Site()
    for node in "n1", "n2":
        for task in 0, 1:
            site.run(WORK, slurm(task=task, node=node))
        site.gpuspy("collect", "--job", "12", "--records", site.records,
                    env={"SLURMD_NODENAME": node, "SLURM_JOB_NODELIST": "n[1-2]",
                         "SLURM_JOB_GPUS": "0"})
    same(verdict(site), ("gpu-work", "completed", 40, False), "the verdict")
    site = Site()
    for node in "n1", "n2":
        site.run(WORK, slurm(node=node), **HIDDEN)
        site.gpuspy("collect", "--job", "12", "--records", site.records,
                    env={"SLURMD_NODENAME": node})
    same(verdict(site)[:2], ("gpu-unavailable", "devices-hidden"), "the verdict")


@case("gpuspy list --job")
def _():
    site = Site()
    site.run(WORK, slurm(job="12"))
    site.run(WORK, slurm(job="13"))
    same(len(site.gpuspy("list").splitlines()), 3, "all")
    same(len(site.gpuspy("list", "--job", "13").splitlines()), 2, "of one job")
    expect("no sessions of job 14" in site.gpuspy("list", "--job", "14"), "of none")


if __name__ == "__main__":
    main()
