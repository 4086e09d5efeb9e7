"""What the end-to-end tests share: run a program with and without gpuspy, read what gpuspy says of
it, and what the simulated libraries' own ledger says, and print the outcomes as TAP.

A test is a script with functions marked by @case, ended by main(). Where the build is, it learns
from GPUSPY_BUILD (meson sets it). To run one by hand:

    GPUSPY_BUILD=build python3 tests/e2e/test_doors.py [WORD...]    # only cases with such a word
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests"))
import json_schema  # noqa: E402

BUILD = os.path.abspath(os.environ.get("GPUSPY_BUILD", os.path.join(SOURCE, "build")))
LIBRARY = os.path.join(BUILD, "preload", "libgpuspy.so")
GPUSPY = os.path.join(BUILD, "tools", "gpuspy")
SIM_LIB = os.path.join(BUILD, "tests", "sim", "lib")
SIM_LEDGER = os.path.join(BUILD, "tests", "sim", "sim-ledger")
CLIENTS = os.path.join(BUILD, "tests", "clients")
CLIENT_SOURCES = os.path.join(SOURCE, "tests", "clients")
E2E = os.path.join(BUILD, "tests", "e2e")

# Where the build is for another processor than this machine's (tests/arm64.sh): what runs its
# programs, and its tools, in words, and a Python for it.
EMULATOR = os.environ.get("GPUSPY_EMULATOR", "").split()
EMULATED_TOOLS = os.environ.get("GPUSPY_EMULATED_TOOLS", "").split()
EMULATED_PYTHON = os.environ.get("GPUSPY_EMULATED_PYTHON")
SLOWER = int(os.environ.get("GPUSPY_SLOWER", 10 if EMULATOR else 1))

# What nohup, or a shell's &, left ignored would be so in the programs too.
for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)

# Without these a run does not depend on what the tester has set.
FOREIGN = ("GPUSPY_", "SIM_", "LD_", "CUDA_", "R_", "PYTHON", "MALLOC_", "ASAN_")


class Skip(Exception):
    """This case cannot be run here; the reason is said in TAP."""


def ptrace_scope():
    """From 1 on Yama shows a user no system calls but of his descendants, from 2 on none."""
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope", encoding="ascii") as file:
            return 0 if os.geteuid() == 0 else int(file.read())
    except OSError:
        return 0


def expect(condition, words):
    if not condition:
        raise AssertionError(words)


def same(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r} instead of {wanted!r}")


def machine():
    """The processor that the library was built for, as `uname -m` would say."""
    with open(LIBRARY, "rb") as file:
        number = int.from_bytes(file.read(20)[18:], "little")
    return {62: "x86_64", 183: "aarch64"}.get(number, str(number))


def client(name):
    """The path of a client; skips the case if it could not be built here."""
    path = os.path.join(CLIENTS, name)
    if not os.path.exists(path):
        path = os.path.join(E2E, name)
    if not os.path.exists(path):
        raise Skip(f"{name} was not built")
    return path


def program(name):
    """A program of the system; skips the case if there is none."""
    path = shutil.which(name)
    if not path:
        raise Skip(f"there is no {name}")
    return path


def clean_environment():
    return {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}


def no_driver_here():
    """Skips on a machine with a GPU, where the loader's own paths lead to a driver."""
    said = subprocess.run([sys.executable, "-c", "import ctypes; ctypes.CDLL('libcuda.so.1')"],
                          env=clean_environment(), capture_output=True, check=False)
    if said.returncode == 0:
        raise Skip("this machine has a CUDA driver")


