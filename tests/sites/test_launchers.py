"""Programs that start others elsewhere: never NO for those; ranks of one session report once."""

import json
import os
import shutil
import subprocess
import sys

from cluster import (GPUSPY, LIBRARY, SIM_LIB, Site, add_case, case, client, expect, main, program,
                     same, slurm)

WORK = client("client-linked")
CALM = client("client-outcome")


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


for one in "srun", "mpirun", "ssh", "docker", "sbatch":
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
