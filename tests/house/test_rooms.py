#!/usr/bin/env python3
"""The house: each room of preload/ calls only rooms below it, and no two files call each other.

preload/README.md has the rooms from the top down, each with the rooms that it uses. The `#include`
lines and the symbols of the object files must say the same. Assembly is where calls come in from
the program, so what arch/ calls is not held against it.
"""
import functools
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(SOURCE, "tests", "top"))
import tap  # noqa: E402

import unittest  # noqa: E402

PRELOAD = os.path.join(SOURCE, "preload")
COMMANDS = tap.built("tools", "gpuspy.p"), tap.built("tools", "top", "libgpuspy_top.a.p")
OBJECTS = tap.built("preload", "libgpuspy.so.p")
ROW = re.compile(r"^\| `([a-z]+)`[^|]*\|([^|]*)\|([^|]*)\|$")


def rooms():
    """{room: rooms that it uses}, from the top down."""
    found = {}
    with open(os.path.join(PRELOAD, "README.md"), encoding="utf-8") as page:
        for line in page:
            row = ROW.match(line)
            if row:
                found[row[1]] = re.findall(r"`([a-z]+)`", row[3])
    return found


def sources():
    for folder, _, files in sorted(os.walk(PRELOAD)):
        for file in sorted(files):
            if file.endswith((".c", ".h", ".S")):
                yield os.path.relpath(os.path.join(folder, file), PRELOAD)


def room_of(path):
    return path.split("/")[0]


def includes(path):
    """The files of preload/ that a file includes."""
    with open(os.path.join(PRELOAD, path), encoding="utf-8") as file:
        for name in re.findall(r'^#include "([^"]+)"', file.read(), re.M):
            if name == "arch.h":
                yield "arch/arch.h"
            else:
                yield os.path.normpath(os.path.join(os.path.dirname(path), name))


@functools.cache
def symbols():
    """({file: symbols that it defines}, {file: symbols that it needs}) of the C files."""
    defined, needed = {}, {}
    if tap.SLOWER > 1 and not glob.glob(os.path.join(OBJECTS, "*.o")):
        raise unittest.SkipTest("it would need the object files, which stay where they were built")
    for path in sources():
        file = os.path.join(OBJECTS, path.replace("/", "_") + ".o")
        # Of arch/ one processor's files are built.
        if path.endswith(".c") and (room_of(path) != "arch" or os.path.exists(file)):
            defined[path], needed[path] = read_symbols(file)
    return defined, needed


def read_symbols(file):
    output = subprocess.run(["nm", "-P", file], check=True, capture_output=True, text=True).stdout
    kinds = [line.split()[:2] for line in output.splitlines()]
    return ({symbol for symbol, kind in kinds if kind in "TDBRVWi"},
            {symbol for symbol, kind in kinds if kind == "U"})


def command_symbols(folder):
    """The same of the files of a command, by the names of their objects."""
    defined, needed = {}, {}
    for name in os.listdir(folder):
        if name.endswith(".c.o"):
            defined[name], needed[name] = read_symbols(os.path.join(folder, name))
    return defined, needed


def calls(defined, needed):
    """{file: files whose functions or data it uses}."""
    owner = {symbol: path for path, all_of in defined.items() for symbol in all_of}
    return {path: {owner[s] for s in all_of if s in owner} - {path}
            for path, all_of in needed.items()}


def circle(graph):
    """Some circle of files that call each other, or None."""
    state = {}

    def visit(path, way):
        state[path] = "open"
        for other in sorted(graph.get(path, ())):
            if state.get(other) == "open":
                return way[way.index(other):] + [other] if other in way else [path, other]
            if other not in state:
                found = visit(other, way + [other])
                if found:
                    return found
        state[path] = "done"
        return None

    for path in sorted(graph):
        found = None if path in state else visit(path, [path])
        if found:
            return found
    return None


class Rooms(unittest.TestCase):
    def setUp(self):
        self.rooms = rooms()
        self.order = list(self.rooms)

    def test_every_folder_is_a_room_of_the_page(self):
        self.assertEqual(sorted(self.order), sorted({room_of(path) for path in sources()}))

    def test_includes_go_down(self):
        for path in sources():
            for other in includes(path):
                self.assertLessEqual(self.order.index(room_of(path)),
                                     self.order.index(room_of(other)),
                                     f"{path} includes {other}, which is above it")

    def test_the_page_says_what_the_includes_say(self):
        used = {room: set() for room in self.order}
        for path in sources():
            used[room_of(path)] |= {room_of(other) for other in includes(path)}
        for room in self.order:
            self.assertEqual(sorted(self.rooms[room]), sorted(used[room] - {room}), room)

    @unittest.skipUnless(os.path.isdir(OBJECTS), "needs the object files")
    def test_calls_go_down(self):
        for path, others in calls(*symbols()).items():
            for other in others:
                self.assertLessEqual(self.order.index(room_of(path)),
                                     self.order.index(room_of(other)),
                                     f"{path} calls {other}, which is above it")

    @unittest.skipUnless(os.path.isdir(OBJECTS), "needs the object files")
    def test_no_files_call_each_other_in_a_circle(self):
        found = circle(calls(*symbols()))
        self.assertIsNone(found, " -> ".join(found or []))

    @unittest.skipUnless(all(map(os.path.isdir, COMMANDS)), "needs the object files")
    def test_nor_do_those_of_the_commands(self):
        for folder in COMMANDS:
            found = circle(calls(*command_symbols(folder)))
            self.assertIsNone(found, f"{folder}: " + " -> ".join(found or []))


if __name__ == "__main__":
    tap.main()
