"""gpuspy on a real Slurm: what report --job says is what the simulated drivers' ledgers say, to the
kernel, or UNKNOWN where a record was truly lost; and the jobs end as without gpuspy.

Root, and Debian's slurmctld, slurmd, munge, openmpi-bin: sh tests/site.sh installs them.
"""

import atexit
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))
from harness import (  # noqa: E402
    BUILD, GPUSPY, LIBRARY, SIM_LEDGER, SIM_LIB, SOURCE, Skip, case, client, expect, main, program,
    same)
from slurm import Slurm, until  # noqa: E402

WORK = client("client-linked") + " >/dev/null"
KERNELS = 10
SITE = os.path.join(SOURCE, "tools", "site")
USER = "games"

TASKPROLOG = """#!/bin/sh
{dir}/taskprolog
echo export LD_LIBRARY_PATH={sim}
echo export SIM_LEDGER={dir}/ledger/$SLURM_JOB_ID
echo export SIM_DEVICES=2
echo export GPUSPY_CONFIG={dir}/gpuspy.conf
exit 0
"""
EPILOG = """#!/bin/sh
export GPUSPY_CONFIG={dir}/gpuspy.conf
{dir}/epilog
echo $SLURM_JOB_ID $SLURMD_NODENAME >>{dir}/log/epilogs
exit 0
"""
EPILOG_SLURMCTLD = """#!/bin/sh
export GPUSPY_CONFIG={dir}/gpuspy.conf
export SLURM_CONF={dir}/slurm.conf # which slurmctld does not hand on
exec {dir}/epilog-slurmctld
"""


def site_file(slurm, name, **replaced):
    with open(os.path.join(SITE, name), encoding="utf-8") as file:
        text = file.read()
    for key, value in {"LIBRARY": LIBRARY, "GPUSPY": GPUSPY, **replaced}.items():
        text = text.replace(f"@{key}@", value)
    return slurm.path(name.split(".")[0], text, 0o755)


