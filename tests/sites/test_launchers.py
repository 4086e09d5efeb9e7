"""Programs that start others elsewhere: never NO for those; ranks of one session report once."""

import json
import os
import shutil
import subprocess
import sys
import time

from cluster import (GPUSPY, LIBRARY, SIM_LIB, SLOWER, Site, Skip, add_case, case, client, expect, json_schema, main,
                     program, same, slurm)

WORK = client("client-linked")
CALM = client("client-outcome")
APART = ["unshare", *([] if os.geteuid() == 0 else ["-r"]), "--pid", "--fork", "--mount-proc", "--kill-child"]


def launcher(site, name):
    """A program of that name; what it starts with env -i, nobody here sees."""
    path = os.path.join(site.place.name, name)
    shutil.copy(os.path.realpath(program("bash")), path)
    return path, f"env -i LD_LIBRARY_PATH={SIM_LIB} {WORK} >/dev/null; true"


def unknown(name):
    site = Site()
    path, elsewhere = launcher(site, name)
    report = os.path.join(site.place.name, "report.json")
    done = subprocess.run([GPUSPY, "run", "--require", "--json", report, path, "-c", elsewhere],
                          env=site.env(), capture_output=True, text=True, check=False)
    same(done.returncode, 4, f"status with --require ({done.stderr})")
    with open(report, encoding="utf-8") as file:
        made = json.load(file)
    same((made["verdict"], made["reason"]), ("unknown", "no-record"), made["summary"])
    expect("launched" in [g["code"] for g in made["gaps"]], made["gaps"])


for one in "srun", "mpirun", "ssh", "docker", "sbatch", "apptainer", "crun", "systemd-run":
    add_case(f"gpuspy run {one}: UNKNOWN and not NO", unknown, one)


@case("a shell script that calls a launcher; a program of another name")
def _():
    site = Site()
    path, _ = launcher(site, "srun")
    other, _ = launcher(site, "nothing")
    for program_, verdict in (path, "unknown"), (other, "gpu-unused"):
        report = os.path.join(site.place.name, "report.json")
        subprocess.run([GPUSPY, "run", "--json", report, "sh", "-c",
                        f"{program_} -c 'true; true'; true"], env=site.env(),
                       capture_output=True, check=True)
        with open(report, encoding="utf-8") as file:
            same(json.load(file)["verdict"], verdict, os.path.basename(program_))


@case("a launcher that is asked for its version alone started nothing")
def _():
    site = Site()
    report = os.path.join(site.place.name, "report.json")
    for name, words, verdict in (("ssh", ["-V"], "gpu-unused"), ("docker", ["--version"], "gpu-unused"),
                                 ("srun", ["--help"], "gpu-unused"), ("qsub", ["-V"], "unknown"),
                                 ("ssh", ["--version", "true"], "unknown"), ("tmux", [], "unknown")):
        path, _ = launcher(site, name)
        subprocess.run([GPUSPY, "run", "--json", report, path, *words], env=site.env(),
                       stdin=subprocess.DEVNULL, capture_output=True, check=False)
        with open(report, encoding="utf-8") as file:
            same(json.load(file)["verdict"], verdict, f"{name} {words}")


@case("launchers that are Python's scripts or modules")
def _():
    site = Site()
    made = {}
    for name in "ray", "nothing":
        made[name] = os.path.join(site.place.name, name)
        with open(made[name], "w", encoding="utf-8") as file:
            file.write("pass\n")
    os.mkdir(os.path.join(site.place.name, "dask"))
    for name in "__init__", "__main__":
        open(os.path.join(site.place.name, "dask", name + ".py"), "w", encoding="utf-8").close()
    for words, verdict in (([made["ray"], "job"], "unknown"), (["-W", "ignore", "-u", made["ray"]], "unknown"),
                           (["-m", "dask.__main__"], "unknown"), (["-mdask.__main__"], "unknown"),
                           (["-c", "pass", "ray"], "gpu-unused"),
                           ([made["nothing"], "ray"], "gpu-unused"), (["-c", "0 #/ray"], "gpu-unused")):
        report = os.path.join(site.place.name, "report.json")
        subprocess.run([GPUSPY, "run", "--json", report, sys.executable, *words], check=True, capture_output=True,
                       env=site.env(PYTHONPATH=site.place.name))
        with open(report, encoding="utf-8") as file:
            same(json.load(file)["verdict"], verdict, f"{words}")


