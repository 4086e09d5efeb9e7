"""What the tests of records and pages share, on top of the end-to-end tests' harness."""

import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "e2e"), os.path.dirname(HERE)]

from harness import (  # noqa: E402,F401
    BUILD, GPUSPY, LIBRARY, SIM_LIB, SLOWER, Skip, case, clean_environment, expect, main, program, same)
from markup import SVG, Page  # noqa: E402,F401

PHASES = os.path.join(BUILD, "tests", "look", "client-phases")
MAKE_SESSION = os.path.join(BUILD, "tests", "unit", "make-session")
CROWD = os.path.join(BUILD, "tests", "top", "crowd")
FAKE_NVML = os.path.join(BUILD, "tests", "top")


def slowly(phase):
    """A phase of client-phases, as much longer as this machine is slower: a recorder that has little
    of its processor looks as much more seldom."""
    kernels, slash, seconds = phase.rpartition("/")
    return f"{kernels}{slash}{float(seconds) * SLOWER:g}"


class Place:
    """A folder for a test, with sessions in it."""

    def __init__(self, **environment):
        self.folder = tempfile.TemporaryDirectory(prefix="gpuspy-look-")
        self.sessions = self.path("sessions")
        os.mkdir(self.sessions, 0o700)
        self.environment = clean_environment()
        self.environment.update(GPUSPY_DIR=self.sessions, LD_LIBRARY_PATH=SIM_LIB)
        self.environment.update(environment)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self, *words, **options):
        return subprocess.Popen([GPUSPY, *map(str, words)], env=self.environment,
                                stdin=subprocess.DEVNULL, **options)

    def gpuspy(self, *words, status=0, **options):
        done = subprocess.run([GPUSPY, *map(str, words)], env=self.environment, timeout=120 * SLOWER,
                              stdin=subprocess.DEVNULL, capture_output=True, **options)
        if status is not None:
            same(done.returncode, status, f"status of gpuspy {words} ({done.stderr!r})")
        return done

    def report(self, *words):
        return json.loads(self.gpuspy("report", "--json", *words).stdout)

    def make(self, session, kind, *identity):
        subprocess.run([MAKE_SESSION, os.path.join(self.sessions, session), kind,
                        *map(str, identity)], check=True)

    def record(self, name="record"):
        return Record(self.path(name))

    def has_record(self, name="record"):
        """A moment after it was made its first line is there."""
        path = self.path(name)
        return os.path.exists(path) and os.path.getsize(path) > 0

    def lines(self, name="record"):
        """How many are there by now; a long one may be on its way."""
        if not self.has_record(name):
            return 0
        with open(self.path(name), "rb") as record:
            return record.read().count(b"\n")


class Record:
    """A record, each line of which must be whole."""

    def __init__(self, file):
        with open(file, encoding="utf-8") as lines:
            text = lines.read()
        expect(text.endswith("\n"), f"the last line is cut: {text[-80:]!r}")
        self.lines = [json.loads(line) for line in text.splitlines()]
        self.start = self.lines[0]
        same((self.start["type"], self.start["record"]), ("start", 1), "the first line")
        self.samples = [line for line in self.lines if line["type"] == "sample"]
        self.end = self.lines[-1] if self.lines[-1]["type"] == "end" else None
        times = [line["monotonic_ns"] for line in self.lines]
        same(times, sorted(times), "times do not go back")

    def values(self, get):
        """A figure of the session, line by line, from the first sample to the end."""
        return [get(line["session"]) for line in self.lines[1:]]

    def process(self, pid):
        return [one for line in self.lines[1:] for one in line["processes"] if one["pid"] == pid]

    def seconds(self, line):
        return (line["monotonic_ns"] - self.start["monotonic_ns"]) / 1e9

    def longest_pause(self):
        """How long no kernel was launched, as the looks have it, since when, and how long it can
        have been in truth, from the look before to the look after. On a busy machine looks are
        late, and the program is."""
        quiet, found = None, []
        for before, line in zip(self.lines[1:], self.lines[2:]):
            if line["session"]["kernels"] > before["session"]["kernels"]:
                if quiet is not None:
                    found.append((self.seconds(before) - quiet, quiet, self.seconds(line) - earlier))
                quiet, earlier = self.seconds(line), self.seconds(before)
        return max(found)


def wait_for(what, seconds=30):
    """The first true value of what(), asked again and again."""
    end = time.monotonic() + seconds * SLOWER
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not in {seconds} s: {what}")
