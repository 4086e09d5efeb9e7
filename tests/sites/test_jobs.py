"""gpuspy report --job and gpuspy jobs: one verdict over all nodes, steps and tasks."""

import datetime
import json
import os
import stat
import subprocess

from briefs import BOTH, IDLE, TODAY, UNUSED, brief, write
from cluster import GPUSPY, SLOWER, Site, add_case, case, client, expect, main, same, slurm

TOOLS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "tools")
WORK = [client("client-linked")]
HIDDEN = {"CUDA_VISIBLE_DEVICES": ""}


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
    same(report["gpus"], [{"node": "n1", "uuid": "GPU-a", "kernels": 10, "allocated": None}],
         "the GPUs")
    same([(g["node"], g["id"], g["uuid"]) for g in report["allocation"]],
         [("n1", "0", None), ("n1", "1", None)] + [("n2", str(i), None) for i in range(4)],
         "those allocated")
    text = site.gpuspy("report", "--job", "12", "--records", site.records)
    for words in ("GPU work: YES  10 kernels ran and finished  (job 12 of anna, 2 nodes, 3 tasks",
                  "6 allocated, 1 ran kernels", "GPU-a on n1", "1 of 2 GPUs", "0 of 4 GPUs",
                  "idle: memory-reserved", "never-asked: never asked"):
        expect(words in text, f"{words!r} in {text}")
    same(site.gpuspy("report", "--job", "12", "--records", site.records, "--brief"),
         "gpuspy: yes 10 kernels 1/6 gpus\n", "the brief line")


def given(*pairs):
    return [{"id": number, "uuid": uuid} for number, uuid in pairs]


def allocation(site):
    report = job(site)
    return ([(g["id"], g["uuid"], g["kernels"]) for g in report["allocation"]],
            [(g["uuid"], g["allocated"]) for g in report["gpus"]])


ALONE = {"nodes": "n1"}


@case("allocated GPUs by UUID: by the Epilog's word, against what was seen; unknown where it is so")
def _():
    for host, session, wanted, seen in (
            # Numbers with their UUIDs: one worked, the other was not used.
            ({"gpus": "0,1", "gpus_given": given(("0", "GPU-a"), ("1", "GPU-b"))}, {},
             [("0", "GPU-a", 10), ("1", "GPU-b", 0)], [("GPU-a", True)]),
            # The numbers stand for others than those that were seen: nobody knows which.
            ({"gpus": "0,1", "gpus_given": given(("0", "GPU-c"), ("1", "GPU-b"))}, {},
             [("0", None, None), ("1", None, None)], [("GPU-a", None)]),
            # By UUID there is no doubt.
            ({"gpus": "GPU-b", "gpus_given": given(("GPU-b", "GPU-b"))}, {},
             [("GPU-b", "GPU-b", 0)], [("GPU-a", False)]),
            ({"gpus": "GPU-b,GPU-a"}, {}, [("GPU-a", "GPU-a", 10), ("GPU-b", "GPU-b", 0)],
             [("GPU-a", True)]),
            # One of two is known: what is seen besides may be the other.
            ({"gpus": "0,1", "gpus_given": given(("0", "GPU-a"), ("1", None))},
             {"devices": [{"uuid": "GPU-a", "kernels": 4}, {"uuid": None, "kernels": 6}]},
             [("0", "GPU-a", 4), ("1", None, None)], [("GPU-a", True), (None, None)]),
            ({"gpus": "none", "gpus_given": []}, {}, [], [("GPU-a", None)]),
            ({"gpus": None}, {"gpus": "GPU-a"}, [("GPU-a", "GPU-a", 10)], [("GPU-a", True)]),
            ({"gpus": None}, {"gpus": None}, [], [("GPU-a", None)]),
            ({"gpus": "all"}, {"gpus": "9-1"}, [], [("GPU-a", None)])):
        site = Site()
        write(site, brief(**ALONE, **session), brief("host", **ALONE, **host))
        same(allocation(site), (wanted, seen), f"allocated with {host}")
    site = Site()
    write(site, brief(**ALONE), brief("host", **ALONE, gpus="GPU-b"))
    text = site.gpuspy("report", "--job", "12", "--records", site.records)
    for words in ("GPU-a on n1   10 kernels, and it was not allocated to this job\n",
                  "GPU-b on n1   allocated, and no process was seen to use it\n"):
        expect(words in text, f"{words!r} in {text}")


