#!/usr/bin/env python3
"""gpuspy report, list and run, on made-up sessions. Arguments: gpuspy, make-session."""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import json_schema  # noqa: E402

GPUSPY, MAKE = sys.argv[1:3]
# How often as long all may take here (tests/arm64/run.py).
SLOWER = int(os.environ.get("GPUSPY_SLOWER", 1))
# bash may lose a signal that comes between its echo and its exec.
PLAIN = """exec "%s" -c "
import signal
for name in 'HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'USR2':
    signal.signal(getattr(signal, 'SIG' + name), signal.SIG_DFL)
print('ready', flush=True)
signal.pause()
" """ % sys.executable
LAYERS = ["driver", "runtime", "cudnn", "cublas", "cufft", "curand", "cusolver", "cusparse", "nccl",
          "cutensor", "tensorrt"]


def most_memory(kilobytes):
    """What the peak of a child may be: exec(2) leaves it this process's own, if that is more. What is
    touched is whole pages: with 16 KiB it was 30 MB where it is 18 with 4."""
    if resource.getpagesize() > 4096:
        kilobytes *= 2
    return max(kilobytes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + 1)


class Case(unittest.TestCase):
    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="gpuspy-test-")
        self.addCleanup(shutil.rmtree, self.base)
        self.environment = {k: v for k, v in os.environ.items()
                            if not k.startswith("GPUSPY_") and k != "LD_PRELOAD"}
        self.environment.update(GPUSPY_DIR=self.base, LC_ALL="C")

    def make(self, session, kind, *identity):
        subprocess.run([MAKE, os.path.join(self.base, session), kind, *map(str, identity)],
                       check=True)

    def gpuspy(self, *arguments, **environment):
        return subprocess.run([GPUSPY, *arguments], env={**self.environment, **environment},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60 * SLOWER)

    def one_line(self, text):
        self.assertEqual(text.count(b"\n"), 1, text)
        self.assertTrue(text.endswith(b"\n"))


class Usage(Case):
    def test_help_and_version(self):
        for command in [], ["run"], ["report"], ["list"]:
            for option in "--help", "--usage", "--version":
                done = self.gpuspy(*command, option)
                self.assertEqual((done.returncode, done.stderr), (0, b""), command)
                self.assertIn(b"gpuspy", done.stdout)
        self.assertIn(b"doctor", self.gpuspy("--help").stdout)

    def test_help_as_others_have_it(self):
        for words, like in (["-h"], ["--help"]), (["help"], ["--help"]), \
                (["help", "help"], ["--help"]), (["help", "run"], ["run", "--help"]), \
                (["run", "-h"], ["run", "--help"]), (["report", "-h"], ["report", "--help"]):
            done = self.gpuspy(*words)
            self.assertEqual((done.returncode, done.stderr), (0, b""), words)
            self.assertEqual(done.stdout, self.gpuspy(*like).stdout, words)

    def test_a_program_instead_of_a_command(self):
        done = self.gpuspy("sh", "x.sh", "a\x1b")
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.one_line(done.stderr)
        self.assertIn(b"did you mean `gpuspy run sh x.sh a\\x1b'?", done.stderr)
        self.assertIn(b"did you mean `gpuspy-top'?", self.gpuspy("top").stderr)
        done = self.gpuspy("frobnicate")
        self.assertIn(b"(run, report, list, doctor", done.stderr)
        self.assertNotIn(b"did you mean", done.stderr)

    def test_errors_are_one_line(self):
        for arguments in ([], ["frobnicate"], ["help", "frobnicate"], ["--frobnicate"], ["run"], ["run", "--json"],
                          ["run", "--frobnicate", "true"], ["run", "--require=0", "true"],
                          ["run", "--require=-1", "true"], ["run", "--require=2x", "true"],
                          ["run", "--require=0x10", "true"], ["report", "--frobnicate"],
                          ["report", "1", "2"], ["report", "--last", "1"], ["list", "x"]):
            done = self.gpuspy(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, b""), arguments)
            self.one_line(done.stderr)


