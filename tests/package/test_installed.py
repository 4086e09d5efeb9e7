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

    def step(self, ldconfig_status, searched="/usr/lib"):
        """The last step, for a folder that ld.so does not search, with an ldconfig that only says
        that it ran, and which folder it looks into."""
        tools = os.path.join(self.folder, "tools")
        os.makedirs(tools, exist_ok=True)
        with open(os.path.join(tools, "ldconfig"), "w", encoding="utf-8") as script:
            script.write(f"#!/bin/sh\n[ $# -eq 0 ] || {{ echo '{searched}: (from <builtin>:0)'; exit; }}\n"
                         f"echo ran >>'{self.folder}/ran'\nexit {ldconfig_status}\n")
        os.chmod(os.path.join(tools, "ldconfig"), 0o755)
        env = {k: v for k, v in os.environ.items() if k not in ("DESTDIR", "LD_PRELOAD")}
        shutil.copy(LIBRARY, self.folder)
        # What runs the step has the same output, as it is in most versions of meson.
        return subprocess.run(["sh", "-c", f"sh {STEP} '{self.folder}'; exit"], check=True,
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
        said = self.step(1, searched=self.folder)
        self.assertIn("run as root: ldconfig\n", said)

    def test_without_rights_nor_folder(self):
        """ldconfig alone would not help: nobody looks there."""
        said = self.step(1)
        self.assertIn(f"name {self.folder} in a file in /etc/ld.so.conf.d and run ldconfig, as root", said)

    def test_path_that_no_variable_holds(self):
        self.folder = os.path.join(self.folder, "a $LIB b")
        os.mkdir(self.folder)
        said = self.step(1)
        self.assertIn("by its bare name alone", said)
        self.assertNotIn("use LD_PRELOAD=", said)
        self.assertIn("/etc/ld.so.conf.d", said)

    def test_into_a_file(self):
        """Some versions of meson print the step's arguments, and nothing that it says."""
        with open(os.path.join(self.folder, "said"), "w+", encoding="utf-8") as said:
            subprocess.run(meson_command(), cwd=tap.built(), stdout=said, check=True,
                           env={**os.environ, "DESTDIR": os.path.join(self.folder, "stage")})
            said.seek(0)
            self.assertRegex(said.read(), "LD_PRELOAD=libgpuspy.so is to work .* root has to run ldconfig")

    def test_words_of_the_loader(self):
        """What LD_PRELOAD would change in the library's path is refused; another $ is not."""
        for folder, status in (("a$LIB", 125), ("${ORIGIN}b", 125), ("c$PLATFORM", 125), ("a b", 125), ("a:b", 125),
                               ("$$HOME", 0), ("$ORI", 0), ("{LIB}", 0), ("${LIB", 0), ("$LIBS", 0),
                               ("$ORIGIN_", 0)):
            tree = os.path.join(self.folder, folder)
            for built in ("tools/gpuspy", "preload/libgpuspy.so"):
                os.makedirs(os.path.join(tree, os.path.dirname(built)))
                shutil.copy(tap.built(*built.split("/")), os.path.join(tree, built))
            run = subprocess.run([os.path.join(tree, "tools/gpuspy"), "run", "cat", "/proc/self/maps"],
                                 capture_output=True, text=True,
                                 env={**os.environ, "GPUSPY_DIR": os.path.join(self.folder, "records")})
            self.assertEqual(run.returncode, status, (folder, run.stderr))
            if status:
                self.assertRegex(run.stderr, r"^gpuspy run: LD_PRELOAD cannot hold a space, .*: /.*\n$")
            else:
                self.assertIn(tree + "/preload/libgpuspy.so", run.stdout)
                self.assertNotIn("ld.so", run.stderr)

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