class Run:
    """A command that was run, in a folder of its own, to its end.

    status, stdout, stderr; text: the text report, "" for none; report: the JSON report, None for
    none; ledger: what the simulated libraries counted, {library: {function: {calls, errors}},
    "total": {key: number}}.
    """

    def __init__(self, command, env=None, spied=True, timeout=60, preload=(LIBRARY,), sim=True,
                 output=True, input=None, cwd=None, stdout=subprocess.PIPE,
                 stderr=subprocess.PIPE, prepare=None):
        """env: added to the environment, None as a value takes away. output: the text report goes
        to a file, so standard error is the program's alone. prepare(run): before the start."""
        self.folder = tempfile.mkdtemp(prefix="gpuspy-test-")
        _made.append(self.folder)
        self.gpuspy_dir = os.path.join(self.folder, "segments")
        self.ledger_file = os.path.join(self.folder, "ledger")
        self.output = os.path.join(self.folder, "report.txt")
        self.env = clean_environment()
        self.env.update(GPUSPY_DIR=self.gpuspy_dir, SIM_LEDGER=self.ledger_file)
        os.mkdir(self.gpuspy_dir, 0o700)
        if sim:
            self.env["LD_LIBRARY_PATH"] = SIM_LIB
        if spied:
            emulated = (os.path.join(E2E, "older-kernel.so"),) if EMULATOR else ()
            self.env["LD_PRELOAD"] = ":".join((*preload, *emulated))
            if output:
                self.env["GPUSPY_OUTPUT"] = self.output
        for key, value in (env or {}).items():
            self.env.pop(key, None)
            if value is not None:
                self.env[key] = value
        self.command = [str(word) for word in command]
        if EMULATOR and not self.command[0].startswith(BUILD):
            if self.command[0] != sys.executable or not EMULATED_PYTHON:
                raise Skip(f"{self.command[0]} is not for the processor of this build")
            self.command[0] = EMULATED_PYTHON
        if prepare:
            prepare(self)
        done = subprocess.run([*EMULATOR, *self.command], env=self.env, input=input, cwd=cwd,
                              timeout=timeout * SLOWER, stdout=stdout, stderr=stderr,
                              stdin=subprocess.DEVNULL if input is None else None)
        self.status, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr
        self._report = self._ledger = None

    def tool(self, *words, timeout=60):
        """The gpuspy command about this run."""
        env = clean_environment()
        env["GPUSPY_DIR"] = self.gpuspy_dir
        return subprocess.run([*EMULATED_TOOLS, GPUSPY, *words], env=env, text=True,
                              timeout=timeout * SLOWER,
                              stdin=subprocess.DEVNULL, capture_output=True)

    @property
    def report(self):
        if self._report is None:
            said = self.tool("report", "--json", "--last")
            expect(said.returncode in (0, 1), f"gpuspy report: {said.returncode} {said.stderr}")
            self._report = json.loads(said.stdout) if said.returncode == 0 else {}
            if self._report:
                same(json_schema.faults(self._report), [], "the report against the schema")
        return self._report or None

    @property
    def text(self):
        if not os.path.exists(self.output):
            return ""
        with open(self.output, encoding="utf-8", errors="replace") as file:
            return file.read()

    @property
    def ledger(self):
        if self._ledger is None:
            self._ledger = {"total": {}}
            if os.path.exists(self.ledger_file):
                said = subprocess.run([*EMULATED_TOOLS, SIM_LEDGER, "--json",
                                       self.ledger_file], check=True, capture_output=True)
                self._ledger.update(json.loads(said.stdout))
        return self._ledger

    def calls(self, name, layer=None):
        """The report's number of calls of a function, in one layer or in all."""
        return sum(f["calls"] for f in self.report["functions"]
                   if f["name"] == name and layer in (None, f["layer"]))

    def errors(self, name):
        return sum(f["errors"] for f in self.report["functions"] if f["name"] == name)


def succeeded(run, status=0):
    same(run.status, status, f"status of {' '.join(run.command)} (it said {run.stderr!r})")


# Comparing a report with the ledger.

def layer_calls(ledger):
    """{(library, function): entry} of all but the totals."""
    return {(library, name): entry for library, entries in ledger.items() if library != "total"
            for name, entry in entries.items() if entry["calls"]}


def same_functions(report, ledger, no_status=()):
    """Every function: calls and errors. gpuspy's own calls into the driver reach it too."""
    wanted = layer_calls(ledger)
    got = {(f["library"], f["name"]): f for f in report["functions"]}
    same(len(got), len(report["functions"]), "functions, each listed once")
    same(sorted(got), sorted(wanted), "functions called")
    wrong = []
    for key, entry in sorted(wanted.items()):
        own = got[key].get("own_calls", 0)
        calls, errors = got[key]["calls"] + own, got[key]["errors"]
        if calls != entry["calls"]:
            wrong.append(f"{key[1]} of {key[0]}: {calls} calls ({own} own), not {entry['calls']}")
        if key[1].startswith(tuple(no_status)) if no_status else False:
            continue
        if errors != entry["errors"]:
            wrong.append(f"{key[1]} of {key[0]}: {errors} errors, not {entry['errors']}")
    expect(not wrong, "; ".join(wrong))


def same_sums(report):
    """The report's totals are the sums of its functions, kernels and processes."""
    totals, layers = report["totals"], {}
    for function in report["functions"]:
        layers[function["layer"]] = layers.get(function["layer"], 0) + function["calls"]
    same({k: v for k, v in totals["calls"].items() if v}, {k: v for k, v in layers.items() if v},
         "calls by layer")
    same(totals["errors"], sum(f["errors"] for f in report["functions"]), "errors, all told")
    same(totals["kernels"], totals["launches"] + totals["graph_kernels"], "kernels")
    expect(totals["confirmed_kernels"] <= totals["kernels"], "more confirmed than launched")
    same(sum(k["launches"] for k in report["kernels"]), totals["kernels"], "kernels by name")
    same(sum(d["kernels"] for d in report["devices"]), totals["kernels"], "kernels by device")
    parts = [p["totals"] for p in report["processes"]]
    parts += [report["more_processes"]["totals"]] if report["more_processes"] else []
    for key in ("kernels", "launches", "graph_launches", "errors"):
        same(sum(part[key] for part in parts), totals[key], f"{key} by process")


