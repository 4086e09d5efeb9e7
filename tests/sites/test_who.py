"""Of which job a process is a part: the variables of schedulers and launchers."""

import os
import subprocess

from cluster import LIBRARY, Site, Skip, case, client, expect, main, same, slurm

LAUNCHES = [client("client-linked")]


def job_of(**variables):
    site = Site()
    site.run(LAUNCHES, variables)
    return site.last()["job"]


def check(variables, **wanted):
    job = job_of(**variables)
    expect(job, f"no job by {variables}")
    same({key: job[key] for key in wanted}, wanted, f"the job by {variables}")


@case("without a scheduler there is no job")
def _():
    same(job_of(), None, "the job")


@case("a task of Slurm, in JSON and in the report's first line")
def _():
    site = Site()
    site.run(LAUNCHES, slurm(task=3))
    report = site.last()
    same(report["job"], {
        "scheduler": "slurm", "id": "12", "leader": None, "array": None, "step": "0", "task": 3,
        "local_task": 3, "tasks": 6, "restarts": None, "node": "n1", "nodes": "n[1-2]",
        "gpus": "0,1"}, "the job")
    first = site.gpuspy("report").splitlines()[0]
    expect(f"(rank 3 of job 12 on {report['host']}, " in first, first)
    same((report["processes"][0]["task"], report["processes"][0]["host"]), (3, report["host"]),
         "the process")


@case("a batch script, an element of an array, a heterogeneous job, a restart, salloc's shell")
def _():
    check(slurm(step=None), step="batch")
    check(slurm(SLURM_ARRAY_JOB_ID="9", SLURM_ARRAY_TASK_ID="5"), id="12", array="9_5")
    check(slurm(SLURM_HET_JOB_ID="11"), id="12", leader="11")
    check(slurm(SLURM_RESTART_COUNT="2"), restarts=2)
    check(slurm(step=None, node=None, SLURM_PROCID=None), step=None, task=None)


@case("other schedulers")
def _():
    check({"PBS_JOBID": "12[7].server", "PBS_ARRAY_INDEX": "7", "PBS_TASKNUM": "2"},
          scheduler="pbs", id="12[7].server", array="12[7].server_7", task=2)
    check({"LSB_JOBID": "5", "LSB_JOBINDEX": "0"}, scheduler="lsf", id="5", array=None)
    check({"LSB_JOBID": "5", "LSB_JOBINDEX": "3"}, scheduler="lsf", array="5_3")
    check({"JOB_ID": "8", "SGE_ROOT": "/sge", "SGE_TASK_ID": "undefined"}, scheduler="sge",
          id="8", array=None)
    same(job_of(JOB_ID="8"), None, "JOB_ID alone, a common name")
    check({"FLUX_JOB_ID": "F58", "FLUX_TASK_RANK": "1"}, scheduler="flux", id="F58", task=1)
    check({"COBALT_JOBID": "3"}, scheduler="cobalt", id="3")
    same(job_of(JOB_NAME="x"), None, "JOB_NAME without Kubernetes")
    check({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "JOB_NAME": "fit", "JOB_COMPLETION_INDEX": "4"},
          scheduler="kubernetes", id="fit", array="fit_4")


@case("MPI's rank comes before the launcher's, which an mpirun's daemon has")
def _():
    check(slurm(task=0, OMPI_COMM_WORLD_RANK="5", OMPI_COMM_WORLD_LOCAL_RANK="1",
                OMPI_COMM_WORLD_SIZE="8"), task=5, local_task=1, tasks=8, id="12")
    check({"PMI_RANK": "2", "PMI_SIZE": "4"}, scheduler=None, id=None, task=2, tasks=4)
    check({"TORCHELASTIC_RUN_ID": "x", "RANK": "7", "LOCAL_RANK": "3"}, task=7, local_task=3)
    same(job_of(RANK="7"), None, "RANK alone")


@case("values that are no numbers, too long, or would like to be more than text")
def _():
    check(slurm(SLURM_PROCID="1e3", SLURM_LOCALID="-1", SLURM_STEP_NUM_TASKS="99999999999"),
          task=None, local_task=None, tasks=None)
    check(slurm(job="7" * 5000), id="7" * 255)
    site = Site()
    site.run(LAUNCHES, slurm(job="\x1b[31m12\n\udcff"))
    first = site.gpuspy("report").splitlines()[0]
    expect("of job \\x1b[31m12\\n\\xff on" in first, first)


@case("variables that are lost: by the cgroup (v2), as slurmd makes it")
def _():
    with open("/proc/mounts", encoding="utf-8") as file:
        mounts = [line.split()[1] for line in file if line.split()[2] == "cgroup2"]
    if not mounts or os.geteuid() != 0:
        raise Skip("no cgroup2 here, or no right to make one")
    top = os.path.join(mounts[0], f"gpuspy-test-{os.getpid()}")
    group = os.path.join(top, "slurmstepd.scope/job_77/step_3/user/task_2")
    site = Site()
    try:
        try:
            os.makedirs(group)
        except OSError as error:
            raise Skip(f"no cgroup can be made: {error}") from error
        subprocess.run(["sh", "-c", f"echo $$ >{group}/cgroup.procs && exec {' '.join(LAUNCHES)}"], check=True,
                       env=site.env(LD_PRELOAD=LIBRARY, GPUSPY_REPORT="never"), capture_output=True)
    finally:
        for folder, _, _ in os.walk(top, topdown=False):
            os.rmdir(folder)
    job = site.last()["job"]
    same((job["scheduler"], job["id"], job["step"]), ("slurm", "77", "3"), "the job")


@case("ranks of one session")
def _():
    site = Site()
    for rank in 0, 1, 2:
        site.run(LAUNCHES, slurm(task=rank), GPUSPY_SESSION="ranks")
    first = site.gpuspy("report", "ranks").splitlines()[0]
    expect("ranks 0 to 2 of job 12 on " in first, first)


if __name__ == "__main__":
    main()
