#!/usr/bin/env python3
"""needs.py MESON BUILD TEST...: the files, in BUILD, that these tests depend on, for ninja."""
import json
import os
import subprocess
import sys


def introspect(meson, build, what):
    return json.loads(subprocess.run([meson, "introspect", "--" + what, build], stdout=subprocess.PIPE, check=True).stdout)


def main():
    meson, build, *names = sys.argv[1:]
    needed = {target for test in introspect(meson, build, "tests") if test["name"] in names for target in test["depends"]}
    for target in introspect(meson, build, "targets"):
        if target["id"] in needed:
            print("\n".join(os.path.relpath(file, build) for file in target["filename"]))


main()