def flat_totals(report):
    """The report's figures under the ledger's names."""
    totals = report["totals"]
    flat = {key: totals[key] for key in
            ("launches", "captured_launches", "graph_launches", "graph_kernels")}
    one_process = len(report["processes"]) == 1 and not report["more_processes"]
    for start, memory in (("", totals["memory"]), ("host_", totals["host_memory"])):
        for key in ("allocations", "frees", "live_bytes"):
            flat[start + key] = memory[key]
        if one_process:
            flat[start + "peak_bytes"] = memory["peak_bytes"]
    flat["allocated_bytes"] = totals["memory"]["allocated_bytes"]
    for device in report["devices"]:
        flat[f"device{device['ordinal']}.live_bytes"] = device["memory"]["live_bytes"]
        if one_process:
            flat[f"device{device['ordinal']}.peak_bytes"] = device["memory"]["peak_bytes"]
    for direction, copies in totals["copies"].items():
        flat[f"copies.{direction}.calls"] = copies["calls"]
        flat[f"copies.{direction}.bytes"] = copies["bytes"]
    for kernel in report["kernels"]:
        key = "kernel." + kernel["name"]
        flat[key] = flat.get(key, 0) + kernel["launches"]
    return flat


# Things that the ledger knows and the report has no figure for.
LEDGER_ONLY = {"syncs", "faults", "graph_copies", "graph_memsets", "graph_allocations",
               "captured_graph_launches"}


def same_totals(report, ledger):
    got, wanted = flat_totals(report), ledger["total"]
    if len(report["processes"]) != 1:
        wanted = {k: v for k, v in wanted.items() if not k.endswith("peak_bytes")}
    wrong = [f"{key}: {got.get(key, 0)}, not {wanted.get(key, 0)}"
             for key in sorted((got.keys() | wanted.keys()) - LEDGER_ONLY)
             if got.get(key, 0) != wanted.get(key, 0)]
    expect(not wrong, "; ".join(wrong))


def gap(report, code):
    """How often the report has a gap, in all processes."""
    return sum(g["count"] for g in report["gaps"] if g["code"] == code)


def nothing_missed(report, but=()):
    """but: codes of the gaps that must be there."""
    same(sorted({g["code"] for g in report["gaps"]}), sorted(but), "what gpuspy says that it missed")


def same_counts(report, ledger, no_status=(), gaps=()):
    """The central check: the report says exactly what the ledger says. no_status: beginnings of
    names of functions whose result is no status, so nobody can say which calls failed."""
    expect(report, "there is no report")
    nothing_missed(report, gaps)
    same_functions(report, ledger, no_status)
    same_sums(report)
    same_totals(report, ledger)


def same_behaviour(spied, plain):
    """The program did what it does without gpuspy."""
    same(spied.stdout, plain.stdout, "standard output, compared with a run without gpuspy")
    same(spied.stderr, plain.stderr, "standard error, compared with a run without gpuspy")
    same(spied.status, plain.status, "status, compared with a run without gpuspy")


def same_as_plain(report, plain_ledger):
    """A program that always makes the same calls: none of them came from gpuspy, or is lost."""
    got = {(f["library"], f["name"]): f["calls"] for f in report["functions"] if f["calls"]}
    wanted = {key: entry["calls"] for key, entry in layer_calls(plain_ledger).items()}
    same(got, wanted, "calls, compared with the ledger of a run without gpuspy")


def compare(command, env=None, no_status=(), repeats_itself=True, status=0, gaps=(), **options):
    """Runs the command both ways and makes all the checks. Gives back the run with gpuspy."""
    plain = Run(command, env, spied=False, **options)
    spied = Run(command, env, **options)
    succeeded(plain, status)
    same_behaviour(spied, plain)
    same_counts(spied.report, spied.ledger, no_status, gaps)
    if repeats_itself:
        same_as_plain(spied.report, plain.ledger)
    return spied


# TAP.

_cases = []
_made = []


def case(name, *arguments, **named):
    """Marks a function as a case; with further arguments, which it is called with, several times."""
    def mark(function):
        _cases.append((name, lambda: function(*arguments, **named)))
        return function
    return mark


def add_case(name, function, *arguments, **named):
    case(name, *arguments, **named)(function)


def run_case(number, name, body):
    try:
        body()
        print(f"ok {number} - {name}", flush=True)
        return True
    except Skip as reason:
        print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        return True
    except Exception as error:  # whatever it is, the case failed and the others go on
        print(f"not ok {number} - {name}")
        words = str(error) if isinstance(error, AssertionError) else traceback.format_exc()
        for line in words.splitlines():
            print(f"# {line}")
        sys.stdout.flush()
        # Of a test that fails meson's --print-errorlogs shows this alone.
        print(f"{name}: {words}", file=sys.stderr, flush=True)
        return False
    finally:
        while _made:
            shutil.rmtree(_made.pop(), ignore_errors=True)


def main():
    words = sys.argv[1:]
    chosen = [c for c in _cases if not words or any(word in c[0] for word in words)]
    print(f"1..{len(chosen)}", flush=True)
    results = [run_case(i + 1, *chosen[i]) for i in range(len(chosen))]
    sys.exit(0 if all(results) else 1)
