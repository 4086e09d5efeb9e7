"""What the tests of processes share, on top of the end-to-end tests' harness."""

import glob
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

from harness import (  # noqa: E402,F401
    BUILD, GPUSPY, LIBRARY, SIM_LIB, SLOWER, Run, Skip, add_case, case, clean_environment, client, expect, gap, main,
    layer_calls, machine, program, ptrace_scope, same, same_counts, same_functions)

PROCESS = os.path.join(BUILD, "tests", "process")
ENDS = os.path.join(PROCESS, "ends.so")
REPORT = re.compile(rb"^gpuspy: GPU work: ", re.MULTILINE)

# For a Python program: what a process does that begins with the driver, which was loaded before.
LAUNCH = """
import ctypes, os, sys
def launch(cuda, kernels):
    handle = ctypes.c_void_p()
    cuda.cuInit(0)
    cuda.cuDevicePrimaryCtxRetain(ctypes.byref(handle), 0)
    cuda.cuCtxSetCurrent(handle)
    cuda.cuModuleLoadData(ctypes.byref(handle), b"sim:one")
    cuda.cuModuleGetFunction(ctypes.byref(handle), handle, b"one")
    for _ in range(kernels):
        cuda.cuLaunchKernel(handle, 1, 1, 1, 1, 1, 1, 0, None, None, None)
    return cuda.cuCtxSynchronize()
"""


def script(name):
    return os.path.join(HERE, name)


def rscript(name, *arguments):
    return [program("Rscript"), "--vanilla", script(name), *arguments]


def python(name, *arguments):
    return [sys.executable, script(name), *arguments]


def files(folder):
    """{name: contents} of the files of a folder."""
    found = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            found[name] = file.read()
    return found


def split_reports(text):
    """What the program itself said, and the list of reports in between or after it. A report is its
    first line and the indented lines that follow."""
    own, reports = [], []
    for line in text.splitlines(keepends=True):
        if REPORT.match(line):
            reports.append(line)
        elif reports and line.startswith(b"  ") and not (own and own[-1] is None):
            reports[-1] += line
        else:
            own.append(line)
    return b"".join(own), reports


def need_system_calls():
    """Of one's children."""
    if ptrace_scope() > 1:
        raise Skip("Yama's ptrace_scope of 0 or 1 shows the system calls of one's children")


def need_another_user():
    """What a command is put behind. setpriv itself still passes by closed folders, so a shell asks."""
    if os.geteuid() != 0:
        raise Skip("only root can become somebody else")
    words = (program("setpriv"), "--reuid=65534", "--clear-groups")
    if Run([*words, program("sh"), "-c", 'exec "$0" --version', GPUSPY], spied=False).status == 126:
        raise Skip("another user cannot run what was built here")
    return words


def as_nobody(run_):
    """To prepare a run of that other user's: its folder of sessions is his."""
    os.chmod(run_.folder, 0o777)
    os.chmod(run_.gpuspy_dir, 0o700)
    os.chown(run_.gpuspy_dir, 65534, 65534)


class Pair:
    """A command run without and with gpuspy, each in an empty folder of its own: standard output,
    the program's part of standard error, the status and the files made are compared."""

    def __init__(self, command, env=None, reports=1, **options):
        with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as spied:
            self.plain = Run(command, env, spied=False, cwd=plain, **options)
            self.spied = Run(command, env, output=False, cwd=spied, **options)
            same(files(spied), files(plain), "files made, compared with a run without gpuspy")
        own, self.reports = split_reports(self.spied.stderr)
        same(self.spied.stdout, self.plain.stdout, "standard output, compared")
        same(own, self.plain.stderr, "the program's own part of standard error, compared")
        same(self.spied.status, self.plain.status, "status, compared")
        same(len(self.reports), reports, f"reports on standard error ({self.spied.stderr!r})")

    @property
    def report(self):
        return self.spied.report

    def counts(self, no_status=()):
        same_counts(self.spied.report, self.spied.ledger, no_status)
        return self


def processes(report, **wanted):
    """The report's processes that have the wanted properties."""
    return [p for p in report["processes"] if all(p[k] == v for k, v in wanted.items())]


def segments(run):
    """The segment files that a run left."""
    return [os.path.join(folder, name) for folder, _, names in os.walk(run.gpuspy_dir)
            for name in names if name.endswith(".seg")]


def is_an_argument(word):
    """Of a process that lives."""
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                if word.encode() in file.read().split(b"\0"):
                    return True
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended since
    return False


def wait_until(is_so, what):
    deadline = time.monotonic() + 30 * SLOWER
    while not is_so():
        expect(time.monotonic() < deadline, what)
        time.sleep(0.01)


def run_tool(*words, env=None, **options):
    """The gpuspy command, for what is not about one Run."""
    return subprocess.run([GPUSPY, *words], env=env or clean_environment(), timeout=60 * SLOWER,
                          capture_output=True, **options)
