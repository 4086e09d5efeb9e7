"""The meson that made the build folder: another one may be in the PATH."""
import shlex
import shutil
import unittest

import tap


def meson_command(*words):
    """`meson install` as build.ninja has it, or another of its commands."""
    with open(tap.built("build.ninja"), encoding="utf-8") as rules:
        lines = iter(rules)
        for line in lines:
            if line.startswith("build meson-internal__install:"):
                command = next(shlex.split(line.partition("=")[2]) for line in lines if "COMMAND =" in line)
                if tap.SLOWER > 1 and not shutil.which(command[0]):
                    raise unittest.SkipTest("it would need meson, which stays where it was built")
                return [*command[:command.index("install")], *words] if words else command
    raise AssertionError("build.ninja has no installation")
