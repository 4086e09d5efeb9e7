"""What the tests of jobs share: programs under made-up variables of a scheduler."""

import glob
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "process"))

sys.path.insert(0, os.path.dirname(HERE))
import json_schema  # noqa: E402,F401
from common import (  # noqa: E402,F401
    BUILD, GPUSPY, LIBRARY, SIM_LIB, SLOWER, Run, Skip, add_case, case, clean_environment, client, expect,
    gap, main, program, run_tool, same)
from markup import Page  # noqa: E402,F401

# Of schedulers and launchers that the tester may be in.
SCHEDULERS = ("SLURM", "PBS_", "LSB_", "FLUX_", "OMPI_", "PMI", "PALS_", "JOB_", "SGE_", "RANK")


def no_scheduler():
    for name in list(os.environ):
        if name.startswith(SCHEDULERS):
            del os.environ[name]


no_scheduler()


def slurm(job="12", step="0", task=0, nodes="n[1-2]", node="n1", **more):
    """The variables of a task; None takes one away."""
    env = {"SLURM_JOB_ID": job, "SLURM_STEP_ID": step, "SLURM_PROCID": str(task),
           "SLURM_LOCALID": str(task), "SLURM_JOB_NODELIST": nodes, "SLURMD_NODENAME": node,
           "SLURM_STEP_NUM_TASKS": "6", "SLURM_JOB_GPUS": "0,1"}
    env.update(more)
    return {key: value for key, value in env.items() if value is not None}


class Site:
    """A folder of sessions and one of records."""

    def __init__(self):
        self.place = tempfile.TemporaryDirectory(prefix="gpuspy-site-")
        self.dir = os.path.join(self.place.name, "segments")
        self.records = os.path.join(self.place.name, "records")
        os.mkdir(self.dir, 0o700)
        os.mkdir(self.records)
        self.config = os.path.join(self.place.name, "gpuspy.conf")
        self.configure("")

    def configure(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def env(self, **more):
        env = clean_environment()
        env.update(GPUSPY_DIR=self.dir, GPUSPY_CONFIG=self.config, LD_LIBRARY_PATH=SIM_LIB)
        env.update(more)
        return {key: value for key, value in env.items() if value is not None}

    def run(self, command, job=None, timeout=60, **more):
        """A watched command, to its end."""
        env = self.env(LD_PRELOAD=LIBRARY, **{"GPUSPY_REPORT": "never", **(job or {}), **more})
        return subprocess.run([str(word) for word in command], env=env, timeout=timeout * SLOWER,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def start(self, command, job=None, **more):
        env = self.env(LD_PRELOAD=LIBRARY, **{"GPUSPY_REPORT": "never", **(job or {}), **more})
        return subprocess.Popen([str(word) for word in command], env=env,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def gpuspy(self, *words, status=0, env=None):
        done = subprocess.run([GPUSPY, *words], env=self.env(**(env or {})), timeout=120 * SLOWER,
                              capture_output=True, text=True, check=False)
        same((done.returncode, done.stderr if status == 0 else ""), (status, ""),
             f"gpuspy {' '.join(words)}: {done.stdout} {done.stderr}")
        return done.stdout

    def last(self):
        return json.loads(self.gpuspy("report", "--json", "--last"))

    def lines(self):
        """The records, one after the other as they stand."""
        found = []
        for name in sorted(glob.glob(self.records + "/*/*/*/*.jsonl")):
            with open(name, encoding="utf-8") as file:
                found += [json.loads(line) for line in file]
        return found
