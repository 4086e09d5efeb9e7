#!/usr/bin/env python3
"""gpuspy-top without a terminal: options, lines, JSON, and what lies in the folders."""
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

import tap

TOP = tap.built("tools", "gpuspy-top")
MAKE = tap.built("tests", "unit", "make-session")
LIBRARY = tap.built("preload", "libgpuspy.so")
SIMULATED = tap.built("tests", "sim", "lib")
CLIENT = tap.built("tests", "clients", "client-linked")


class Case(unittest.TestCase):
    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="gpuspy-top-")
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)
        self.environment = tap.environment(GPUSPY_DIR=self.base)

    def make(self, session, kind, *identity):
        subprocess.run([MAKE, os.path.join(self.base, session), kind, *map(str, identity)],
                       check=True)

    def said(self, *options, status=0, **environment):
        done = subprocess.run([TOP, *options], env={**self.environment, **environment},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60 * tap.SLOWER)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertNotIn(b"\x1b", done.stdout)
        self.errors = done.stderr.decode()
        return done.stdout.decode("utf-8")

    def top(self, *options, status=0, **environment):
        text = self.said(*options, status=status, **environment)
        if tap.SLOWER > 1 and not status:
            errors = self.errors
            seen = text if text and "--json" not in options else self.said(**environment)
            self.errors = errors
            unread = not text and "nothing is watched" not in seen
            if unread or re.search(r"\b[1-9][0-9,]* left out", seen):
                self.skipTest("it would need a machine that reads a session in 60 ms of processor time")
        return text

    def rows(self, *options, **environment):
        """The table as lists of words; the first is the header."""
        lines = self.top(*options, **environment).split("\n\n")[0].splitlines()
        start = next(i for i, line in enumerate(lines) if "COMMAND" in line)
        return [line.split() for line in lines[start:]]

    def job(self, job, **more):
        """A session that ended, of a job, an element of one, or of none; its name."""
        variables = {"SLURM_JOB_ID": job, "SLURM_STEP_ID": "0", **more} if job else {}
        before = set(os.listdir(self.base))
        subprocess.run([CLIENT, "20"], stdout=subprocess.DEVNULL, check=True,
                       env={**self.environment, "LD_PRELOAD": LIBRARY, "LD_LIBRARY_PATH": SIMULATED,
                            "GPUSPY_REPORT": "never", **variables})
        return (set(os.listdir(self.base)) - before).pop()

    def watched(self):
        process = subprocess.Popen(
            [CLIENT, "1000000000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**self.environment, "LD_PRELOAD": LIBRARY, "LD_LIBRARY_PATH": SIMULATED,
                 "GPUSPY_REPORT": "never"})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for _ in range(600):
            if re.search(rf"{process.pid} running +SIM YES", self.said()):
                return process
            time.sleep(0.05)
        self.fail("the client did not come")
        return None