class Site:
    """A Slurm with gpuspy switched on as tools/site/README.md says."""

    def __init__(self, more="", config="", library=LIBRARY, nodes=3, **options):
        self.slurm = Slurm(nodes, "TaskProlog={dir}/task\nEpilog={dir}/epi\n" + more, **options)
        self.dir = self.slurm.dir
        self.records = os.path.join(self.dir, "records")
        os.mkdir(self.records)
        self.config = self.slurm.path("gpuspy.conf", f"records = {self.records}\nreport = never\n" +
                                      config.replace("{dir}", self.dir))
        site_file(self.slurm, "taskprolog.sh", LIBRARY=library)
        site_file(self.slurm, "epilog.sh")
        self.slurm.path("task", TASKPROLOG.format(dir=self.dir, sim=SIM_LIB), 0o755)
        self.slurm.path("epi", EPILOG.format(dir=self.dir), 0o755)
        os.mkdir(os.path.join(self.dir, "containers"))
        self.slurm.path("job_container.conf",
                        f"AutoBasePath=true\nBasePath={self.dir}/containers\n")
        site_file(self.slurm, "epilog-slurmctld.sh")
        self.slurm.path("epictl", EPILOG_SLURMCTLD.format(dir=self.dir), 0o755)
        atexit.register(self.stop)
        self.slurm.start()

    def stop(self):
        if os.environ.get("GPUSPY_TEST_RECORDS"):  # to look at them
            shutil.copytree(self.records, os.environ["GPUSPY_TEST_RECORDS"], dirs_exist_ok=True)
        self.slurm.stop()

    def script(self, text, *options, user=USER, env=None, name="job"):
        """Submits a batch script; the job's number."""
        path = self.slurm.path(f"out/{name}.sh", "#!/bin/sh\n" + text, 0o755)
        done = subprocess.run(
            [program("runuser"), "-u", user, "--", "sbatch", "--parsable", "-D", "/",
             "-o", f"{self.dir}/out/%j.out", *options, path], capture_output=True, text=True,
            check=False, env={**os.environ, **(env or {})})
        same(done.returncode, 0, f"sbatch ({done.stderr})")
        return done.stdout.strip().split(";")[0]

    def job(self, job):
        """{JobState, ExitCode, NodeList, ...} of scontrol."""
        said = self.slurm.ask("scontrol", "-o", "show", "job", job).stdout.splitlines()[0]
        return dict(re.findall(r"(\w+)=(\S*)", said))

    def wait(self, job, seconds=60):
        states = ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED")
        until(lambda: self.job(job)["JobState"] not in states, f"job {job}", seconds)

    def slurmd_says(self, word):
        """The last line of slurmd's log that has it."""
        with open(os.path.join(self.dir, "log", "n1"), encoding="utf-8", errors="replace") as file:
            return ([line for line in file if word in line] or ["nothing"])[-1].strip()

    def epilogs(self, job):
        with open(os.path.join(self.dir, "log", "epilogs"), encoding="utf-8") as file:
            return [line.split()[1] for line in file if line.split()[0] == job]

    def ended(self, job, nodes, seconds=60):
        """Waits for its end and for that many Epilogs."""
        self.wait(job, seconds)
        path = os.path.join(self.dir, "log", "epilogs")
        until(lambda: os.path.exists(path) and len(self.epilogs(job)) >= nodes,
              f"{nodes} Epilogs of job {job}")

    def report(self, job):
        done = subprocess.run([GPUSPY, "report", "--json", "--job", job],
                              env={**os.environ, "GPUSPY_CONFIG": self.config},
                              capture_output=True, text=True, check=False)
        same(done.returncode, 0, f"gpuspy report --job {job}: {done.stderr}")
        return json.loads(done.stdout)

    def ledger(self, *jobs):
        """Kernels, as the simulated drivers counted them."""
        kernels = 0
        for job in jobs:
            path = os.path.join(self.dir, "ledger", job)
            if os.path.exists(path):
                said = subprocess.run([SIM_LEDGER, "--json", path], check=True,
                                      capture_output=True)
                total = json.loads(said.stdout)["total"]
                kernels += total.get("launches", 0) + total.get("graph_kernels", 0)
        return kernels

    def output(self, job):
        with open(os.path.join(self.dir, "out", f"{job}.out"), encoding="utf-8") as file:
            return file.read()

    def check(self, job, kernels, state="COMPLETED", code="0:0", verdict="gpu-work",
              at_least=False, ledger=None, output=""):
        """The report is the ledger's, and the job's own end is what it is without gpuspy."""
        now, report = self.job(job), self.report(job)
        same((now["JobState"], now["ExitCode"]), (state, code), f"the end of job {job}")
        same((report["kernels"], self.ledger(*(ledger or [job]))), (kernels, kernels),
             "kernels by report and ledger")
        same((report["verdict"], report["at_least"]), (verdict, at_least),
             f"the verdict ({report['reason']}: {report['summary']})")
        if output is not None:
            same(self.output(job), output, "the job's output")
        return report


_site = []


def site():
    if not _site:
        _site.append(Site())
        # It takes a minute, beside the others.
        _site[0].limited = _site[0].script(f"{WORK}; exec sleep 300", "-t1", "-w", "n2")
    return _site[0]


@case("a batch script with two programs")
def _():
    s = site()
    job = s.script(f"{WORK}; {WORK}; echo done; exit 3")
    s.ended(job, 1)
    s.check(job, 2 * KERNELS, "FAILED", "3:0", output="done\n")


@case("srun on three nodes, two tasks each")
def _():
    s = site()
    job = s.script(f"srun {WORK}; echo done", "-N3", "--ntasks-per-node=2")
    s.ended(job, 3)
    report = s.check(job, 6 * KERNELS, output="done\n")
    same([(n["node"], n["kernels"]) for n in report["nodes"]],
         [(n, 2 * KERNELS) for n in ("n1", "n2", "n3")], "by node")
    same(report["nodes"][1]["tasks"], 2, "tasks of a node")
    done = subprocess.run([GPUSPY, "report", "--job", job], capture_output=True, text=True,
                          env={**os.environ, "GPUSPY_CONFIG": s.config}, check=False)
    expect(f"(job {job} of {USER}, 3 nodes, " in done.stdout, done.stdout)


@case("nothing of the user's environment: sbatch and srun with --export=NONE")
def _():
    s = site()
    job = s.script(f"{WORK}; srun --export=NONE {WORK}; echo done", "-N2",
                   "--ntasks-per-node=1", "--export=NONE")
    s.ended(job, 2)
    s.check(job, 3 * KERNELS, output="done\n")