class Elsewhere:
    """gpuspy run LAUNCHER in the script of a job; what it starts runs in a process namespace of its own, as on
    another machine, until finish()."""

    def __init__(self, site, *options, job="12", **more):
        if subprocess.run([*APART, "true"], capture_output=True, check=False).returncode:
            raise Skip("no namespaces here")
        self.site, self.job = site, job
        self.report = os.path.join(site.place.name, "report.json")
        env, self.over = (os.path.join(site.place.name, name) for name in ("env", "over"))
        path, _ = launcher(site, "srun")
        for name in env, self.over:
            if os.path.exists(name):
                os.remove(name)
        script = (f"env -0 >{env}.new; mv {env}.new {env};"
                  f" while [ -e {env} ] && [ ! -e {self.over} ]; do sleep 0.05; done; true")
        self.process = subprocess.Popen(
            [GPUSPY, "run", "--json", self.report, *options, path, "-c", script], stderr=subprocess.PIPE, text=True,
            env=site.env(**{"SLURM_NTASKS": "2", **slurm(job, step=None, SLURM_STEP_NUM_TASKS=None), **more}))
        while not os.path.exists(env):
            expect(self.process.poll() is None, "the launcher runs")
        with open(env, encoding="utf-8") as file:
            self.env = dict(line.split("=", 1) for line in file.read().split("\0") if line)

    def task(self, rank, command, tasks=2, step="0", apart=APART, **more):
        env = {**self.env, **slurm(self.job, step, rank, node=f"n{rank + 2}", SLURM_STEP_NUM_TASKS=str(tasks)),
               "GPUSPY_REPORT": "never", **more}
        preload = env.pop("LD_PRELOAD")
        time.sleep(0.02)  # two with number 1 that begin in one tick of the clock may have one name
        subprocess.run([*apart, "env", f"LD_PRELOAD={preload}", *command.split()], check=True, capture_output=True,
                       env=env)

    def finish(self, status=None):
        """The verdict, its kernels, and what is missing."""
        open(self.over, "w", encoding="utf-8").close()
        said = self.process.communicate(timeout=60 * SLOWER)[1]
        with open(self.report, encoding="utf-8") as file:
            made = json.load(file)
        same(json_schema.faults(made), [], "the report against the schema")
        job = made.get("elsewhere") or {"kernels": None, "gaps": [], "job": None}
        if status is not None:
            same(self.process.returncode, status, f"status ({said})")
        if "elsewhere" in made:
            same((made["verdict"], made["at_least"]), (job["verdict"], job["at_least"]), "one verdict")
        return made["verdict"], job["kernels"], made["at_least"], [g["code"] for g in job["gaps"]], said


@case("what srun started elsewhere, where hosts share the folder of sessions: the job's verdict")
def _():
    site = Site()
    run = Elsewhere(site, "--require=20")
    for rank in 0, 1:
        run.task(rank, WORK)
    found = run.finish(0)
    same(found[:4], ("gpu-work", 20, False, []), found)
    expect("GPU work: YES  SIMULATED  20 kernels ran and finished  (job 12 of " in found[4], found)
    run = Elsewhere(site, "--require")
    for rank in 0, 1:
        run.task(rank, f"{CALM} idle")
    found = run.finish(3)
    same(found[:4], ("gpu-idle", 0, False, []), f"what another run started is not this one's: {found}")
    run = Elsewhere(site, "--require=21")
    run.task(0, WORK)
    run.task(1, WORK)
    same(run.finish(3)[:3], ("gpu-work", 20, False), "too few")


@case("a task in a namespace of users, where this one has another number, is of the same job")
def _():
    apart = APART if "-r" in APART else ["unshare", "--user", "--map-user=1234", *APART[1:]]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        raise Skip("no namespaces of users here")
    run = Elsewhere(Site(), "--require=20")
    for rank in 0, 1:
        run.task(rank, WORK, apart=apart)
    found = run.finish(0)
    same(found[:4], ("gpu-work", 20, False, []), found)


@case("of what was started elsewhere not all is there: at least, or UNKNOWN")
def _():
    for command, tasks, launched, more, found in (
            (WORK, 3, 2, {}, ("gpu-work", 20, True, ["launched"])),
            (f"{CALM} idle", 3, 2, {}, ("unknown", 0, True, ["launched"])),
            (f"{CALM} idle", 2, 1, {}, ("unknown", 0, True, ["launched"])),
            (f"{CALM} idle", 2, 2, {"SLURM_HET_JOB_ID": "12"}, ("unknown", 0, True, ["launched"])),
            (f"{CALM} idle", 2, 2, {"GPUSPY_SESSION": "1-1-00000000"}, ("unknown", None, False, [])),
            (f"{CALM} idle", 2, 2, {"SLURM_STEP_NUM_TASKS": "", "SLURM_NTASKS": ""}, ("unknown", 0, True, ["launched"]))):
        run = Elsewhere(Site(), "--require=21")
        for rank in range(launched):
            run.task(rank, command, tasks, **more)
        same(run.finish(4)[:4], found, f"{command} {tasks} {launched} {more}")


