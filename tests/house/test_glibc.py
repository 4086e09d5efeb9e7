#!/usr/bin/env python3
"""What the built libgpuspy.so needs of the system: libc and the loader alone, and of glibc nothing
newer than 2.28, whatever system it was built on."""
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "top"))
import tap  # noqa: E402

import unittest  # noqa: E402

LIBRARY = tap.built("preload", "libgpuspy.so")
OLDEST = (2, 28)
RENAMED = re.compile(r"\b(?:strto(?:l|ul|ll|ull|imax|umax)|ato[il]l?|v?[sf]?scanf)\([^)]")
# What the real dlsym is in, where this runs.
OF_ITS_OWN = () if tuple(map(int, os.confstr("CS_GNU_LIBC_VERSION").split()[1].split("."))) >= (2, 34) \
    else ("libdl.so.2",)


def read(tool, *options):
    return subprocess.run([tool, *options, LIBRARY], check=True, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout


def needed_versions():
    """{symbol: version} of what others have to define; readelf prints `open@GLIBC_2.2.5 (3)`."""
    found = {}
    for line in read("readelf", "--dyn-syms", "-W").splitlines():
        fields = line.split()
        if len(fields) > 7 and fields[6] == "UND" and "@" in fields[7]:
            name, version = fields[7].replace("@@", "@").split("@")
            found[name] = version
    return found


def demands():
    """All versions that ld.so will ask for, those without a symbol (GLIBC_ABI_DT_RELR) too."""
    part = read("readelf", "-V", "-W").partition("Version needs section")[2]
    return set(re.findall(r"Name: (\S+)", part))


def is_newer(version):
    number = re.fullmatch(r"GLIBC_(\d+(?:\.\d+)*)", version)
    return not number or tuple(map(int, number[1].split("."))) > OLDEST


class Glibc(unittest.TestCase):
    def test_nothing_newer(self):
        needed = needed_versions()
        self.assertGreater(len(needed), 20)
        self.assertEqual({name: v for name, v in needed.items() if is_newer(v)}, {})

    def test_no_newer_demand(self):
        self.assertTrue(demands())
        self.assertEqual({version for version in demands() if is_newer(version)}, set())

    def test_nothing_that_is_renamed(self):
        """Where this is built, they may still be the old ones: since 2.38 headers lead to others."""
        found = []
        for path in glob.glob(os.path.join(tap.SOURCE, "preload", "**", "*.[ch]"), recursive=True):
            with open(path, encoding="utf-8") as source:
                found += [f"{path}: {name}" for name in RENAMED.findall(source.read())]
        self.assertEqual(found, [])

    def test_libc_alone(self):
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", read("readelf", "-d", "-W"))
        self.assertIn("libc.so.6", needed)
        self.assertEqual([name for name in needed if not name.startswith(("libc.so.", "ld-linux", *OF_ITS_OWN))], [])

    def test_zeros_are_no_bytes_of_the_file(self):
        """They would be mapped from it, and the kernel wipes no such mapping in a forked child."""
        sizes = [(int(file, 16), int(memory, 16)) for file, memory in re.findall(
            r"^ *LOAD +\S+ \S+ \S+ (\S+) (\S+) RW ", read("readelf", "-l", "-W"), re.MULTILINE)]
        self.assertEqual(len(sizes), 1)
        self.assertLess(sizes[0][0], 64 << 10)
        self.assertGreater(sizes[0][1], 512 << 10)


if __name__ == "__main__":
    tap.main()
