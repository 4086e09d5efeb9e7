#!/usr/bin/env python3
"""What `ninja install` leaves behind: a tree that can be moved, and how LD_PRELOAD=libgpuspy.so
comes to work by its bare name."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(SOURCE, "tests", "top"))
import tap  # noqa: E402
from meson import meson_command  # noqa: E402

import unittest  # noqa: E402

STEP = os.path.join(SOURCE, "tools", "package", "installed.sh")
LIBRARY = tap.built("preload", "libgpuspy.so")


class Installed(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="gpuspy-installed-")
        self.addCleanup(shutil.rmtree, self.folder)

    def step(self, ldconfig_status):
        """The last step, for a folder that ld.so does not search, with an ldconfig that only says
        that it ran."""
        tools = os.path.join(self.folder, "tools")
        os.makedirs(tools, exist_ok=True)
        with open(os.path.join(tools, "ldconfig"), "w", encoding="utf-8") as script:
            script.write(f"#!/bin/sh\necho ran >>{self.folder}/ran\nexit {ldconfig_status}\n")
        os.chmod(os.path.join(tools, "ldconfig"), 0o755)
        env = {k: v for k, v in os.environ.items() if k not in ("DESTDIR", "LD_PRELOAD")}
        shutil.copy(LIBRARY, self.folder)
        # What runs the step has the same output, as it is in most versions of meson.
        return subprocess.run(["sh", "-c", f"sh {STEP} {self.folder}; exit"], check=True,
                              capture_output=True, text=True,
                              env={**env, "PATH": tools + ":" + env["PATH"]}).stdout

    def ldconfig_ran(self):
        return os.path.exists(os.path.join(self.folder, "ran"))

    def test_with_rights(self):
        said = self.step(0)
        self.assertTrue(self.ldconfig_ran())
        self.assertIn(f"LD_PRELOAD={self.folder}/libgpuspy.so", said)
        self.assertIn("/etc/ld.so.conf.d", said)

    def test_without_rights(self):
        said = self.step(1)
        self.assertIn("run as root: ldconfig\n", said)

    def test_staged_and_moved(self):
        stage = os.path.join(self.folder, "stage")
        done = subprocess.run(meson_command(), cwd=tap.built(), capture_output=True, text=True,
                              check=True, env={**os.environ, "DESTDIR": stage})
        self.assertIn("run ldconfig: LD_PRELOAD=libgpuspy.so needs it", done.stdout)
        moved = os.path.join(self.folder, "moved")
        os.rename(stage, moved)
        gpuspy, = glob.glob(moved + "/**/bin/gpuspy", recursive=True)
        run = subprocess.run([gpuspy, "run", "cat", "/proc/self/maps"], capture_output=True, text=True,
                             env={**os.environ, "GPUSPY_DIR": os.path.join(self.folder, "records")})
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(moved, run.stdout)
        self.assertIn("/libgpuspy.so", run.stdout)
        for page in ("gpuspy.1", "gpuspy-top.1", "libgpuspy.7"):
            self.assertTrue(glob.glob(f"{moved}/**/man/man?/{page}", recursive=True), page)


if __name__ == "__main__":
    tap.main()