@case("allocated GPUs: components of a job, steps of it, the last of its runs; the newest word")
def _():
    site = Site()
    write(site, brief("host", nodes="n1", gpus="0-1"), brief("host", nodes="n[1-2]", gpus="1,3"))
    same(job(site)["allocation"], [{"node": "n1", "id": i, "uuid": None, "kernels": None}
                                   for i in ("0", "1", "3")], "of two components")
    site = Site()
    write(site, brief(**ALONE, key="a", step="1", gpus="0"), brief(**ALONE, key="b", step="2", gpus="1"))
    same(job(site)["gpus_allocated"], 2, "of two steps")
    site = Site()
    write(site, brief(**ALONE, key="a", gpus="0-7"), brief(**ALONE, key="b", restarts=1, gpus="3"))
    same(job(site)["gpus_allocated"], 1, "of the last run")
    site = Site()
    write(site, brief("host", **ALONE, gpus="0-7", time=2), brief("host", **ALONE, gpus="3", time=9),
          brief("host", **ALONE, gpus="0-5", time=5))
    same(job(site)["gpus_allocated"], 1, "of the newest line")


LONG_LIST = "n[" + ",".join(str(n) for n in range(1, 200, 2))


@case("a list of nodes that was cut, or is none: there may be others, and NO is not said")
def _():
    cut = LONG_LIST[:255]
    for nodes, wanted in ((cut, "unknown"), ("n1,n2,n3," * 28 + "n1", "gpu-idle"),
                          (("n1," * 100)[:255], "unknown"), ("n[1-", "unknown"), ("n1", "gpu-idle")):
        site = Site()
        write(site, brief(**{**IDLE, "nodes": nodes}))
        if nodes.count("n2"):
            write(site, *(brief(**IDLE, nodes=nodes, node=f"n{n}", host=f"n{n}", key=str(n)) for n in (2, 3)))
        same(verdict(site)[0], wanted, nodes)
    # An Epilog's list is whole.
    site = Site()
    whole = LONG_LIST + "]"
    for n in range(1, 200, 2):
        write(site, brief(**IDLE, nodes=cut, node=f"n{n}", host=f"n{n}", key=str(n)))
    same(verdict(site)[0], "unknown", "without an Epilog")
    write(site, brief("host", nodes=whole))
    same(verdict(site)[0], "gpu-idle", "with one")
    same([g["code"] for g in job(site)["gaps"]], [], "gaps")


@case("a job of many nodes, one of which sent something; long lists of many")
def _():
    site = Site()
    write(site, brief(nodes="n[1-3000]"))
    report = job(site)
    same((len(report["nodes"]), report["gaps"][0]["count"], report["nodes"][2999]["node"]),
         (3000, 2999, "n3000"), "nodes")
    site = Site()
    write(site, *(brief(nodes=f"x{i}n[1-60000]", key=str(i), node=f"m{i}") for i in range(40)))
    report = job(site)
    same([g["code"] for g in report["gaps"]], ["no-record", "unlisted"], "gaps of more nodes than there are")


@case("what anybody can write in a few bytes costs no more than that: nodes and GPUs of many jobs")
def _():
    site = Site()
    write(site, *[brief(key=f"w{n}", job=f"w{n}", nodes="n[1-60000]", **{**UNUSED, "gpus": "0"}) for n in range(200)],
          *[brief(key=f"l{n}", job="12", nodes=f"a{n}[1-60000]", **{**UNUSED, "gpus": "0-4095"}) for n in range(3000)])
    began = os.times()
    made = json.loads(site.gpuspy("jobs", "--json", "--all", "--records", site.records))["jobs"]
    same({row["job"]: (row["verdict"], row["gpus_allocated"]) for row in made if row["job"] in ("12", "w7")},
         {"12": ("unknown", None), "w7": ("unknown", None)}, "what is said of them")
    expect(all(len(row["nodes"]) < 100 for row in made), "as many nodes as are of use")
    job(site)
    ended = os.times()
    expect(ended.children_user - began.children_user < 10 * SLOWER, f"{began} to {ended}")