class Options(Case):

    def test_help(self):
        self.assertIn("gpuspy-top", self.top("--help"))
        self.assertEqual(self.top("-h"), self.top("--help"))
        self.assertIn("gpuspy-top", self.top("--version"))
        self.assertIn("kern/s", self.top("-s", "help"))

    def test_errors_are_one_line(self):
        for words in (["--frobnicate"], ["x"], ["-d", "0.05"], ["-d", "101"], ["-d", "1s"],
                      ["-d", "nan"], ["-n", "0"], ["-n", "-1"], ["-n", "x"], ["-p", "x"],
                      ["-p", "1,"], ["-p", "0"], ["-s", "color"], ["-u", "no-such-user-here"],
                      ["--session", "../x"], ["-d"]):
            self.assertEqual(self.top(*words, status=2), "", words)
            self.assertEqual(self.errors.count("\n"), 1, words)

    def test_bad_folder_is_warned_of(self):
        self.top(GPUSPY_DIR="relative")
        self.assertEqual(self.errors.count("\n"), 1)

    def test_samples(self):
        self.assertEqual(self.top().count("gpuspy-top  "), 1)
        self.assertEqual(self.top("-n", "3", "-d", "0.1").count("every 0.1 s"), 3)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            for option in [], ["--json"]:
                self.make("10-20", "training", 10, 20)
                done = subprocess.run([TOP, *option], env=self.environment, stdout=full,
                                      stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_endless_and_flushed(self):
        process = subprocess.Popen([TOP, "-b", "-d", "0.1"], env=self.environment,
                                   stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        for _ in range(3):
            while b"every" not in process.stdout.readline():
                pass
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20 * tap.SLOWER)


class Table(Case):
    def test_nothing(self):
        self.assertIn(f"nothing is watched in {self.base}", self.top())
        self.assertEqual(self.top("--json"), "")

    def test_ended(self):
        self.make("10-20", "training", 10, 20)
        self.make("named", "hidden", 11, 20)
        self.make("sim", "simulated", 12, 20)
        text = self.top()
        self.assertRegex(text, r"0 sessions  0 running  3 ended")
        header, *rows = self.rows()
        self.assertEqual(header[:4], ["PID", "STATE", "GPU", "KERN/s"])
        by_pid = {row[0]: row for row in rows}
        self.assertEqual(by_pid["10"][:8],
                         ["10", "exited", "YES", "-", "12,345", "-", "2", "0:34"])
        self.assertEqual(by_pid["11"][1:3], ["ended", "NO"])
        self.assertEqual(by_pid["12"][1:4], ["exited", "SIM", "YES"])
        self.assertIn("\\xff\\xfe \\x1b]0;title\\x07", text)

    def test_sort_and_filter(self):
        self.make("a", "training", 10, 20)
        self.make("b", "hidden", 11, 20)
        for sort, first in ("pid", "10"), ("command", "10"), ("kernels", "10"), ("gpu", "10"):
            self.assertEqual(self.rows("-s", sort)[1][0], first)
        self.assertEqual([r[0] for r in self.rows("-F", "FIT.py")[1:]], ["11"])
        self.assertEqual([r[0] for r in self.rows("-p", "10,99")[1:]], ["10"])
        self.assertEqual([r[0] for r in self.rows("--session", "b")[1:]], ["11"])
        text = self.top("-F", "nobody")
        self.assertIn('The filter "nobody" hides 2 processes.', text)
        self.assertNotIn("nothing is watched", text)
        self.assertIn("No session is named nosuch: --session hides 2 others.",
                      self.top("--session=nosuch"))
        self.assertIn("--pid hides 2 processes.", self.top("-p", "99999"))

    def test_wide_columns(self):
        self.make("a", "training", 10, 20)
        for columns, there in ("40", False), ("200", True):
            self.assertEqual("BLAS/s" in self.rows(COLUMNS=columns)[0], there)

    def test_tree(self):
        self.make("a", "training", 10, 20)
        self.make("a", "training", 11, 20)
        text = self.top("-t")
        self.assertIn("session a (2 processes)", text)
        self.assertIn("24,690", text)

    def test_running(self):
        process = self.watched()
        text = self.top("-n", "3", "-d", "0.3")
        samples = [[line.split() for line in part.splitlines() if line[1:].split()[:1] ==
                    [str(process.pid)]][0] for part in text.split("\n\n") if "COMMAND" in part]
        self.assertEqual(samples[0][1:5], ["running", "SIM", "YES", "-"])
        self.assertEqual(samples[2][1:4], ["active", "SIM", "YES"])
        self.assertRegex(samples[2][4], r"^[1-9]")

    def test_killed(self):
        process = self.watched()
        top = subprocess.Popen([TOP, "-b", "-d", "0.1"], env=self.environment,
                               stdout=subprocess.PIPE, text=True)
        self.addCleanup(top.stdout.close)
        self.addCleanup(top.wait)
        self.addCleanup(top.kill)
        seen = []
        for line in top.stdout:
            words = line[1:].split()
            if words[:1] != [str(process.pid)]:
                continue
            seen.append(words[1])
            if words[1] == "active" and process.poll() is None:
                process.kill()
            elif words[1] == "zombie":
                process.wait()
            elif words[1] in ("killed", "ended"):
                break
        # The signal was known while nobody had waited for it.
        if "zombie" in seen:
            self.assertEqual(words[1:3], ["killed", "9"])

    def test_no_job(self):
        self.job(None)
        self.assertNotIn("JOB", self.rows()[0])

    def test_jobs(self):
        """A column, a filter, and a line for each job over its sessions."""
        sessions = [self.job("1234", SLURM_PROCID="0"), self.job("1234", SLURM_PROCID="1"),
                    self.job("12", SLURM_ARRAY_JOB_ID="9", SLURM_ARRAY_TASK_ID="5"), self.job(None)]
        header, *rows = self.rows()
        column = header.index("JOB")
        self.assertEqual(sorted(row[column] for row in rows), ["-", "1234", "1234", "9_5"])
        header, *rows = self.rows("-s", "job")
        self.assertEqual([row[column] for row in rows], ["9_5", "1234", "1234", "-"])
        for words, found in ("job:1234", 2), ("job:123", 0), ("job:9", 1), ("job:9_5", 1), ("9_5", 1), \
                ("job:", 0):
            lines = self.top("-F", words).splitlines()
            self.assertEqual(sum("client-linked" in line for line in lines), found, words)
        lines = [line.split() for line in self.top("-t").splitlines()]
        jobs = {line[line.index("job") + 1]: line for line in lines if "job" in line}
        self.assertEqual(sorted(jobs), ["1234", "9_5"])
        self.assertEqual(jobs["1234"][-4:], ["job", "1234", "(2", "sessions)"])
        self.assertIn("400", jobs["1234"])
        self.assertIn("200", jobs["9_5"])
        # Each session once, those of a job below its line.
        order = [words[words.index("job") + 1] if "job" in words else words[words.index("session") + 1]
                 for words in lines if "job" in words or "session" in words]
        at = order.index("1234")
        self.assertEqual(set(order[at + 1:at + 3]), set(sessions[:2]))
        self.assertEqual(sorted(order), sorted(sessions + ["1234", "9_5"]))


class Driver(Case):
    """The driver's own figures, where NVML is."""

    def test_same_device(self):
        self.make("10-20", "training", 10, 20)
        del self.environment["FAKE_NVML_FAILS"]
        text = self.top(COLUMNS="120")
        self.assertRegex(text, r"GPU 0 Fake \\x1b\[31mGPU  watched 0\.0 of 64 GiB .*"
                               r"driver says 37% busy")
        self.assertEqual(text.count("GPU 0 "), 1)

    def test_memory_in_use(self):
        self.make("10-20", "training", 10, 20)
        del self.environment["FAKE_NVML_FAILS"]
        self.assertRegex(self.top(COLUMNS="140"), r"driver says 37% busy  4\.0 GiB used")

    def test_process(self):
        """What the driver says of a process stands in its line, and in nobody else's."""
        one, other = self.watched(), self.watched()
        del self.environment["FAKE_NVML_FAILS"]
        file = os.path.join(self.base, "pid")
        with open(file, "w", encoding="ascii") as written:
            written.write(str(one.pid))
        header, *rows = self.rows("-C", COLUMNS="220", FAKE_NVML_PID_FILE=file)
        self.assertIn("DRV%", header)
        self.assertIn("DRVMEM", header)
        lines = {int(row[0]): row for row in rows}
        self.assertEqual([w for w in lines[one.pid] if w in ("29", "3.00G")], ["29", "3.00G"])
        self.assertNotIn("3.00G", lines[other.pid])
        sample = json.loads(self.top("--json", "-p", str(one.pid), FAKE_NVML_PID_FILE=file))
        self.assertEqual(sample["sample"]["processes"][0]["driver"],
                         {"busy_percent": 29.0, "memory_bytes": 3 << 30})

    def test_absent(self):
        self.make("10-20", "training", 10, 20)
        text = self.top(COLUMNS="220")
        self.assertNotIn("DRV", text)
        self.assertNotIn("driver", text)

    def test_another_device(self):
        del self.environment["FAKE_NVML_FAILS"]
        text = self.top(FAKE_NVML_OTHER="1")
        self.assertRegex(text, "not used by what is watched +driver says 37% busy")

    def test_no_driver(self):
        self.assertNotIn("GPU 0", self.top())


class Json(Case):
    def objects(self, *options):
        return [json.loads(line) for line in self.top("--json", *options).splitlines()]

    def test_schema(self):
        self.make("10-20", "training", 10, 20)
        self.make("named", "hidden", 11, 20)
        objects = self.objects()
        self.assertEqual({o["session"] for o in objects}, {"10-20", "named"})
        one = next(o for o in objects if o["session"] == "10-20")
        self.assertEqual((one["schema"], one["verdict"]), (1, "gpu-work"))
        self.assertEqual(one["totals"]["kernels"], 12345)
        self.assertIsNone(one["sample"]["seconds"])
        self.assertIsNone(one["sample"]["per_second"]["kernels"])
        self.assertEqual(one["sample"]["processes"][0]["state"], "exited")
        self.assertEqual(len(self.objects("-F", "fit.py")), 1)

    def test_rates(self):
        process = self.watched()
        objects = self.objects("-n", "3", "-d", "0.3")
        self.assertEqual(len(objects), 3)
        last = objects[-1]["sample"]
        self.assertGreater(last["per_second"]["kernels"], 0)
        self.assertGreaterEqual(last["seconds"], 0.3)
        self.assertEqual(last["processes"][0]["pid"], process.pid)
        self.assertEqual(last["processes"][0]["state"], "active")


class Bounds(Case):
    """What one user lays out costs a bounded time and memory in each sample."""

    HEADER, ROWS, STRINGS, BLOCKS = 4096, 8192, 1 << 20, 4096
    PLACES_AT, PID_AT, COUNTS_AT = 48, 80, 144

    def setUp(self):
        """Where the parts of a segment stand: the header says it."""
        super().setUp()
        self.make("s", "training", 10, 20)
        with open(os.path.join(self.base, "s", "10-20-0.seg"), "rb") as file:
            header = file.read(self.HEADER)
        self.ROWS_AT, self.STRINGS_AT, self.BLOCKS_AT, self.STRIDE = struct.unpack_from(
            "<4Q", header, self.PLACES_AT)
        self.assertEqual((self.STRINGS_AT - self.ROWS_AT, self.BLOCKS_AT - self.STRINGS_AT,
                          self.STRIDE), (self.ROWS * 64, self.STRINGS, self.ROWS * 16))
        self.assertEqual(struct.unpack_from("<i", header, self.PID_AT), (10,))
        self.assertEqual(struct.unpack_from("<II", header, self.COUNTS_AT + 16), (4, 1024))

    def hostile(self, count, fill=lambda fd: None):
        """Segments at all limits, sparse."""
        folder = os.path.join(self.base, "s")
        path = os.path.join(folder, "10-20-0.seg")
        with open(path, "rb") as file:
            header = bytearray(file.read(self.HEADER))
        os.unlink(path)
        struct.pack_into("<6I", header, self.COUNTS_AT, 32, 256, self.ROWS, self.STRINGS,
                         self.BLOCKS, self.ROWS)
        for i in range(count):
            struct.pack_into("<i", header, self.PID_AT, 1000 + i)
            fd = os.open(os.path.join(folder, f"{1000 + i}-20-0.seg"), os.O_RDWR | os.O_CREAT,
                         0o600)
            os.pwrite(fd, header, 0)
            os.ftruncate(fd, self.BLOCKS_AT + self.BLOCKS * self.STRIDE)
            fill(fd)
            os.close(fd)

    def cost(self, samples=4):
        """Processor time of a sample beyond the first one, in seconds; the most memory in MiB."""
        used = []
        for n in 1, samples:
            process = subprocess.Popen([TOP, "-b", "-n", str(n), "-d", "0.1"],
                                       env={**self.environment, "COLUMNS": "120"},
                                       stdout=subprocess.PIPE)
            self.text = process.stdout.read().decode()
            process.stdout.close()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
            self.assertEqual(status, 0)
            used.append(usage.ru_utime + usage.ru_stime)
        return (used[1] - used[0]) / (samples - 1), usage.ru_maxrss / 1024

    def base_memory(self):
        """Of a sample of one small segment."""
        done = subprocess.Popen([TOP, "-b", "-n", "1"], env=self.environment,
                                stdout=subprocess.DEVNULL)
        _, _, usage = os.wait4(done.pid, 0)
        done.returncode = 0
        return usage.ru_maxrss / 1024

    def test_sparse(self):
        before = self.base_memory()
        self.hostile(1000)
        seconds, memory = self.cost()
        self.assertRegex(self.text, r"\b[1-9][0-9,]* left out")
        self.assertLess(seconds, 0.1 * tap.SLOWER)
        self.assertLess(memory - before, 20)

    def test_full(self):
        before = self.base_memory()

        def fill(fd):
            rows = b"".join(struct.pack("<BBhIIiQQQQQQ", 1, row % 9, -1,
                                        row * 120 % (self.STRINGS - 2000) + 1, 1, *[0] * 7)
                            for row in range(self.ROWS))
            os.pwrite(fd, rows, self.ROWS_AT)
            os.pwrite(fd, b"\0" + (b"x" * 900 + b"\0") * 1163, self.STRINGS_AT)
            os.pwrite(fd, struct.pack("<QQ", 1, 0) * self.ROWS, self.BLOCKS_AT)
        self.hostile(60, fill)
        seconds, memory = self.cost()
        self.assertRegex(self.text, r"\b[1-9][0-9,]* left out")
        self.assertLess(seconds, 0.1 * tap.SLOWER)
        self.assertLess(memory - before, 20)

    def test_many_blocks(self):
        def fill(fd):
            for block in range(self.BLOCKS):
                os.pwrite(fd, b"\1", self.BLOCKS_AT + block * self.STRIDE + self.STRIDE - 1)
        self.hostile(3, fill)
        seconds, _ = self.cost()
        self.assertRegex(self.text, "3 left out")
        self.assertLess(seconds, 0.1 * tap.SLOWER)

    def test_many_threads_are_counted(self):
        """A process with blocks beyond those that are read at once, and holes between them."""
        path = os.path.join(self.base, "s", "10-20-0.seg")
        with open(path, "r+b") as file:
            file.seek(self.COUNTS_AT + 16)
            file.write(struct.pack("<I", 1000))
            file.truncate(self.BLOCKS_AT + 1000 * self.STRIDE)
            file.seek(self.BLOCKS_AT)
            rows = file.read(1024 * 16)
            file.seek(self.BLOCKS_AT + 999 * self.STRIDE)
            file.write(rows)
        more = json.loads(self.top("--json"))["totals"]
        self.assertGreater(more["kernels"], 12345)
        self.assertNotIn("left out", self.top())

    def test_living_come_first(self):
        process = self.watched()
        self.hostile(300)
        self.assertRegex(self.top(COLUMNS="120"), rf"{process.pid} running .*SIM YES")


class Folders(Case):
    def test_no_is_not_said_of_what_was_not_read(self):
        self.make("s", "hidden", 11, 20)
        self.assertEqual(json.loads(self.top("--json"))["verdict"], "gpu-unavailable")
        with open(os.path.join(self.base, "s", "3-4-0.seg"), "wb") as file:
            file.write(b"GPUSPYSG" + bytes(2000000))
        self.assertEqual(json.loads(self.top("--json"))["verdict"], "unknown")

    def test_no_is_not_said_where_a_record_was_lost(self):
        for name, content in (("3-4-0.lost", b""),
                              *(("run", b"GPUSPYR1" + struct.pack(f"<{len(page)}I", *page))
                                for page in ((1, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 0, 1, 0), (0, 0, 0, 0, 1)))):
            self.make("s", "hidden", 11, 20)
            self.assertEqual(json.loads(self.top("--json"))["verdict"], "gpu-unavailable")
            with open(os.path.join(self.base, "s", name), "wb") as file:
                file.write(content)
            self.assertEqual(json.loads(self.top("--json"))["verdict"], "unknown", name)
            shutil.rmtree(os.path.join(self.base, "s"))

    def test_folded_are_counted_while_they_come(self):
        self.make("s", "hidden", 11, 20)
        self.assertEqual(json.loads(self.top("--json"))["folded"], 0)
        path = os.path.join(self.base, "s", "folded")
        with open(path, "wb") as file:
            file.write(b"GPUSPYF4" + struct.pack("<3Q96x", 3, 0, 0))
        os.utime(os.path.join(self.base, "s"), (1, 1))  # long unchanged
        top = subprocess.Popen([TOP, "--json", "-n", "100", "-d", "0.1"], env=self.environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(top.stdout.close)
        self.addCleanup(top.wait)
        self.addCleanup(top.kill)
        self.assertEqual(json.loads(top.stdout.readline())["folded"], 3)
        with open(path, "r+b") as file:
            file.write(b"GPUSPYF4" + struct.pack("<3Q96x", 4, 0, 0))
        self.assertIn(4, (json.loads(top.stdout.readline())["folded"] for _ in range(90)))

    def test_alien_things(self):
        self.make("10-20", "training", 10, 20)
        folder = os.path.join(self.base, "10-20")
        os.mkfifo(os.path.join(folder, "1-2-0.seg"))
        os.symlink("10-20-0.seg", os.path.join(folder, "1-2-1.seg"))
        with open(os.path.join(folder, "3-4-0.seg"), "wb") as file:
            file.write(b"GPUSPYSG" + bytes(5000))
        with open(os.path.join(folder, "notes.txt"), "wb") as file:
            file.write(b"none of ours")
        os.symlink("10-20", os.path.join(self.base, "linked"))
        os.mkfifo(os.path.join(self.base, "fifo"))
        text = self.top(COLUMNS="120")
        self.assertIn("0 sessions  0 running  1 ended  5 unreadable", text)

    def test_changes_are_noticed(self):
        self.make("10-20", "training", 10, 20)
        top = subprocess.Popen([TOP, "-b", "-d", "0.1"], env={**self.environment, "COLUMNS": "120"},
                               stdout=subprocess.PIPE, text=True)
        self.addCleanup(top.stdout.close)
        self.addCleanup(top.wait)
        self.addCleanup(top.kill)

        def until(words):
            for line in top.stdout:
                if words in line:
                    return
        until("1 ended")
        self.make("10-20", "training", 11, 20)
        until("2 ended")
        self.make("other", "training", 12, 20)
        until("3 ended")
        os.truncate(os.path.join(self.base, "other", "12-20-0.seg"), 10)
        shutil.rmtree(os.path.join(self.base, "10-20"))
        until(" 1 ended")
        shutil.rmtree(self.base)
        until("nothing is watched")
        os.mkdir(self.base, 0o700)
        self.make("new", "training", 13, 20)
        until(" 1 ended")

    @unittest.skipUnless(os.geteuid() == 0, "only root sees other users' folders")
    def test_other_users(self):
        del self.environment["GPUSPY_DIR"]
        uid, alien = 3999999901, 3999999902
        folders = [f"/dev/shm/gpuspy-{n}" for n in (uid, alien, f"0{uid}")]
        for folder in folders:
            self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
            os.mkdir(folder, 0o700)
            subprocess.run([MAKE, folder + "/10-20", "training", "10", "20"], check=True)
        for path in folders[0], folders[0] + "/10-20", folders[0] + "/10-20/10-20-0.seg":
            os.chown(path, uid, uid)
        # The second one is root's, whatever its name says; the third is no name of ours.
        text = self.top("-F", str(uid))
        self.assertIn("exited", text)
        self.assertNotIn(str(alien), text)
        self.assertIn("10-20", self.top("-t", "-u", str(uid)))
        self.assertIn("nothing is watched", self.top("-u", str(alien)))

    @unittest.skipUnless(os.geteuid() == 0, "makes a link of another user")
    def test_links_on_the_way(self):
        way = os.path.join(self.base, "way")
        os.makedirs(os.path.join(self.base, "real", "inner"))
        self.make("real/inner/10-20", "training", 10, 20)
        os.symlink("real", way)
        inner = os.path.join(way, "inner")
        self.assertIn("R train.R", self.top(GPUSPY_DIR=inner))
        os.chown(way, 65534, 65534, follow_symlinks=False)
        text = self.top(GPUSPY_DIR=inner, COLUMNS="120")
        self.assertNotIn("R train.R", text)
        self.assertIn("1 unreadable", text)

    @unittest.skipUnless(os.geteuid() == 0, "root can become somebody else")
    def test_not_root(self):
        del self.environment["GPUSPY_DIR"]
        try:
            done = subprocess.run([TOP, "-u", "all"], env=self.environment, user=3999999903,
                                  group=3999999903, extra_groups=[], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        except PermissionError:
            self.skipTest("another user cannot run what was built here")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"visible to root only", done.stderr)
        self.assertIn(b"nothing is watched in /dev/shm/gpuspy-3999999903", done.stdout)

    def test_many_changes_while_reading(self):
        """Files that come, go and are cut while they are read."""
        top = subprocess.Popen([TOP, "-b", "-d", "0.1", "-n", "20"], env=self.environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(top.stderr.close)
        n = 0
        while top.poll() is None:
            n += 1
            self.make(f"s{n % 7}", "training", 100 + n % 31, 20)
            path = os.path.join(self.base, f"s{(n + 3) % 7}")
            if n % 5 == 0:
                shutil.rmtree(path, ignore_errors=True)
            elif n % 3 == 0 and os.path.isdir(path):
                for name in os.listdir(path)[:2]:
                    os.truncate(os.path.join(path, name), n * 997 % 2000000)
        self.assertEqual((top.returncode, top.stderr.read()), (0, b""))


if __name__ == "__main__":
    tap.main()