@case("an array and its elements")
def _():
    s = site()
    job = s.script(f"{WORK}; test $SLURM_ARRAY_TASK_ID = 1 && {WORK}; exit 0", "--array=0-2",
                   name="array")
    until(lambda: "JobState=PENDING" not in s.slurm.ask("scontrol", "show", "job", job).stdout and
          "JobState=RUNNING" not in s.slurm.ask("scontrol", "show", "job", job).stdout and
          "COMPLETING" not in s.slurm.ask("scontrol", "show", "job", job).stdout, "the array")
    time.sleep(1)
    same([s.report(f"{job}{which}")["kernels"] for which in ("", "_0", "_1", "_2")],
         [4 * KERNELS, KERNELS, 2 * KERNELS, KERNELS], "kernels of the array and its elements")


@case("a heterogeneous job: one verdict")
def _():
    s = site()
    path = s.slurm.path("out/het.sh", f"#!/bin/sh\n#SBATCH -N1 -n1\n#SBATCH hetjob\n#SBATCH -N1 -n2"
                        f"\nsrun --het-group=0,1 {WORK}\n", 0o755)
    done = s.slurm.ask("runuser", "-u", USER, "--", "sbatch", "--parsable", "-D", "/", "-o",
                       f"{s.dir}/out/%j.out", path)
    same(done.returncode, 0, done.stderr)
    job = done.stdout.strip()
    s.ended(job, 1)
    until(lambda: len(s.epilogs(str(int(job) + 1))) >= 1, "the other component's Epilog")
    s.check(job, 3 * KERNELS, ledger=[job])


@case("a job that is requeued: both runs")
def _():
    s = site()
    job = s.script(f"{WORK}\nif [ -z \"$SLURM_RESTART_COUNT\" ]; then "
                   f"scontrol requeue $SLURM_JOB_ID; sleep 60; fi; {WORK}", "--requeue")
    until(lambda: s.job(job).get("Restarts") == "1", "the requeue")
    s.slurm.ask("scontrol", "update", f"JobId={job}", "StartTime=now")
    s.ended(job, 2, 180)
    report = s.check(job, 3 * KERNELS, output=None)
    same([(r["restarts"], r["kernels"]) for r in report["runs"]],
         [(0, KERNELS), (1, 2 * KERNELS)], "runs")


@case("mpirun on three nodes")
def _():
    s = site()
    mpirun = program("mpirun")
    job = s.script(f"{mpirun} --mca plm_rsh_agent false -np 6 {WORK}; echo $?", "-N3",
                   "--ntasks-per-node=2")
    s.ended(job, 3, 90)
    same(s.output(job), "0\n", "its output")
    report = s.check(job, 6 * KERNELS, output="0\n")
    same(report["tasks"], 6, "ranks")


@case("srun --mpi=pmix")
def _():
    s = site()
    job = s.script("srun --mpi=pmix true; echo $?")
    s.ended(job, 1)
    if s.output(job) != "0\n":
        raise Skip(f"this Slurm has no pmix here: {s.output(job)}")
    job = s.script(f"srun --mpi=pmix {WORK}; echo $?", "-N3", "--ntasks-per-node=2")
    s.ended(job, 3)
    if s.output(job) != "0\n":
        raise Skip(f"pmix does not come up between nodes here: {s.output(job)[-200:]}")
    s.check(job, 6 * KERNELS, output="0\n")


@case("scancel: what was done until then")
def _():
    s = site()
    job = s.script(f"{WORK}; sleep 100 & wait")
    until(lambda: s.ledger(job) == KERNELS, "the work")
    s.slurm.ask("scancel", job)
    s.ended(job, 1)
    s.check(job, KERNELS, "CANCELLED", "0:15", output=None)


@case("a child in the background outlives the job's script")
def _():
    s = site()
    job = s.script(f"{WORK}; setsid sh -c 'sleep 3; {WORK}; sleep 0.1' >/dev/null 2>&1 & sleep 0.5")
    s.ended(job, 1)
    report = s.report(job)
    same((report["kernels"], s.job(job)["JobState"]), (KERNELS, "COMPLETED"), "at the job's end")


@case("100 sessions in one job: none is pruned before its record is made")
def _():
    s = site()
    job = s.script(f"for i in $(seq 100); do GPUSPY_SESSION=s$i {WORK}; done")
    s.ended(job, 1, 120)
    report = s.check(job, 100 * KERNELS)
    expect(report["sessions"] >= 100 and report["lost"] == 0, report)


