#!/usr/bin/env python3
"""Systems and folders that gpuspy is not for get one line at the start, which says why."""
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
from meson import meson_command  # noqa: E402

import unittest  # noqa: E402

MACHINE = """[host_machine]
system = '{system}'
cpu_family = '{cpu}'
cpu = '{cpu}'
endian = 'little'
[binaries]
c = 'cc'
[properties]
needs_exe_wrapper = true
"""

NAMES = ("a blank", "a:colon", "a%percent", "a,comma", "r[x]", "r]", "a*", "a?", "a|")


class Configuration(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="gpuspy-configuration-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def refusal(self, *options, **environment):
        done = subprocess.run(meson_command("setup", *options, os.path.join(self.folder, "build"), SOURCE),
                              capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", **environment})
        self.assertNotEqual(done.returncode, 0, done.stdout)
        line, = [line for line in done.stdout.splitlines() if "ERROR" in line]
        return line

    def machine(self, system, cpu):
        return self.refusal("--cross-file", self.write("machine.ini", MACHINE.format(system=system, cpu=cpu)))

    def test_processor(self):
        for cpu in ("x86", "riscv64"):
            self.assertRegex(self.machine("linux", cpu), f"does not know this processor: {cpu} ")

    def test_system(self):
        self.assertIn("gpuspy is for Linux", self.machine("freebsd", "x86_64"))

    def test_c_library(self):
        """musl's features.h does not say that it is glibc's."""
        self.write("features.h", "")
        self.assertIn("gpuspy needs glibc", self.refusal("-Dc_args=-I" + self.folder))

    def test_small_pointers(self):
        self.assertIn("pointers of 32 bits", self.refusal("-Dc_args=-D__ILP32__"))

    @unittest.skipUnless(shutil.which("clang"), "there is no clang")
    def test_clang_that_cannot_jump(self):
        """As clang 12 and before: what it does not know it would leave out, with a warning."""
        environment = {"CC": "clang", "CFLAGS": "-Dmusttail=there_is_none"}
        self.assertIn("gpuspy needs clang 13 or newer, or gcc", self.refusal(**environment))

    def test_without_tests(self):
        """Who packs it has no Check."""
        build = os.path.join(self.folder, "build")
        done = subprocess.run(meson_command("setup", "-Dtests=false", build, SOURCE), capture_output=True, text=True,
                              env={**os.environ, "PKG_CONFIG_PATH": self.without("check")})
        self.assertEqual(done.returncode, 0, done.stdout)
        listed = subprocess.run(meson_command("introspect", "--tests", build), capture_output=True, text=True, check=True)
        self.assertEqual(json.loads(listed.stdout), [])

    def without(self, package):
        """A folder of pkg-config's in which that package cannot be had."""
        self.write(package + ".pc", "Name: none\nDescription: none\nVersion: 0\nRequires: there-is-none\n")
        return self.folder

    @unittest.skipUnless(os.path.exists("/etc/debian_version"), "this is no Debian")
    def test_library_folder(self):
        """What meson says without dpkg-dev; nobody searches lib64 there, and nobody lib elsewhere."""
        for prefix, folder in ("/usr/local", "lib"), ("/opt/gpuspy", "lib64"):
            build, library = self.folder + prefix, f"{prefix}/{folder}/libgpuspy.so"
            said = subprocess.run(meson_command("setup", "--prefix=" + prefix, "--libdir=lib64", build, SOURCE),
                                  capture_output=True, text=True, check=True).stdout
            with open(os.path.join(build, "meson-info", "intro-installed.json"), encoding="utf-8") as file:
                self.assertIn(library, list(json.load(file).values()))
            with open(os.path.join(build, "tools", "site", "gpuspy.lua"), encoding="utf-8") as file:
                self.assertIn(library, file.read())
            self.assertEqual("WARNING: libgpuspy.so goes to /usr/local/lib, for" in said, folder == "lib", said)

    def test_path(self):
        """What LD_PRELOAD, R or the linker cannot take is refused before anything is installed or built, also where
        a link without it leads there."""
        for name in NAMES:
            clone, link = os.path.join(self.folder, name), os.path.join(self.folder, "link")
            shutil.copytree(os.path.join(SOURCE, "examples"), os.path.join(clone, "examples"))
            os.symlink(name, link)
            for entered in clone, link:
                done = subprocess.run(["sh", entered + "/examples/run.sh"], capture_output=True, text=True,
                                      env={k: v for k, v in os.environ.items() if k != "GPUSPY_BUILD"})
                self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (1, "", 1), done.stderr)
                self.assertIn("please take a path without blanks", done.stderr)
                self.assertEqual(os.listdir(clone), ["examples"])
            os.remove(link)

    def test_path_by_hand(self):
        """meson takes what a link leads to. Without the tests such a path is none of its business."""
        for name in NAMES:
            build = os.path.join(self.folder, name)
            os.mkdir(build)
            os.symlink(name, os.path.join(self.folder, "build"))
            self.assertRegex(self.refusal(), "ERROR: .*the tests need a path without blanks.*-Dtests=false")
            os.remove(os.path.join(self.folder, "build"))

    def test_prefix(self):
        """It stands in LD_PRELOAD and in scripts of a site."""
        for prefix in "/opt/a b", "/opt/a:b", "/opt/$a":
            self.assertRegex(self.refusal("-Dtests=false", f"--prefix={prefix}"), "ERROR: .*the prefix may have no blanks")

    def test_unity(self):
        self.assertRegex(self.refusal("--unity=on"), "ERROR: .*-Dunity=off")

    def test_temporary_files(self):
        """R takes no path with a blank, and executes what it unpacks: beside what is made."""
        code = f'. "{SOURCE}/tools/temporary.sh"; echo "${{TMPDIR-none}}"; work_beside "$1"; echo "$work $TMPDIR"; ls -d "$work"'
        for given in f"{self.folder}/a blank", self.folder:
            done = subprocess.run(["sh", "-c", code, "sh", os.path.join(self.folder, "made")], capture_output=True,
                                  text=True, check=True, env={**os.environ, "TMPDIR": given})
            before, work, there = done.stdout.splitlines()
            self.assertEqual(before, "none" if " " in given else given)
            self.assertEqual(work, f"{there} {there}")
            self.assertEqual(os.path.dirname(there), self.folder)
            self.assertFalse(os.path.exists(there), "it goes")

    def test_clone_with_a_comma(self):
        """Who packs it may have one; -Wl, would take it for its own."""
        clone, build = os.path.join(self.folder, "a,comma"), os.path.join(self.folder, "build")
        for name in "preload", "tools":
            shutil.copytree(os.path.join(SOURCE, name), os.path.join(clone, name))
        for name in "meson.build", "meson_options.txt":
            shutil.copy(os.path.join(SOURCE, name), clone)
        subprocess.run(meson_command("setup", "-Dtests=false", build, clone), stdout=subprocess.PIPE, check=True)
        with open(os.path.join(build, "build.ninja"), encoding="utf-8") as rules:
            options, = [line for line in rules if "version-script" in line]
        self.assertRegex(options, r"a,comma/preload/exports\.map")
        self.assertNotRegex(options, r"-Wl,\S*a,comma")

    def test_folder_that_cannot_be_written(self):
        """Before anything is installed or built, whoever asks: /proc takes no folder, root's neither."""
        for script in "examples/run.sh", "tests/run.sh":
            done = subprocess.run(["sh", script], cwd=SOURCE, capture_output=True, text=True,
                                  env={**os.environ, "GPUSPY_BUILD": "/proc/nothing/build"})
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertRegex(done.stderr, r"\Arun\.sh: the build folder cannot be written \(No such file or directory\);"
                                          r" GPUSPY_BUILD= takes another one: /proc/nothing/build\n\Z")

    def functions(self, code, *words):
        """What the functions of examples/setup.sh say, without what it does."""
        with open(os.path.join(SOURCE, "examples", "setup.sh"), encoding="utf-8") as file:
            functions = file.read().split('\ncheck_path "$build"\n')[0]
        return subprocess.run(["sh", "-c", functions + "\n" + code, "sh", *words], capture_output=True, text=True,
                              env={**os.environ, "root": SOURCE}, check=True).stdout

    def test_why_pip_failed(self):
        """As pip 23 said it."""
        retried = ("WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after "
                   "connection broken by 'NewConnectionError('<HTTPSConnection object at 0x7f>: Failed to establish a "
                   "new connection: [Errno 111] Connection refused')': /simple/meson/\n")
        fetched = ("Could not fetch URL https://pypi.org/simple/meson/: There was a problem confirming the ssl "
                   "certificate: (Caused by SSLError(SSLCertVerificationError(1, 'self-signed certificate'))) - skipping\n")
        at_last = "ERROR: No matching distribution found for meson>=0.63\n"
        certificate = ("ERROR: Could not install packages due to an OSError: Could not find a suitable TLS CA "
                       "certificate bundle, invalid path: /nonexistent/x\n\n")
        for said, reason in ((retried + at_last, "[Errno 111] Connection refused"),
                             (fetched + at_last, "self-signed certificate"), (certificate, "invalid path: /nonexistent/x"),
                             (at_last, "No matching distribution")):
            log = self.write("log", said)
            line, = self.functions('pip_reason "$1"', log).splitlines()
            self.assertIn(reason, line)
            self.assertTrue(line.endswith(f" (all that pip said: {log})"), line)

    def test_locale(self):
        """Of no other letters than ASCII's, or of none at all: another one is taken for the build."""
        code = f'. "{SOURCE}/tools/utf8.sh"; locale charmap'
        if "C.UTF-8" not in subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.replace("utf8", "UTF-8"):
            self.skipTest("there is no C.UTF-8")
        for locale in {}, {"LC_ALL": "C"}, {"LANG": "POSIX"}, {"LC_ALL": "xx_YY.UTF-8"}, {"LC_CTYPE": "C.UTF-8"}:
            env = {k: v for k, v in os.environ.items() if k != "LANG" and not k.startswith("LC_")}
            done = subprocess.run(["sh", "-c", code], capture_output=True, text=True, env={**env, **locale})
            self.assertEqual((done.stdout, done.stderr), ("UTF-8\n", ""), locale)

    @unittest.skipUnless(shutil.which("Rscript") and os.path.isdir(tap.built("r-library")), "there is no R package")
    def test_page_of_the_run(self):
        """Of that run, and not of another which ended meanwhile; where nothing was counted there is none."""
        clone, build = os.path.join(self.folder, "clone"), os.path.join(self.folder, "build")
        os.makedirs(os.path.join(clone, "examples"))
        os.mkdir(build)
        for name in "preload", "tools", "tests", "examples", "r-library":
            os.symlink(tap.built(name), os.path.join(build, name))
        for name in "run.sh", "train.R", "gpuspy.R":
            shutil.copy(os.path.join(SOURCE, "examples", name), os.path.join(clone, "examples"))
        self.write("clone/examples/setup.sh", f"build={build}\nfail() {{ echo \"${{0##*/}}: $*\" >&2; exit 1; }}\n")
        # Another program of this user's is the last one that starts and ends before the page is written.
        os.mkdir(os.path.join(self.folder, "bin"))
        script = self.write("bin/Rscript", f'#!/bin/sh\n{shutil.which("Rscript")} "$@"\n'
                            f"env -u GPUSPY_SESSION {shutil.which('Rscript')} -e 4711 >/dev/null 2>&1\n")
        os.chmod(script, 0o755)
        path = os.path.dirname(script) + ":" + os.environ["PATH"]
        page = os.path.join(build, "report.html")

        def run(**env):
            env = {"GPUSPY_DIR": os.path.join(self.folder, "records"), "PATH": path, **env}
            return subprocess.run(["sh", "examples/run.sh", "--epochs=33"], cwd=clone, capture_output=True, text=True,
                                  env=tap.environment(**env))

        done = run()
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(page, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("--epochs=33", text)
        self.assertNotIn("4711", text)
        for env, why in (({"GPUSPY_DISABLE": "1"}, "GPUSPY_DISABLE=1 is set: nothing was counted"),
                         ({"GPUSPY_DIR": "/proc/nothing"}, "the run left no record that can be read")):
            done = run(**env)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("run.sh: " + why, done.stderr.splitlines()[-1])
            self.assertFalse(os.path.exists(page))


if __name__ == "__main__":
    tap.main()