@case("sessions of others that name a job are left out")
def _():
    site = Site()
    write(site, brief(**ALONE, **UNUSED), brief(**ALONE, key="b", user="mallory"))
    same(verdict(site), ("unknown", "no-record", 0, True), "nobody says whose it is")
    write(site, brief("host", **ALONE))
    same(verdict(site), ("gpu-unused", "never-asked", 0, False), "by the Epilog's word")
    same([(g["code"], g["count"]) for g in job(site)["gaps"]], [("other-user", 1)], "gaps")
    jobs = json.loads(site.gpuspy("jobs", "--json", "--records", site.records))["jobs"]
    same([(j["user"], j["kernels"]) for j in jobs], [("anna", 0)], "jobs")
    site = Site()
    write(site, brief(**ALONE, **UNUSED, uid=1001) | {"user": None},
          brief(**ALONE, key="b", uid=1002) | {"user": None},
          brief("host", **ALONE, uid=1001) | {"user": None})
    same(verdict(site)[2], 0, "kernels of another number without a name")


@case("gaps: each kind, in JSON and in text")
def _():
    site = Site()
    write(site, brief(nodes="n[1-3]"), brief(key="b", **BOTH, state="running", nodes="n[1-3]"),
          brief(key="c", at_least=True, nodes="n[1-3]"),
          brief("host", nodes="n[1-3]", lost=2, unreadable=4))
    report = job(site)
    same({g["code"]: g["count"] for g in report["gaps"]},
         {"no-record": 1, "lost": 2, "unreadable": 4, "running": 1, "partial": 1}, "gaps")
    text = site.gpuspy("report", "--job", "12", "--records", site.records)
    for gap in report["gaps"]:
        expect(gap["text"] in text, f"{gap['text']} in {text}")


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
    for since, status in ("2026-02-30", 2), ("2026-04-31", 2), ("2026-02-28", 0), ("2024-02-29", 0), ("2026-2-3", 0):
        site.gpuspy("jobs", "--since", since, "--records", site.records, status=status)
    site.gpuspy("report", "--records", "/", status=2)
    for words in (["--brief", "--json"], ["--brief", "--html", "x"], ["--last"], ["x"], ["--record", "x"],
                  ["--html", "x", "--record", "x"], ["--html", "x", "--json"]):
        site.gpuspy("report", "--job", "12", "--records", "/", *words, status=2)


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


@case("accounting.sh: each line is said once; its file may be a link, and nothing but a file is replaced")
def _():
    site = Site()
    here = site.place.name
    write(site, brief(job="1", nodes="n1"))
    site.configure(f"records = {site.records}\n")
    with open(os.path.join(TOOLS, "site", "accounting.sh"), encoding="utf-8") as script:
        text = script.read().replace("@GPUSPY@", GPUSPY)
    with open(os.path.join(here, "sacctmgr"), "w", encoding="utf-8") as stub:
        stub.write(f'#!/bin/sh\necho "$*" >>{here}/told\n')
    os.chmod(stub.name, 0o755)
    os.symlink("kept", os.path.join(here, "said"))
    os.mkfifo(os.path.join(here, "fifo"))
    env = site.env(PATH=here + ":" + os.environ["PATH"])
    for name, status in ("said", 0), ("said", 0), ("fifo", 1), ("records", 1):
        done = subprocess.run(["sh", "-c", text, "accounting.sh", name], cwd=here, env=env, text=True,
                              capture_output=True, check=False, timeout=30 * SLOWER)
        same((done.returncode, done.stdout, done.stderr.count("\n")), (status, "", status), f"{name}: {done.stderr}")
    with open(os.path.join(here, "told"), encoding="utf-8") as told:
        same(len(told.readlines()), 1, "lines that were said")
    expect(os.path.islink(os.path.join(here, "said")), "the link was replaced")
    expect(os.path.getsize(os.path.join(here, "kept")), "nothing was kept")
    expect(stat.S_ISFIFO(os.stat(os.path.join(here, "fifo")).st_mode), "it was replaced")


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