@case("two jobs of one user on one node")
def _():
    s = site()
    jobs = [s.script(f"sleep 1; {WORK}; test {n} = 0 && {WORK}; sleep 1; exit 0", "-w", "n1",
                     name=f"two{n}") for n in (0, 1)]
    for job in jobs:
        s.ended(job, 1)
    s.check(jobs[0], 2 * KERNELS)
    s.check(jobs[1], KERNELS)


@case("a user's own LD_PRELOAD, opting out, and a TaskProlog that takes it away")
def _():
    s = site()
    mine = f"{BUILD}/tests/e2e/malloc-wrapper.so"
    if not os.path.exists(mine):
        raise Skip("malloc-wrapper.so was not built")
    job = s.script(f"echo $LD_PRELOAD; {WORK}", env={"LD_PRELOAD": mine})
    s.ended(job, 1)
    s.check(job, KERNELS, output=None)
    same(s.output(job).splitlines()[0], f"{LIBRARY}:{mine}", "LD_PRELOAD")
    job = s.script(f"echo [$LD_PRELOAD]; {WORK}", env={"GPUSPY_DISABLE": "1"})
    s.ended(job, 1)
    report = s.report(job)
    same((report["verdict"], report["reason"], report["kernels"]), ("unknown", "no-record", 0),
         "who opted out")
    same(s.output(job), "[]\n", "its output")
    away = s.slurm.path("out/away", "#!/bin/sh\necho unset LD_PRELOAD\n", 0o755)
    job = s.script(f"srun --task-prolog={away} {WORK}")
    s.ended(job, 1)
    expect(s.report(job)["verdict"] != "gpu-work" or s.report(job)["at_least"], "a task that is "
           "not seen is no work")


@case("slurmd is killed under a running job, and another one begins: nothing is lost")
def _():
    s = site()
    job = s.script(f"{WORK}; touch {s.dir}/out/one; while [ ! -e {s.dir}/out/two ]; do sleep 0.1; done; "
                   f"{WORK}; srun {WORK}; echo done", "-w", "n1")
    until(lambda: os.path.exists(f"{s.dir}/out/one"), "the first work")
    s.slurm.restart("n1")
    s.slurm.wait_for_nodes(["n1"], "mixed")
    open(f"{s.dir}/out/two", "w", encoding="utf-8").close()
    s.ended(job, 1, 90)
    s.check(job, 3 * KERNELS, output="done\n")


@case("a job that holds a node and does nothing")
def _():
    s = site()
    job = s.script("sleep 0.2; echo done")
    s.ended(job, 1)
    s.check(job, 0, verdict="gpu-unused", output="done\n")
    job = s.script(f"CUDA_VISIBLE_DEVICES= {client('client-outcome')} idle; exit 0")
    s.ended(job, 1)
    expect(s.report(job)["verdict"] in ("gpu-unavailable", "gpu-idle"), s.report(job))


HUNGRY = """import sys
held = []
for _ in range(100):
    held.append(bytearray(20 << 20))
    for at in range(0, 20 << 20, 4096):
        held[-1][at] = 1
print("nothing stopped it")
"""


def out_of_memory(state, more, cgroup=""):
    """A job that works, and then takes more memory than it was given."""
    s = Site(more, nodes=1, cgroup=cgroup)
    try:
        python = s.slurm.path("out/hungry.py", HUNGRY)
        job = s.script(f"{WORK}; srun {WORK}; exec /usr/bin/python3 {python}", "--mem=300")
        s.wait(job, 90)
        if "nothing stopped it" in s.output(job):
            raise Skip(f"nothing holds it here: slurmd says {s.slurmd_says('group')}")
        s.ended(job, 1)
        now = s.job(job)
        print(f"# {now['JobState']} {now['ExitCode']}: {s.output(job)[-200:]!r}")
        s.check(job, 2 * KERNELS, state, now["ExitCode"], output=None)
    finally:
        s.slurm.stop()


@case("out of memory in a cgroup: what was done until then")
def _():
    out_of_memory("OUT_OF_MEMORY", "TaskPlugin=task/cgroup\nProctrackType=proctrack/cgroup\n"
                  "SelectTypeParameters=CR_CPU_Memory\n",
                  "ConstrainRAMSpace=yes\nConstrainSwapSpace=yes\nAllowedSwapSpace=0\n"
                  "CgroupPlugin=cgroup/v1\nCgroupMountpoint=/sys/fs/cgroup\n")