@case("what srun started elsewhere, by the site's records")
def _():
    for users in "named", "hashed", "hidden":
        for command, kernels, status in (WORK, 20, 0), (f"{CALM} idle", 0, 3):
            site = Site()
            site.configure(f"records = {site.records}\nrecord-users = {users}\n")
            run = Elsewhere(site, "--require")
            other = os.path.join(site.place.name, "other")
            os.mkdir(other, 0o700)
            for rank in 0, 1:
                run.task(rank, command, GPUSPY_DIR=other)
            site.gpuspy("collect", "--all", env={"GPUSPY_DIR": other})
            same(len(site.lines()), 2, "records")
            same(run.finish(status)[1:4], (kernels, False, []), f"{users} {command}")


@case("srun outside of a job makes one: its records are waited for")
def _():
    site = Site()
    site.configure(f"records = {site.records}\n")
    other = os.path.join(site.place.name, "other")
    os.mkdir(other, 0o700)
    outside = {name: None for name in slurm()}
    run = Elsewhere(site, "--require", SLURM_NTASKS=None, **outside)
    for rank in 0, 1:
        run.task(rank, WORK, GPUSPY_DIR=other)
    open(run.over, "w", encoding="utf-8").close()
    time.sleep(1.5)
    expect(run.process.poll() is None, "it waits")
    site.gpuspy("collect", "--all", env={"GPUSPY_DIR": other})
    found = run.finish(0)
    same(found[:4], ("gpu-work", 20, False, []), found)
    expect("(job 12 of " in found[4], found)
    site.configure("records = /nowhere\n")  # or closed to users
    run = Elsewhere(site, "--require", SLURM_NTASKS=None, **outside)
    began = time.monotonic()
    same(run.finish(4)[0], "unknown", "without records")
    expect(time.monotonic() - began < 5 * SLOWER, "nothing is waited for that cannot come")


@case("a launcher says nothing by itself")
def _():
    site = Site()
    path, _ = launcher(site, "srun")
    done = site.run([path, "-c", "true; true"], GPUSPY_REPORT="auto")
    same((done.returncode, done.stderr), (0, b""), "what it said")


@case("where all ranks are here, nothing is elsewhere")
def _():
    site = Site()
    path, _ = launcher(site, "mpirun")
    ranks = "; ".join(f"OMPI_COMM_WORLD_RANK={n} OMPI_COMM_WORLD_SIZE=2 {WORK} >/dev/null"
                      for n in (0, 1))
    done = subprocess.run([GPUSPY, "run", path, "-c", ranks + "; true"], env=site.env(),
                          capture_output=True, text=True, check=False)
    expect("GPU work: YES  SIMULATED  20 kernels" in done.stderr, done.stderr)
    done = subprocess.run([GPUSPY, "run", path, "-c", ranks.replace("SIZE=2", "SIZE=3") + "; true"],
                          env=site.env(), capture_output=True, text=True, check=False)
    expect("GPU work: YES  SIMULATED  at least 20 kernels" in done.stderr, done.stderr)


@case("a script's own rank, which its launcher has too, is none of the launcher's")
def _():
    site = Site()
    path, _ = launcher(site, "srun")
    for tasks, started, status in (1, "true", 4), (2, "true", 4), (1, f"SLURM_STEP_ID=0 {CALM} idle", 3), \
            (2, f"SLURM_STEP_ID=0 {CALM} idle", 4):
        done = subprocess.run([GPUSPY, "run", "--require", "sh", "-c", f"{CALM} idle; {path} -c '{started}; true'; true"],
                              env=site.env(SLURM_NTASKS=str(tasks), **slurm(step=None, SLURM_STEP_NUM_TASKS=None)),
                              capture_output=True, text=True, check=False)
        same(done.returncode, status, f"{tasks} tasks, {started}: {done.stderr}")


@case("ranks that share a session's name report once, when the last one has ended")
def _():
    code = ("import ctypes, subprocess, sys; c = ctypes.CDLL('libcuda.so.1'); c.cuInit(0); "
            "print('ready', flush=True); input()")
    for _ in range(3):
        site = Site()
        env = site.env(LD_PRELOAD=LIBRARY, GPUSPY_SESSION="ranks", GPUSPY_REPORT="auto")
        ranks = [subprocess.Popen([sys.executable, "-c", code], env={**env, **slurm(task=n)},
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) for n in range(4)]
        for rank in ranks:
            same(rank.stdout.readline(), b"ready\n", "a rank")
        said = [rank.communicate(b"\n")[1] for rank in ranks]
        reports = [text for text in said if b"GPU work: " in text]
        same(len(reports), 1, f"reports ({said})")
        same(said[-1], reports[0], "the last one's")
        expect(b"ranks 0 to 3 of job 12" in reports[0], reports[0])


if __name__ == "__main__":
    main()
