#!/usr/bin/env python3
"""import gpuspy, as the wheel has it: a folder with the library and the commands beside the code."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(SOURCE, "tests", "top"))
import tap  # noqa: E402

import unittest  # noqa: E402

LIBRARY = tap.built("preload", "libgpuspy.so")
BEGIN = "import ctypes, gpuspy, json, os, subprocess, sys\n"
USE = "ctypes.CDLL('libcuda.so.1').cuInit(0)\n"
FIGURES = "print(json.dumps(gpuspy.figures()))\n"


def lay_out(folder):
    package = os.path.join(folder, "gpuspy")
    shutil.copytree(os.path.join(SOURCE, "tools", "python", "gpuspy"), package,
                    ignore=shutil.ignore_patterns("__pycache__"))
    for to, *built in (("lib", "preload", "libgpuspy.so"), ("bin", "tools", "gpuspy"),
                       ("bin", "tools", "gpuspy-top")):
        os.makedirs(os.path.join(package, to), exist_ok=True)
        shutil.copy(tap.built(*built), os.path.join(package, to))
    # Where the commands look was decided when this tree was configured; in a build folder it is here.
    os.symlink("lib", os.path.join(package, "preload"))


class Python(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="gpuspy-python-")
        lay_out(cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def run_python(self, *words, **env):
        return subprocess.run([sys.executable, *words], capture_output=True, text=True,
                              env=tap.environment(PYTHONPATH=self.folder, PYTHONDONTWRITEBYTECODE="1",
                                                  LD_LIBRARY_PATH=tap.built("tests", "sim", "lib"),
                                                  **{"GPUSPY_DIR": os.path.join(self.folder, "records"), **env}))

    def figures(self, code, **env):
        done = self.run_python("-c", BEGIN + code + FIGURES, **env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1]), done.stderr

    def test_forked(self):
        """It has a record from its first call on."""
        code = ("import os\n"
                "gpuspy.watch()\n"
                "if not os.fork():\n"
                "    print(gpuspy.report())\n"
                "    try: gpuspy.figures()\n"
                "    except LookupError as error: print(error, flush=True)\n"
                f"    {USE}"
                "    print(gpuspy.figures()['totals']['calls'], flush=True)\n"
                "    os._exit(0)\n"
                "os.wait()\n"
                "print(gpuspy.report())\n")
        done = self.run_python("-c", BEGIN + code)
        self.assertEqual(done.returncode, 0, done.stderr)
        unknown, _, none, calls, parent, *_ = done.stdout.splitlines()
        self.assertIn("GPU work so far: UNKNOWN  no record of this process: forked, it has called nothing", unknown)
        self.assertIn("forked, it has called nothing", none)
        self.assertIn("'driver': 1", calls)
        self.assertIn("GPU work so far: NO", parent)

    def test_named_session(self):
        """What os.environ has is the session, one of the user's, too."""
        figures, said = self.figures("gpuspy.watch()\n"
                                     f"subprocess.run([sys.executable, '-c', \"import ctypes; {USE.strip()}\"], env={{**os.environ}})\n",
                                     GPUSPY_SESSION="mine")
        self.assertEqual((figures["session"], figures["totals"]["calls"]["driver"]), ("mine", 1))
        self.assertEqual([gap["code"] for gap in figures["gaps"]], [])
        self.assertEqual(said.count("gpuspy: GPU work: NO"), 1, said)

    def test_words_of_the_loader(self):
        with tempfile.TemporaryDirectory() as folder:
            there = os.path.join(folder, "a$LIB")
            lay_out(there)
            done = subprocess.run([sys.executable, "-c", "import gpuspy; gpuspy.watch()"], capture_output=True,
                                  text=True, env=tap.environment(PYTHONPATH=there))
            self.assertIn("OSError: gpuspy: the loader reads a word of its own in " + there, done.stderr)

    def test_watch(self):
        figures, said = self.figures("gpuspy.watch(); gpuspy.watch()\n" + USE)
        self.assertEqual((figures["attached"], figures["verdict"], figures["totals"]["calls"]["driver"]),
                         ("late", "gpu-idle", 1))
        self.assertEqual(said.count("gpuspy: GPU work: NO"), 1, said)

    def test_preloaded_already(self):
        figures, said = self.figures("gpuspy.watch()\n" + USE, LD_PRELOAD=LIBRARY)
        self.assertEqual((figures["attached"], figures["totals"]["calls"]["driver"]), ("preload", 1))
        self.assertEqual(said.count("gpuspy: GPU work: NO"), 1, said)

    def test_child_with_a_copy_of_the_environment(self):
        figures, _ = self.figures("gpuspy.watch()\n" + USE +
                                  f"subprocess.run([sys.executable, '-c', {BEGIN + USE!r}],"
                                  " env={**os.environ}, check=True)\n")
        self.assertEqual(len(figures["processes"]), 2)
        self.assertEqual(figures["totals"]["calls"]["driver"], 2)

    def test_report(self):
        done = self.run_python("-c", BEGIN + "gpuspy.watch()\n" + USE + "print(gpuspy.report())")
        self.assertIn("gpuspy: GPU work so far: NO  SIMULATED  the GPU was ready", done.stdout)
        self.assertIn("gpuspy: GPU work: NO  SIMULATED  the GPU was ready", done.stderr)
        self.assertIn("running for", done.stdout)

    def test_not_watched(self):
        """report() is in the middle of somebody's training, which goes on."""
        forked = ("gpuspy.watch()\n"
                  "import multiprocessing\n"
                  "with multiprocessing.get_context('forkserver').Pool(1) as pool: print(pool.apply(gpuspy.report))\n")
        for code, env, why in (("", {}, "this process is not watched: gpuspy.watch() was not called"),
                               ("gpuspy.watch()\n", {"GPUSPY_DISABLE": "1"}, "GPUSPY_DISABLE=1 is set"),
                               ("gpuspy.watch()\n", {"GPUSPY_DIR": "/nonexistent/a"}, "no record of this process"),
                               (forked, {}, "no record of this process")):
            done = self.run_python("-c", BEGIN + code + "print(gpuspy.report())\n"
                                   "try: gpuspy.figures()\nexcept LookupError as error: print(error)\n", **env)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("GPU work so far: UNKNOWN  " + why, done.stdout.splitlines()[0])
            if code != forked:
                self.assertIn(why, done.stdout.splitlines()[-1])

    def test_commands(self):
        done = self.run_python("-m", "gpuspy", "run", "sh", "-c", "echo $LD_PRELOAD; exit 7")
        self.assertEqual((done.returncode, done.stdout.strip()),
                         (7, os.path.join(self.folder, "gpuspy", "lib", "libgpuspy.so")), done.stderr)
        top = self.run_python("-c", "import sys; sys.argv = ['gpuspy-top', '--version']\n"
                                    "from gpuspy.__main__ import gpuspy_top; gpuspy_top()")
        self.assertRegex(top.stdout, r"^gpuspy-top \d")

    def test_command_in_a_watched_shell(self):
        """The shell has LD_PRELOAD: Python is there for a moment only, and no report says so."""
        done = self.run_python("-m", "gpuspy", "list", LD_PRELOAD=LIBRARY)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    tap.main()