class Report(Case):
    def report(self, *arguments):
        done = self.gpuspy("report", "--json", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        report = json.loads(done.stdout.decode("utf-8"))
        self.assertEqual(json_schema.faults(report), [])
        return report

    def test_schema_finds_faults(self):
        self.make("10-20", "training", 10, 20)
        good = self.report()
        for change in ({"verdict": "maybe"}, {"totals": None}, {"schema": 2}, {"more": 1},
                       {"gaps": [{"code": 1}]}, {"thin": 0}):
            self.assertNotEqual(json_schema.faults({**good, **change}), [], change)
        for name in good:
            self.assertNotEqual(json_schema.faults({k: v for k, v in good.items() if k != name}),
                                [], name)

    def test_every_member_is_in_the_manual(self):
        page = os.path.join(json_schema.SOURCE, "tools", "man", "gpuspy-json.5")
        with open(page, encoding="utf-8") as file:
            words = file.read().replace("\\-", "-")
        for name in sorted(json_schema.member_names()):
            self.assertRegex(words, rf"\n\.BR {name}[ \n]", name)

    def test_every_gap_is_in_the_manual(self):
        with open(os.path.join(json_schema.SOURCE, "preload", "report", "gaps.c"),
                  encoding="utf-8") as file:
            codes = re.findall(r'\] = \{ "([a-z-]+)", (NULL|"[a-z-]+")', file.read())
        with open(os.path.join(json_schema.SOURCE, "tools", "man", "gpuspy-json.5"),
                  encoding="utf-8") as file:
            words = file.read().replace("\\-", "-")
        self.assertGreater(len(codes), 30)
        for code, reason in codes:
            self.assertIn(f"\n.BR {code}" + (' " *"' if reason != "NULL" else "") + "\n", words)

    def test_marks_are_escaped(self):
        self.make("10-20", "marks", 10, 20)
        marks = "\x7f\x85\u061c\u200f\u2028\u2029\u202e\u2067"
        for option in ["--json"], []:
            said = self.gpuspy("report", *option).stdout.decode("utf-8")
            self.assertEqual([c for c in said if c in marks], [], option)
            self.assertIn("\u00e4\u6f22\U0001f600", said)
        self.assertIn(marks, self.report()["processes"][0]["command"])

    def test_another_version(self):
        self.make("10-20", "version", 10, 20)
        done = self.gpuspy("report", "10-20")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.one_line(done.stderr)
        self.assertIn(b"another version of gpuspy", done.stderr)
        self.make("10-20", "hidden", 11, 20)
        report = self.report()
        self.assertEqual((report["verdict"], report["reason"]), ("unknown", "no-record"))
        self.assertEqual(report["also"][0]["reason"], "devices-hidden")

    def test_at_least(self):
        self.make("10-20", "partly", 10, 20)
        report = self.report()
        self.assertTrue(report["at_least"])
        self.assertIn(b"YES  at least 12,345 kernels", self.gpuspy("report").stdout)

    def test_nothing(self):
        for arguments in [], ["--json"], ["--last"], ["123"], ["name"], ["../x"], [""]:
            done = self.gpuspy("report", *arguments)
            self.assertEqual((done.returncode, done.stdout), (1, b""), arguments)
            self.one_line(done.stderr)
        done = self.gpuspy("report", GPUSPY_DIR="/nonexistent")
        self.assertEqual(done.returncode, 1)

    def test_text(self):
        self.make("10-20", "training", 10, 20)
        done = self.gpuspy("report")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout.startswith(b"gpuspy: GPU work: YES  12,345 kernels ran"))
        self.assertNotIn(b"\x1b", done.stdout)

    def test_which_session(self):
        self.make("10-20", "training", 10, 20)
        self.make("named", "hidden", 11, 20)
        for which, verdict in (["10"], "gpu-work"), (["10-20"], "gpu-work"), \
                (["11"], "gpu-unavailable"), (["named"], "gpu-unavailable"), \
                ([], "gpu-work"), (["--last"], "gpu-work"):  # training ended later
            self.assertEqual(self.report(*which)["verdict"], verdict, which)

    def test_json(self):
        self.make("10-20", "training", 10, 20)
        report = self.report()
        self.assertEqual(report["schema"], 1)
        self.assertEqual(report["session"], "10-20")
        self.assertIs(report["simulated"], False)
        self.assertEqual((report["verdict"], report["reason"]), ("gpu-work", "completed"))
        self.assertTrue(report["summary"].startswith("12,345 kernels ran"))
        totals = report["totals"]
        self.assertEqual([totals[key] for key in (
            "kernels", "launches", "captured_launches", "graph_launches", "graph_kernels",
            "confirmed_kernels", "errors")], [12345, 12000, 5, 3, 345, 12345, 2])
        self.assertEqual(list(totals["calls"]), LAYERS)
        self.assertEqual(totals["calls"]["cudnn"], 4210)
        self.assertEqual(totals["memory"], {"allocations": 38, "frees": 30,
                         "allocated_bytes": 5 << 30, "live_bytes": 1 << 20,
                         "peak_bytes": 3435973837, "peak_is_minimum": False})
        self.assertEqual(totals["copies"]["device_to_host"], {"calls": 210, "bytes": 34 << 20})
        self.assertEqual(set(totals["copies"]), {"host_to_device", "device_to_host",
                         "device_to_device", "peer", "unified", "memset"})
        self.assertEqual(report["devices"][0]["uuid"], "GPU-abababab-abab-abab-abab-abababababab")
        self.assertEqual(report["devices"][0]["kernels"], 12345)
        self.assertEqual(report["kernels"][0], {"name": "ampere_sgemm_128x64_nn",
                         "launches": 4100, "captured_launches": 0, "device": 0})
        self.assertEqual(report["kernels"][2]["name"], "\xe4 \x1b[31mred\n\ufffd")
        failing = [f for f in report["functions"] if f["errors"]]
        self.assertEqual(failing, [{"layer": "driver", "library": "libcuda.so.1",
                         "name": "cuMemAlloc_v2", "calls": 40, "errors": 2,
                         "last_error": "CUDA_ERROR_OUT_OF_MEMORY", "own_calls": 0}])
        missing = [l for l in report["libraries"] if not l["loaded"]]
        self.assertEqual(missing[0]["name"], "libnvToolsExt.so.1")
        self.assertIsNone(missing[0]["path"])
        process = report["processes"][0]
        self.assertEqual((process["pid"], process["state"], process["seconds"]),
                         (10, "exited", 34.2))
        self.assertEqual(process["started"], "2023-11-14T22:13:20.000Z")
        self.assertEqual(process["totals"], totals)

    def test_unknown_is_null(self):
        self.make("11-20", "hidden", 11, 20)
        report = self.report()
        self.assertEqual(report["reason"], "devices-hidden")
        self.assertIsNone(report["driver"]["version"])
        self.assertIsNone(report["processes"][0]["seconds"])
        self.assertIsNone(report["processes"][0]["ended"])
        self.assertEqual(report["processes"][0]["state"], "ended")
        self.assertEqual(report["processes"][0]["command"],
                         "python3 fit.py \ufffd\ufffd \x1b]0;title\x07")
        self.assertIsNone(report["libraries"][0]["version"])

    def test_huge_counts_stay_integers(self):
        self.make("10-20", "huge", 10, 20)
        value = self.report()["totals"]["memory"]["allocated_bytes"]
        self.assertEqual(value, 2 ** 63 - 1)

    def test_simulated(self):
        self.make("10-20", "simulated", 10, 20)
        self.assertIs(self.report()["simulated"], True)
        self.assertIn(b"YES  SIMULATED  12,345", self.gpuspy("report").stdout.splitlines()[0])

    def test_several_images_and_processes(self):
        self.make("10-20", "training", 10, 20, 0)
        self.make("10-20", "training", 10, 20, 1)
        self.make("10-20", "training", 11, 20, 0)
        report = self.report()
        self.assertEqual([p["images"] for p in report["processes"]], [2, 1])
        self.assertEqual(report["totals"]["kernels"], 3 * 12345)

    def test_closed_output(self):
        self.make("10-20", "training", 10, 20)
        with open("/dev/full", "wb") as full:
            for words, status in ((["report"], 1), (["report", "--json"], 1), (["list"], 1), (["doctor"], 125),
                                  (["doctor", "--config"], 125)):
                done = subprocess.run([GPUSPY, *words], env=self.environment, stdout=full,
                                      stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, status, words)
                self.one_line(done.stderr)

    def test_broken_segments(self):
        self.make("10-20", "training", 10, 20)
        os.mkfifo(os.path.join(self.base, "10-20", "1-2-0.seg"))
        os.symlink("10-20-0.seg", os.path.join(self.base, "10-20", "1-2-1.seg"))
        os.mkdir(os.path.join(self.base, "empty"))
        os.mkfifo(os.path.join(self.base, "fifo"))
        self.assertEqual([(g["code"], g["count"], g["pid"]) for g in self.report()["gaps"]],
                         [("records-unreadable", 2, None)])
        done = self.gpuspy("report", "empty")
        self.assertEqual(done.returncode, 1)
        self.one_line(done.stderr)