@case("more memory than it asked for, seen by slurmd (OverMemoryKill): what was done until then")
def _():
    out_of_memory("FAILED", "JobAcctGatherType=jobacct_gather/linux\nJobAcctGatherFrequency=1\n"
                  "JobAcctGatherParams=OverMemoryKill\nSelectTypeParameters=CR_CPU_Memory\n")


def run_srun(s, job, folder="out"):
    """The report of its gpuspy run, and its status."""
    with open(f"{s.dir}/{folder}/{job}.json", encoding="utf-8") as file:
        return json.load(file)


@case("gpuspy run srun in a job: the step's verdict where nodes share the folder of sessions, else no NO")
def _():
    calm = client("client-outcome")
    run = f"{GPUSPY} run --require --json {{dir}}/out/$SLURM_JOB_ID.json "
    s = Site(config="folder = {dir}/sessions/%u\n", nodes=3)
    os.mkdir(os.path.join(s.dir, "sessions"))
    os.chmod(os.path.join(s.dir, "sessions"), 0o1777)
    run = run.format(dir=s.dir)
    words = ["-N3", "--ntasks-per-node=2"]
    mpirun = f"{program('mpirun')} --mca plm_rsh_agent false -np 6"
    made = [(s.script(f"{run} {what} 2>/dev/null; echo $?", *options), found) for what, options, found in (
        (f"srun {WORK}", words, (0, "gpu-work", 6 * KERNELS, False)),
        (f"srun {calm} idle", words, (3, "gpu-idle", 0, False)),
        (f"srun -N1 -n1 -w n2 {calm} idle", words, (3, "gpu-idle", 0, False)),
        (f"srun --export=NONE {calm} idle", words, (4, "unknown", None, None)),
        (f"{mpirun} {calm} idle", words, (3, "gpu-idle", 0, False)),
        (f"{mpirun} {WORK}", words, (0, "gpu-work", 6 * KERNELS, False)),
        (f"sh -c 'srun -N1 -n1 -w n2 {calm} idle & srun -N1 -n2 -w n3 {calm} idle; wait'", words,
         (3, "gpu-idle", 0, False)))]
    for job, found in made:
        s.wait(job)
        until(lambda: s.output(job).strip(), "its output")
        report = run_srun(s, job)
        else_ = report.get("elsewhere", {"kernels": None, "at_least": None})
        same((int(s.output(job).split()[-1]), report["verdict"], else_["kernels"], else_["at_least"]), found,
             f"{report['summary']} {else_.get('gaps')} {[(n['node'], n['verdict'], n['reason'], n['sessions'], n['running']) for n in else_.get('nodes', [])]}")
    s.slurm.stop()


@case("gpuspy run srun outside of a job: the verdict of the job that it makes, by its records")
def _():
    s = site()
    os.chmod(s.records, 0o755)
    for what, found in (f"{client('client-linked')}", (0, "gpu-work", 4 * KERNELS)), \
            (f"{client('client-outcome')} idle", (3, "gpu-idle", 0)):
        report = f"{s.dir}/out/login.json"
        done = subprocess.run(
            [GPUSPY, "run", "--require", "--json", report, "srun", "-N2", "--ntasks-per-node=2", *what.split()],
            env={**os.environ, "GPUSPY_CONFIG": s.config, "GPUSPY_DIR": s.dir + "/login"}, check=False, cwd="/",
            capture_output=True, text=True)
        with open(report, encoding="utf-8") as file:
            made = json.load(file)
        same((done.returncode, made["verdict"], made.get("elsewhere", {}).get("kernels")), found,
             f"{done.stderr} {made['summary']}")


@case("GPUs by gres: how many each job was given, which worked, a job without any")
def _():
    s = Site(nodes=1, gpus=2)
    job = s.script(f"{WORK}; echo $SLURM_JOB_GPUS $CUDA_VISIBLE_DEVICES", "--gres=gpu:2")
    s.ended(job, 1)
    report = s.check(job, KERNELS, output="0,1 0,1\n")
    same((report["gpus_allocated"], report["gpus_worked"]), (2, 1), "GPUs")
    same([(g["id"], g["uuid"]) for g in report["allocation"]], [("0", None), ("1", None)],
         "by UUID, of which nobody knows anything here")
    one = s.script(f"srun {WORK}", "--gres=gpu:1")
    none = s.script("true")
    for job in one, none:
        s.ended(job, 1)
    same([s.report(job)["gpus_allocated"] for job in (one, none)], [1, 0], "GPUs of the others")
    done = subprocess.run([GPUSPY, "jobs", "--json"], capture_output=True, text=True, check=True,
                          env={**os.environ, "GPUSPY_CONFIG": s.config})
    same(json.loads(done.stdout)["jobs"], [], "jobs that held GPUs and used none")
    s.slurm.stop()


