"""Running a program bare, under gpuspy, under CUPTI, or under both, and what each of them said."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time

import machine
from cases import Missing, NoTime, expect, same

LIBRARY = os.path.join(machine.BUILD, "preload", "libgpuspy.so")
GPUSPY = os.path.join(machine.BUILD, "tools", "gpuspy")
SHARED_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
SKIPPED = 77  # what programs and scripts of the suite end with where they cannot run

_folder = None
_end = None
_number = 0
_lane = ""
_facts = {}


def problem():
    """Why nothing can be run, None if it can."""
    if not os.path.exists(LIBRARY):
        return f"{LIBRARY} was not built"
    try:
        said = subprocess.run([GPUSPY, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return said.stderr.strip() or f"status {said.returncode}" if said.returncode else None


def version():
    return subprocess.run([GPUSPY, "--version"], capture_output=True, text=True).stdout.split()[-1]


def end_after(seconds):
    global _end
    _end = time.monotonic() + seconds


def time_left():
    return float("inf") if _end is None else _end - time.monotonic()


def use_folder(scratch, lane=""):
    """lane: what tells apart those that use one folder at a time."""
    global _folder, _lane
    _folder, _lane = scratch, lane


def folder(name):
    """A folder that lasts as long as the suite runs."""
    path = os.path.join(_folder, name)
    os.makedirs(path, exist_ok=True)
    return path


def logs():
    return folder("logs")


def note(key, value):
    """A fact that goes into facts.json with the running case."""
    _facts[key] = value


def taken_facts():
    taken = dict(_facts)
    _facts.clear()
    return taken


class Run:
    """A command that was run to its end. status, stdout, stderr, seconds; text: gpuspy's report;
    report: the same as JSON; cupti: what the injected library wrote, None without one."""

    def __init__(self, command, spied=False, cupti=None, env=None, timeout=300, cwd=None):
        """cupti: None or a mode of cupti-count.c. env: added, None as a value takes away."""
        global _number
        _number += 1
        name = re.sub(r"[^\w.-]", "_", os.path.basename(str(command[-1] if len(command) > 1 and
                      str(command[0]).endswith(("python3", "Rscript")) else command[0])))
        how = ("gpuspy" if spied else "") + ("cupti" if cupti else "") or "bare"
        self.name = f"{_lane}{_number:03}-{name}-{how}"
        # Where gpuspy would put its segments too, if there is room.
        self.folder = tempfile.mkdtemp(prefix="gpuspy-gpu-", dir=SHARED_MEMORY)
        self.command = [str(word) for word in command]
        self.env = self.environment(spied, cupti, env or {})
        self.status = self.report = self.cupti = None
        self.stdout = self.stderr = self.text = ""
        started = time.monotonic()
        try:
            self.run(cwd, timeout)
        finally:
            self.seconds = time.monotonic() - started
            self.stdout, self.stderr = self.read("stdout"), self.read("stderr")
            try:
                self.report = self.read_report() if spied else None
                self.text = self.read("report.txt")
                self.cupti = self.read_cupti() if cupti else None
            finally:
                self.keep_log()
                shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, cwd, timeout):
        """Into files: a pipe would be waited for as long as anybody has it."""
        with open(os.path.join(self.folder, "stdout"), "wb") as out, \
                open(os.path.join(self.folder, "stderr"), "wb") as err:
            process = subprocess.Popen(self.command, env=self.env, cwd=cwd, stdout=out, stderr=err,
                                       stdin=subprocess.DEVNULL)
        try:
            self.status = process.wait(timeout=min(timeout, max(time_left(), 1)))
        except subprocess.TimeoutExpired:
            process.kill()
            if time_left() <= 0:
                raise NoTime("no time left") from None
            raise AssertionError(f"{self.name} did not end in {timeout} s") from None
        except BaseException:
            process.kill()
            raise

    def environment(self, spied, cupti, more):
        foreign = ("GPUSPY_", "LD_PRELOAD", "CUDA_INJECTION64_PATH", "SIM_")
        env = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
        env.update(GPUSPY_DIR=self.folder, PYTHONDONTWRITEBYTECODE="1")
        if spied:
            env.update(LD_PRELOAD=LIBRARY, GPUSPY_OUTPUT=os.path.join(self.folder, "report.txt"))
        if cupti:
            import building
            env.update(CUDA_INJECTION64_PATH=building.injector(), CUPTI_COUNT_MODE=cupti,
                       CUPTI_COUNT_OUTPUT=os.path.join(self.folder, "cupti-%p.json"))
        for key, value in more.items():
            env.pop(key, None)
            if value is not None:
                env[key] = str(value)
        return env

    def read(self, name):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read()

    def read_report(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("GPUSPY_")}
        env["GPUSPY_DIR"] = self.folder
        said = subprocess.run([GPUSPY, "report", "--json", "--last"], env=env, timeout=60,
                              capture_output=True, text=True)
        return json.loads(said.stdout) if said.returncode == 0 else None

    def read_cupti(self):
        """Of the process that ran most kernels: others are helpers that ask for the GPU."""
        found = []
        for name in sorted(os.listdir(self.folder)):
            try:
                found += [json.loads(self.read(name))] if name.startswith("cupti-") else []
            except ValueError:  # its process was killed
                pass
        return max(found, key=lambda one: sum(one["kernels"].values()), default=None)

    def keep_log(self):
        entry = {"command": self.command, "status": self.status, "seconds": self.seconds,
                 "stdout": self.stdout[-20000:], "stderr": self.stderr[-20000:],
                 "report": self.report, "text": self.text, "cupti": self.cupti}
        with open(os.path.join(logs(), self.name + ".json"), "w", encoding="utf-8") as file:
            json.dump(entry, file, indent=1)

    def expected(self):
        """What the program says of itself: {key: value} of its lines "EXPECT key=value"."""
        found = re.findall(r"^EXPECT ([^=\s]+)=(.*)$", self.stdout, re.M)
        return {key: int(value) if re.fullmatch(r"-?\d+", value) else value
                for key, value in found}

    def said(self):
        """The JSON of its last line that begins with "RESULT "."""
        found = re.findall(r"^RESULT (.*)$", self.stdout, re.M)
        expect(found, f"{self.name} gave no result: {last_line(self.stderr)}")
        return json.loads(found[-1])


def last_line(text):
    return (text.strip().splitlines() or ["nothing was said"])[-1]


def not_skipped(run):
    if run.status == SKIPPED:
        raise Missing(last_line(run.stderr))
    return run


def works_bare(run, status=0):
    """A program that this machine cannot run says nothing about gpuspy."""
    not_skipped(run)
    if run.status != status:
        raise Missing(f"it fails without gpuspy, too: status {run.status}, {last_line(run.stderr)}")
    return run


NOT_STARTED = 127  # the loader's, where a library that is linked is missing


def starts(run):
    if run.status == NOT_STARTED:
        raise Missing(last_line(run.stderr))
    return run


def ended(run, status=0):
    expect(run.status == status, f"status {run.status}, not {status}: {last_line(run.stderr)}")
    return run


def without_times(text):
    """A program's output without the lines about how long things took."""
    return re.sub(r"^(RESULT|TIME) .*\n?", "", text, flags=re.M)


def same_behaviour(spied, bare):
    same(spied.status, bare.status, "status, compared with a run without gpuspy")
    same(without_times(spied.stdout), without_times(bare.stdout),
         "standard output, compared with a run without gpuspy")


def same_stderr(spied, bare):
    same(spied.stderr, bare.stderr, "standard error, compared with a run without gpuspy")


def times(bare, spied):
    return {"s": f"{bare.seconds:.2f}/{spied.seconds:.2f}"}