class List(Case):
    def test_list(self):
        self.assertEqual(self.gpuspy("list").returncode, 0)
        self.make("10-20", "training", 10, 20)
        self.make("named", "hidden", 11, 20)
        lines = self.gpuspy("list").stdout.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertIn(b"named", lines[1])
        self.assertRegex(lines[1], b" NO +devices-hidden ")
        self.assertRegex(lines[2], b" YES +completed ")
        self.assertNotIn(b"\x1b", lines[1])
        self.make("4194304-999999999-0a1b2c3d", "training", 12, 20)
        lines = self.gpuspy("list").stdout.splitlines()
        self.assertEqual({line.find(b" ended ") for line in lines[1:]}, {lines[0].find(b" STATE ")}, lines)
        # Of those that began in the same second any is first.
        self.assertEqual([b"R train.R" in line for line in lines if line.startswith(b"10-20 ")], [True], lines)


class Unseen(Case):
    """What cannot be read is never taken for nothing."""

    def both(self, words, **environment):
        for command in ["list"], ["report"], ["report", "--last"], ["report", "7"]:
            done = self.gpuspy(*command, **environment)
            self.assertEqual((done.returncode, done.stdout), (1, b""), command)
            self.one_line(done.stderr)
            self.assertRegex(done.stderr, words)

    def test_a_folder_that_cannot_be_read(self):
        self.both(b"no folder", GPUSPY_DIR="/etc/passwd")
        self.both(b"no folder", GPUSPY_DIR="/etc/passwd/x")
        if os.geteuid() != 0:
            os.chmod(self.base, 0)
            self.both(b"Permission denied")
            os.chmod(self.base, 0o700)

    def test_another_version(self):
        self.make("10-20", "newer", 10, 20)
        self.both(b"1 session in .* could not be read")
        done = self.gpuspy("report", "10-20")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.one_line(done.stderr)
        self.make("11-20", "training", 11, 20)
        done = self.gpuspy("list")
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (1, 2))
        self.assertEqual(self.gpuspy("report").returncode, 0)

    def test_no_memory(self):
        self.make("10-20", "training", 10, 20)
        for command in "list", "report":
            done = subprocess.run(["bash", "-c", 'ulimit -n 5; exec "$0" "$1"', GPUSPY, command],
                                  env=self.environment, capture_output=True)
            self.assertEqual((done.returncode, done.stdout), (1, b""), command)
            self.one_line(done.stderr)

    def test_segments_that_cannot_be_read_forbid_a_no(self):
        self.make("10-20", "hidden", 10, 20)
        self.make("10-20", "newer", 11, 20)
        report = json.loads(self.gpuspy("report", "--json").stdout)
        self.assertEqual((report["verdict"], report["reason"]), ("unknown", "no-record"))
        self.assertRegex(self.gpuspy("list").stdout, b" UNKNOWN +no-record ")
        self.make("10-20", "training", 12, 20)
        self.assertEqual(json.loads(self.gpuspy("report", "--json").stdout)["verdict"], "gpu-work")

    def test_counters_in_private_memory_forbid_a_no(self):
        self.make("10-20", "partial", 10, 20)
        report = json.loads(self.gpuspy("report", "--json").stdout)
        self.assertEqual((report["verdict"], report["reason"]), ("unknown", "no-record"))

    def test_links_are_not_followed(self):
        self.make("10-20", "training", 10, 20)
        link = self.base + "-link"
        os.symlink(self.base, link)
        self.addCleanup(os.unlink, link)
        self.both(b"no folder, or behind", GPUSPY_DIR=link)
        os.symlink("10-20", os.path.join(self.base, "11-20"))
        self.assertEqual(len(self.gpuspy("list").stdout.splitlines()), 2)
        done = self.gpuspy("report", "11-20")
        self.assertEqual((done.returncode, done.stdout), (1, b""))

    def test_the_way_there(self):
        """A link of root's or of one's own may be on it, nobody else's."""
        self.make("sessions", "training", 10, 20)
        way = tempfile.mkdtemp(prefix="gpuspy-test-")
        self.addCleanup(shutil.rmtree, way)
        os.symlink(os.path.dirname(self.base), os.path.join(way, "a"))
        os.symlink("a", os.path.join(way, "b"))
        place = os.path.join(way, "b", os.path.basename(self.base))
        self.assertEqual(self.gpuspy("report", GPUSPY_DIR=place).returncode, 0)
        os.symlink("loop", os.path.join(way, "loop"))
        self.both(b"behind somebody's link", GPUSPY_DIR=os.path.join(way, "loop", "x"))
        if os.geteuid() != 0:
            self.skipTest("only root can make another user's link")
        os.chown(os.path.join(way, "b"), 65534, 65534, follow_symlinks=False)
        self.both(b"behind somebody's link", GPUSPY_DIR=place)

    @unittest.skipUnless(os.geteuid() == 0, "only root can give folders away")
    def test_a_folder_is_of_the_user_of_its_name(self):
        self.make("10-20", "training", 10, 20)
        for uid, owner, status in (0, 0, 0), (65534, 65534, 0), (65534, 0, 1), (0, 65534, 1):
            with tempfile.TemporaryDirectory() as folder:
                place = os.path.join(folder, f"gpuspy-{uid}")
                shutil.copytree(self.base, place)
                os.chown(place, owner, -1)
                os.chown(os.path.join(place, "10-20"), owner, -1)
                if status:
                    self.both(b"is of another user", GPUSPY_DIR=place)
                else:
                    self.assertEqual(self.gpuspy("report", GPUSPY_DIR=place).returncode, 0)
                    os.chown(os.path.join(place, "10-20"), 1234, -1)
                    self.both(b"1 session in", GPUSPY_DIR=place)

    def test_a_thousand_files_at_all_limits(self):
        folder = os.path.join(self.base, "10-20")
        self.make("10-20", "hostile", 10, 20, 0)
        first = os.path.join(folder, "10-20-0.seg")
        with open(first, "rb") as file:
            header = file.read(4096)
        os.unlink(first)
        for i in range(1000):
            with open(os.path.join(folder, f"10-20-{i}.seg"), "wb") as file:
                file.write(header[:92] + i.to_bytes(4, sys.byteorder) + header[96:])
                file.truncate(0x200000 if i % 2 else 0x1e000000)
        for command in "list", "report":
            with subprocess.Popen([GPUSPY, command], env=self.environment,
                                  stdout=subprocess.DEVNULL,
                                  preexec_fn=lambda: resource.setrlimit(
                                      resource.RLIMIT_CPU, (5 * SLOWER, 5 * SLOWER))) as process:
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            self.assertLess(used.ru_maxrss, most_memory(20 << 10), command)
            self.assertLess(used.ru_utime + used.ru_stime, SLOWER, command)

    def hostile_with_rows(self, sessions):
        """A thousand files of another user, with two pages each: some rows, and a claim of 4,096
        blocks."""
        self.make("10-20", "hostile", 10, 20, 0)
        first = os.path.join(self.base, "10-20", "10-20-0.seg")
        with open(first, "rb") as file:
            header = file.read(4096)
        shutil.rmtree(os.path.join(self.base, "10-20"))
        row = bytes([1, 0, 0, 0]) + (1).to_bytes(4, sys.byteorder) * 2 + bytes(52)
        for i in range(1000):
            folder = os.path.join(self.base, f"s{i % sessions}")
            os.makedirs(folder, 0o700, exist_ok=True)
            path = os.path.join(folder, f"{1000 + i}-20-0.seg")
            with open(path, "wb") as file:
                file.write(header[:80] + (1000 + i).to_bytes(4, sys.byteorder) + header[84:])
                file.truncate(0x1e000000)
                file.seek(65536)
                file.write(row * 64)
            os.chown(path, 65534, -1)
            os.chown(folder, 65534, -1)
        os.chown(self.base, 65534, -1)

    @unittest.skipIf(os.geteuid() != 0, "only root can give files away")
    def test_another_users_files_are_looked_at_for_so_long(self):
        for sessions in 1, 1000:
            self.base = tempfile.mkdtemp(prefix="gpuspy-test-", dir="/dev/shm")
            self.addCleanup(shutil.rmtree, self.base)
            self.hostile_with_rows(sessions)
            for command in ["list"], ["report", "--last"]:
                with subprocess.Popen([GPUSPY, *command], stdout=subprocess.PIPE,
                                      env={**self.environment, "GPUSPY_DIR": self.base},
                                      stderr=subprocess.STDOUT) as process:
                    said = process.stdout.read()
                    _, _, used = os.wait4(process.pid, 0)
                    process.returncode = 0
                seconds = used.ru_utime + used.ru_stime
                # Of many sessions a fast machine reads all in the time that they are given.
                cut = command == ["list"] and len(said.splitlines()) <= sessions
                if sessions == 1 or cut or seconds > 0.1:
                    self.assertTrue(re.search(rb"UNKNOWN|sessions in .* could not be read", said), said[-300:])
                self.assertLess(used.ru_maxrss, most_memory(20 << 10), command)
                self.assertLess(seconds, 0.15 * SLOWER, command)