@case("slurmdbd: one line in the accounting's admin comment, when all nodes have said theirs")
def _():
    for need in "slurmdbd", "mariadbd", "mariadb-install-db":
        program(need)
    s = Site("EpilogSlurmctld={dir}/epictl\n", accounting=True, nodes=2)
    job = s.script(f"srun {WORK}; echo done", "-N2", "--ntasks-per-node=2")
    s.ended(job, 2)

    def comment(job):
        said = s.slurm.ask("sacct", "-nPX", "-o", "admincomment", "-j", job)
        return said.stdout.strip()

    until(lambda: comment(job), "the comment")
    line = f"gpuspy: yes {4 * KERNELS} kernels 2/? gpus"
    same(comment(job), line, "the admin comment")
    # What the timer runs: it says what it has not said yet, and that once.
    timer = site_file(s.slurm, "accounting.sh")
    # What it could not say, for want of the accounting, it says the next time.
    s.slurm.ask(timer, f"{s.dir}/said", env={**os.environ, "GPUSPY_CONFIG": s.config, "SLURM_CONF": "/dev/null"})
    for before, after in (("other", line), ("mine", "mine")):
        s.slurm.ask("sacctmgr", "-i", "modify", "job", "where", f"jobid={job}", "set", f"admincomment={before}")
        done = s.slurm.ask(timer, f"{s.dir}/said", env={**os.environ, "GPUSPY_CONFIG": s.config})
        same((done.returncode, done.stderr, comment(job)), (0, "", after), "the timer's work")
    s.check(job, 4 * KERNELS, output="done\n")
    s.slurm.stop()


@case("a time limit")
def _():
    s = site()
    job = s.limited
    s.ended(job, 1, 150)
    s.check(job, KERNELS, "TIMEOUT", "0:15", output=None)


@case("a power cut: what was lost is UNKNOWN, and the rest counts")
def _():
    s = site()
    job = s.script(f"srun {WORK}; sleep 100", "-N2", "-w", "n[1,3]", "--ntasks-per-node=1",
                   "--no-requeue")
    until(lambda: s.ledger(job) == 2 * KERNELS, "the work")
    s.slurm.power_cut("n3")
    s.wait(job, 60)
    until(lambda: "n1" in s.epilogs(job), "the Epilog of n1")
    report = s.report(job)
    same((report["kernels"], report["at_least"]), (KERNELS, True), "what is known")
    same([(n["node"], n["verdict"], n["reason"]) for n in report["nodes"]],
         [("n1", "gpu-work", "completed"), ("n3", "unknown", "no-record")], "the nodes")
    s.slurm.node("n3")
    s.slurm.wait_for_nodes(["n3"])
    report = s.report(job)
    same((report["kernels"], report["at_least"]), (KERNELS, True), "when the node is back")


@case("a library that is missing on the nodes: the job is as without gpuspy, and UNKNOWN")
def _():
    s = Site(library="/nowhere/libgpuspy.so", nodes=1)
    job = s.script(f"{WORK}; echo done")
    s.ended(job, 1)
    s.slurm.stop()
    report = s.report(job) if os.path.isdir(s.records) else None
    expect(report is None or report["verdict"] == "unknown", report)


@case("each job has a /dev/shm of its own (job_container/tmpfs)")
def _():
    if BUILD.startswith("/tmp/"):
        raise Skip("a job has a /tmp of its own, and what was built lies in this one")
    s = Site("JobContainerType=job_container/tmpfs\nPrologFlags=Contain\n",
             "folder = {dir}/sessions/%u\n", nodes=1)
    os.mkdir(os.path.join(s.dir, "sessions"))
    os.chmod(os.path.join(s.dir, "sessions"), 0o1777)
    job = s.script(f"{WORK}; echo done")
    s.ended(job, 1)
    s.check(job, KERNELS, output="done\n")


if __name__ == "__main__":
    if os.geteuid() != 0 or not shutil.which("slurmctld") or not shutil.which("munged"):
        print("1..0 # SKIP needs root, slurmctld, slurmd and munge: sh tests/site.sh")
        sys.exit(0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started ends, too
    try:
        pwd.getpwnam(USER)
    except KeyError:
        USER = "root"
    main()
