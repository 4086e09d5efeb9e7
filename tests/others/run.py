# SPDX-License-Identifier: MIT
"""One row of the table: a command without and with gpuspy, and what of its outcome is compared."""
import os
import re
import signal
import subprocess
import tempfile

LIBRARY = os.path.abspath(os.path.join(os.environ["GPUSPY_BUILD"], "preload", "libgpuspy.so"))


class Skip(Exception):
    """Why the row cannot be had here, in a word."""


class Outcome:
    def __init__(self, status, stdout, stderr, reports):
        self.status, self.stdout, self.stderr, self.reports = status, stdout, stderr, reports


def environment(**more):
    env = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD" and not k.startswith("GPUSPY_")}
    env.update(LC_ALL="C.UTF-8", PYTHONHASHSEED="0", **more)
    return env


def spied(folder, before=(), after=()):
    """The environment with gpuspy, among other preloads; its reports go to files, to be counted."""
    return environment(LD_PRELOAD=":".join([*before, LIBRARY, *after]),
                       GPUSPY_DIR=os.path.join(folder, "sessions"),
                       GPUSPY_OUTPUT=os.path.join(folder, "report-%p"))


def run(command, env, folder, limit):
    """In a session of its own, so that what is left over at the limit can be ended."""
    with subprocess.Popen(command, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, start_new_session=True) as process:
        try:
            stdout, stderr = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            return Outcome("hangs", stdout.decode(errors="replace"), stderr.decode(errors="replace"), 0)
    reports = len([n for n in os.listdir(folder) if n.startswith("report-")])
    return Outcome(process.returncode, stdout.decode(errors="replace"),
                   stderr.decode(errors="replace"), reports)


def plain(text):
    """Without what is another one in each run: addresses, numbers of processes, times, folders."""
    text = re.sub(r"0x[0-9a-f]+", "ADDRESS", text)
    text = re.sub(r"/tmp/[\w./-]+", "FOLDER", text)
    return re.sub(r"\d+(\.\d+)?", "N", text)


# What is compared. Each makes a few words of an outcome.

def by_output(outcome):
    errors = plain(outcome.stderr).splitlines()
    return (f"status {outcome.status}, {' / '.join(outcome.stdout.split(chr(10))).strip(' /') or 'no output'}"
            + (f" ({len(errors)} errors: {errors[0]})" if errors else ""))


def by_lines(outcome):
    text = plain(outcome.stdout + outcome.stderr)
    return f"status {outcome.status}, {len(text.splitlines())} lines, {hash(text) & 0xffffff:06x}"


def by_status(outcome):
    return f"status {outcome.status}"


def one_report(outcome):
    return "" if outcome.reports == 1 else f"{outcome.reports} reports instead of one"


def of_regrtest(outcome):
    """CPython's: which test files failed, and which of their tests."""
    failed = sorted(set(re.findall(r"^(?:FAIL|ERROR): (\S+)", outcome.stdout + outcome.stderr, re.M)))
    ended = re.search(r"Result: (\w+)|Tests result: (\w+)", outcome.stdout)
    words = (ended.group(1) or ended.group(2)) if ended else f"status {outcome.status}"
    return words + (": " + " ".join(failed) if failed else "")


def of_tap(outcome):
    """glib's: how many are ok, and which are not."""
    failed = re.findall(r"^(not ok .*|.* ENDED \S+)$", outcome.stdout, re.M)
    ok = len(re.findall(r"^ok ", outcome.stdout, re.M))
    return f"{ok} ok" + "".join(f"; {line}" for line in failed)


def of_stress(outcome):
    failed = sorted(set(re.findall(r"stress-ng: (?:fail|error):\s+\[\d+\] ([\w-]+)", outcome.stdout + outcome.stderr)))
    return f"status {outcome.status}" + ("; " + " ".join(failed) if failed else "")


class Row:
    """`command` is a list, or a function of the folder that makes one, or raises Skip."""

    def __init__(self, name, command, *, result=by_output, before=(), after=(), needs=(), limit=600,
                 check=None, explained=None):
        self.name, self.command, self.result = name, command, result
        self.before, self.after = before, after
        self.needs, self.limit, self.check, self.explained = needs, limit, check, explained

    def once(self, with_gpuspy):
        with tempfile.TemporaryDirectory() as folder:
            for need in (*self.needs, *self.before, *self.after):
                if not os.path.exists(need):
                    raise Skip(f"no {os.path.basename(need)}")
            command = self.command(folder) if callable(self.command) else self.command
            others = ":".join([*self.before, *self.after])
            env = (spied(folder, self.before, self.after) if with_gpuspy
                   else environment(**({"LD_PRELOAD": others} if others else {})))
            try:
                return run(command, env, folder, self.limit)
            except FileNotFoundError as error:
                raise Skip(f"no {error.filename}") from error

    def compare(self):
        """Without, with, the difference: "" if there is none."""
        without = self.result(self.once(False))
        outcome = self.once(True)
        with_it = self.result(outcome)
        difference = "" if without == with_it else "differs"
        return without, with_it, difference or (self.check(outcome) if self.check else "")