class Run(Case):
    def test_exit_statuses(self):
        for words, status in (["true"], 0), (["false"], 1), (["sh", "-c", "exit 7"], 7), \
                (["sh", "-c", "kill -9 $$"], 137), (["sh", "-c", "kill -SEGV $$"], 139), \
                (["/nonexistent/x"], 127), (["/etc/passwd"], 126), (["--", "sh", "-c", "exit 2"], 2):
            self.assertEqual(self.gpuspy("run", *words).returncode, status, words)

    def test_killed_is_said_first(self):
        lines = self.gpuspy("run", "sh", "-c", "kill -SEGV $$").stderr.splitlines()
        self.assertIn(b"killed by signal 11, SIGSEGV", lines[1])

    def test_options_of_the_command_are_its_own(self):
        done = self.gpuspy("run", "echo", "--json", "--require", "--help")
        self.assertEqual((done.returncode, done.stdout), (0, b"--json --require --help\n"))

    def test_session_report(self):
        script = f'"{MAKE}" "$GPUSPY_DIR/$GPUSPY_SESSION" training; ' \
                 f'"{MAKE}" "$GPUSPY_DIR/$GPUSPY_SESSION" training 1 2; exit 4'
        name = os.path.join(self.base, "report.json")
        done = self.gpuspy("run", "--require", "--json", name, "sh", "-c", script)
        self.assertEqual(done.returncode, 4)
        self.assertEqual(done.stderr.count(b"gpuspy: GPU work: YES  24,690 kernels"), 1)
        with open(name, encoding="utf-8") as file:
            report = json.load(file)
        first = report["processes"][0]
        self.assertEqual((first["state"], first["exit_status"]), ("exited", 4))
        self.assertTrue(first["command"].startswith("sh -c"))
        self.assertEqual(len(report["processes"]), 3)
        again = json.loads(self.gpuspy("report", "--json", report["session"]).stdout)
        self.assertEqual(again["totals"], report["totals"])

    def test_require(self):
        work = f'"{MAKE}" "$GPUSPY_DIR/$GPUSPY_SESSION" training'
        self.assertEqual(self.gpuspy("run", "--require", "sh", "-c", work).returncode, 0)
        self.assertEqual(self.gpuspy("run", "--require", "true").returncode, 3)
        for amount, status in (("12345", 0), ("12346", 3), ("1/s", 0), ("99999999/s", 3)):
            done = self.gpuspy("run", "--require=" + amount, "sh", "-c", work)
            self.assertEqual(done.returncode, status, amount)
            self.assertEqual(b"fewer kernels than required" in done.stderr, status == 3, amount)
        for amount in "x", "", "1/m", "-1", "1/s/s":
            done = self.gpuspy("run", "--require=" + amount, "true")
            self.assertEqual((done.returncode, done.stdout), (2, b""), amount)
            self.one_line(done.stderr)
        self.assertEqual(self.gpuspy("run", "--require", "false").returncode, 1)
        for least, status in ("1", 0), ("12345", 0), ("12346", 3), ("0", 2), ("x", 2), ("", 2):
            done = self.gpuspy("run", f"--require={least}", "sh", "-c", work)
            self.assertEqual(done.returncode, status, least)

    def test_require_of_what_is_not_known(self):
        folder = '"$GPUSPY_DIR/$GPUSPY_SESSION"'
        for kinds, required, status in (
                ("version", "--require", 4), ("version training", "--require", 0),
                ("version training", "--require=99999", 4), ("partly", "--require", 0),
                ("partly", "--require=99999", 4), ("training", "--require=99999", 3)):
            work = "; ".join(f'"{MAKE}" {folder} {kind} {pid} 2'
                             for pid, kind in enumerate(kinds.split(), 1))
            done = self.gpuspy("run", required, "sh", "-c", work)
            self.assertEqual(done.returncode, status, (kinds, required, done.stderr))

    def test_environment(self):
        script = 'echo "$LD_PRELOAD $GPUSPY_SESSION ${GPUSPY_REPORT-unset}"'
        library, session, when = self.gpuspy("run", "sh", "-c", script).stdout.decode().split()
        self.assertTrue(library.startswith("/") and library.endswith("/libgpuspy.so"))
        self.assertRegex(session, r"^\d+-\d+-[0-9a-f]{8}$")
        self.assertEqual(when, "unset")
        for before, expected in ("", library), (library, library), ("", library):
            done = self.gpuspy("run", "sh", "-c", script, LD_PRELOAD=before)
            self.assertEqual(done.stdout.decode().split()[0], expected)

    def test_named_session(self):
        script = 'echo "$GPUSPY_SESSION $GPUSPY_REPORT"; ' \
                 f'"{MAKE}" "$GPUSPY_DIR/$GPUSPY_SESSION" training'
        done = self.gpuspy("run", "sh", "-c", script, GPUSPY_SESSION="mine")
        self.assertEqual(done.stdout, b"mine never\n")
        self.assertIn(b"GPU work: YES", done.stderr)
        self.assertEqual(self.gpuspy("report", "mine").returncode, 0)
        done = self.gpuspy("run", "sh", "-c", script, GPUSPY_SESSION="1-2")  # nobody's
        self.assertNotEqual(done.stdout.split()[0], b"1-2")

    def test_output(self):
        pattern = os.path.join(self.base, "out-%s")
        done = self.gpuspy("run", "sh", "-c", "echo $GPUSPY_SESSION", GPUSPY_OUTPUT=pattern)
        self.assertEqual(done.stderr, b"")
        with open(pattern.replace("%s", done.stdout.decode().strip()), "rb") as file:
            self.assertIn(b"GPU work: NO", file.read())
        done = self.gpuspy("run", "true", GPUSPY_OUTPUT="/nonexistent/x")
        self.assertIn(b"GPU work: NO", done.stderr)
        self.assertEqual(self.gpuspy("run", "true", GPUSPY_REPORT="never").stderr, b"")

    def test_disabled(self):
        done = self.gpuspy("run", "sh", "-c", "echo $LD_PRELOAD; exit 6", GPUSPY_DISABLE="1")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (6, b"\n", b""))
        done = self.gpuspy("run", "--require", "echo", "ran", GPUSPY_DISABLE="1")
        self.assertEqual((done.returncode, done.stdout), (125, b""))
        self.one_line(done.stderr)

    def test_nobody_reads_the_report(self):
        for close in "2>&-", "2> >(exec 2>&-; exit)":
            done = subprocess.run(["bash", "-c", f'"$0" run bash -c "sleep 0.2; exit 5" {close}',
                                   GPUSPY], env=self.environment)
            self.assertEqual(done.returncode, 5, close)

    def test_closed_standard_error(self):
        name = os.path.join(self.base, "report.json")
        script = 'exec "$0" run --json "$1" ls -l /proc/self/fd 2>&-'
        done = subprocess.run(["bash", "-c", script, GPUSPY, name], env=self.environment,
                              stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b" 2 -> /proc/", done.stdout)  # still closed for ls, which takes it
        with open(name, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["schema"], 1)

    def test_json_that_cannot_be_written(self):
        done = self.gpuspy("run", "--json", "/nonexistent/x", "sh", "-c", "echo ran")
        self.assertEqual((done.returncode, done.stdout), (125, b""))
        for command, status in ("true", 0), ("false", 1):
            done = self.gpuspy("run", "--json", "/dev/full", command)
            self.assertEqual(done.returncode, status)
            self.assertIn(b"gpuspy run: /dev/full: ", done.stderr)

    def test_reports_are_private(self):
        names = [os.path.join(self.base, name) for name in ("report.json", "report.txt")]
        self.gpuspy("run", "--json", names[0], "true", GPUSPY_OUTPUT=names[1])
        for name in names:
            self.assertEqual(os.stat(name).st_mode & 0o777, 0o600, name)

    def run_into(self, stderr, *words, **environment):
        """gpuspy run with that standard error: its status, and for how long it ran."""
        start = time.monotonic()
        done = subprocess.run([GPUSPY, "run", *words], env={**self.environment, **environment},
                              stdout=subprocess.PIPE, stderr=stderr, timeout=60 * SLOWER)
        return done.returncode, time.monotonic() - start

    def kept(self):
        done = self.gpuspy("report", "--last")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout

    def full_pipe(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, bytes(4096))
        except BlockingIOError:
            os.set_blocking(writer, True)
        return writer

    def test_nobody_takes_the_report(self):
        fifo = os.path.join(self.base, "fifo")
        os.mkfifo(fifo)
        with open("/dev/full", "wb") as full, open("/dev/null", "wb") as null:
            for stderr, words in (full, []), (self.full_pipe(), []), \
                    (null, ["--json", fifo]), (self.full_pipe(), ["--json", fifo]):
                status, seconds = self.run_into(stderr, *words, "sh", "-c", "exit 5")
                self.assertEqual(status, 5)
                self.assertLess(seconds, 10)
                if stderr is not null:
                    self.assertIn(b"GPU work: NO", self.kept())
        done = self.gpuspy("run", "sh", "-c", "exit 5", GPUSPY_OUTPUT=fifo)
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"GPU work: NO", done.stderr)

    def test_all_readers_together_cost_two_seconds(self):
        fifo = os.path.join(self.base, "fifo")
        os.mkfifo(fifo)
        held = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, held)
        try:
            while True:
                os.write(held, bytes(4096))
        except BlockingIOError:
            pass
        status, seconds = self.run_into(self.full_pipe(), "--json", fifo, "true",
                                        GPUSPY_OUTPUT=fifo)
        self.assertEqual(status, 0)
        self.assertLess(seconds, 5.5)  # three of them would be six

    def test_a_reader_that_comes_late_and_reads_slowly(self):
        fifo = os.path.join(self.base, "fifo")
        os.mkfifo(fifo)
        process = subprocess.Popen([GPUSPY, "run", "--json", fifo, "sh", "-c", "sleep 0.3; exit 3"],
                                   env=self.environment, stderr=subprocess.DEVNULL)
        with open(fifo, "rb") as file:
            report = json.load(file)
        self.assertEqual((process.wait(timeout=20 * SLOWER), report["schema"]), (3, 1))

    def test_sigterm_ends_the_delivery(self):
        process = subprocess.Popen([GPUSPY, "run", "sh", "-c", "echo over"], env=self.environment,
                                   stdout=subprocess.PIPE, stderr=self.full_pipe())
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), b"over\n")
        time.sleep(0.2)
        process.terminate()
        self.assertEqual(process.wait(timeout=20 * SLOWER), -signal.SIGTERM)

    def test_a_limit_on_files(self):
        for blocks in 0, 1:
            script = f'ulimit -f {blocks}; exec "$0" run --json "$1" sh -c "exit 5"'
            done = subprocess.run(["bash", "-c", script, GPUSPY, os.path.join(self.base, "json")],
                                  env=self.environment, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 5, done.stderr)
            self.assertEqual(done.stderr.count(b"gpuspy: GPU work: "), 1)

    def test_doubtful_output(self):
        pattern = os.path.join(self.base, "x%d%%")
        done = self.gpuspy("run", "true", GPUSPY_OUTPUT=pattern)
        self.one_line(done.stderr)
        self.assertIn(b"%p is the process", done.stderr)
        self.assertTrue(os.path.exists(os.path.join(self.base, "x%d%")))
        self.assertEqual(self.gpuspy("run", "true", GPUSPY_OUTPUT="/dev/null").stderr, b"")

    def start(self, script):
        process = subprocess.Popen([GPUSPY, "run", "bash", "-c", script], env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=os.setpgrp)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process

    def test_signals_are_passed_on(self):
        for number in signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, \
                signal.SIGINT, signal.SIGQUIT:
            name = signal.Signals(number).name[3:]
            process = self.start(f"trap 'exit 9' {name}; echo ready; while :; do sleep 0.05; done")
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=20 * SLOWER), 9, name)
            process = self.start(PLAIN)
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=20 * SLOWER), 128 + number, name)
            self.assertIn(b"killed by signal", process.stderr.read())

    def state(self, pid):
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            return file.read().rpartition(")")[2].split()[0]

    def wait_for(self, pid, state):
        for _ in range(400):
            if (self.state(pid) == "T") == (state == "T"):
                return
            time.sleep(0.05)
        self.fail(f"{pid} is {self.state(pid)}, not {state}")

    def test_stop_and_continue(self):
        process = self.start(PLAIN)
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
            child = int(file.read().split()[-1])  # behind the other member of the group
        process.send_signal(signal.SIGTSTP)
        self.wait_for(child, "T")
        self.wait_for(process.pid, "T")
        process.send_signal(signal.SIGCONT)
        self.wait_for(process.pid, "S")
        self.wait_for(child, "S")
        process.terminate()
        self.assertEqual(process.wait(timeout=20 * SLOWER), 143)

    def test_ignored_signals_stay_ignored(self):
        script = "trap '' HUP INT; exec \"$0\" run sh -c 'grep SigIgn /proc/self/status'"
        done = subprocess.run(["bash", "-c", script, GPUSPY], env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(int(done.stdout.split()[1], 16) & 3, 3)
        done = self.gpuspy("run", "grep", "-E", "SigBlk|SigIgn", "/proc/self/status")
        for line in done.stdout.splitlines():
            self.assertEqual(int(line.split()[1], 16) & 0xfff, 0, line)


# nohup, and a shell for what it starts by "&", leave these ignored.
for ignored in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(ignored) == signal.SIG_IGN:
        signal.signal(ignored, signal.SIG_DFL)

unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
