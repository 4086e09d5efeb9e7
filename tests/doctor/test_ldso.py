#!/usr/bin/env python3
"""Where the loader looks: random folders, libraries, paths and variables, and what glibc's own
ld.so finds there, against preload/loader/search.c. GPUSPY_LONG=N: N environments."""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, SOURCE)
import elf
from made import FAKES
from harness import Skip, case, clean_environment, expect, main, same

LDSO = {"x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1"}
WHERE = os.path.join(FAKES, "where")
SYSTEM = ("libz.so.1", "libm.so.6", "libcudnn_ops.so.9")  # in the cache, perhaps
OWN = tuple(f"libcu{letter}.so.1" for letter in "abcdef")
CPU = os.uname().machine
LEVELS = ("", "", "", "glibc-hwcaps/x86-64-v2/", "glibc-hwcaps/x86-64-v3/",
          "glibc-hwcaps/x86-64-v4/", "tls/", f"tls/{CPU}/", f"{CPU}/", f"{CPU}/atomics/", "glibc-hwcaps/",
          "haswell/", f"tls/haswell/{CPU}/", "haswell/avx512_1/", "avx512_1/", f"{CPU}/{CPU}/")
# What glibc calls Intel's processors in $PLATFORM: "haswell".
FOLDERS = ("a", "b", "a/lib", "$LIBS", f"c/lib/{CPU}-linux-gnu", f"c/{CPU}", "c/haswell")


def folder_words(chance, root):
    """One folder of a list, as people and build systems write them."""
    name = chance.choice(FOLDERS)
    up = chance.choice(("", "../", "./", "../../"))
    return chance.choice((f"{root}/{name}", f"{root}/{name}", f"{root}/{name}/", f"$ORIGIN/{up}{name}",
                          f"${{ORIGIN}}/{up}{name}", "$ORIGIN", "", ".", name, f"{root}//{name}",
                          f"{root}/c/$LIB", f"{root}/c/${{LIB}}", f"{root}/c/$PLATFORM",
                          f"{root}/$NOTHING", f"{root}/$LIBS", f"{root}/$ORIGINAL/{name}", f"{root}/gone", "$ORIGIN:"))


def path_words(chance, root, separators=":"):
    count = chance.randrange(4)
    words = folder_words(chance, root)
    for _ in range(count):
        words += chance.choice(separators) + folder_words(chance, root)
    return words


def write_one(chance, path, root, names):
    needs = chance.sample(names + SYSTEM, chance.randrange(4))
    kind = chance.randrange(12)
    paths = {"rpath": path_words(chance, root) if chance.random() < .5 else None,
             "runpath": path_words(chance, root) if chance.random() < .4 else None}
    if kind == 0:
        elf.write(path, needs, machine=40, **paths)  # another machine's: the loader goes on
    elif kind == 1:
        os.makedirs(path, exist_ok=True)
    elif kind == 2:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink("gone", path)
    elif kind == 3 and chance.random() < .3:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write("no library, but long enough to have a header of one" * 3)
    else:
        elf.write(path, needs, soname=os.path.basename(path), **paths)


def make(chance, root):
    for name in OWN:
        for folder in chance.sample(FOLDERS, chance.randrange(1, 4)):
            path = f"{root}/{folder}/{chance.choice(LEVELS)}{name}"
            if not os.path.lexists(path):
                write_one(chance, path, root, OWN)
    needs = chance.sample(OWN, chance.randrange(1, 4))
    if chance.random() < .3:
        needs.append(chance.choice(("$ORIGIN/", "${ORIGIN}/", f"{root}/")) + "a/" +
                     chance.choice(OWN))
    return elf.write(f"{root}/a/program", needs,
                     rpath=path_words(chance, root) if chance.random() < .6 else None,
                     runpath=path_words(chance, root) if chance.random() < .4 else None)


def by_ldso(program, env, folder):
    env = {**env, "LD_TRACE_LOADED_OBJECTS": "1"}
    said = subprocess.run([LDSO[CPU], program], env=env, cwd=folder,
                          capture_output=True, text=True, check=False)
    found = {}
    for line in said.stdout.splitlines():
        match = re.match(r"\t(.*) => (not found|.*) ?\(0x|\t(.*) => (not found)", line)
        if match:
            found[match[1] or match[3]] = (match[4] or match[2]).replace("not found", "-").strip()
        elif line.startswith("\t"):  # found by that very name
            found[line.split()[0]] = line.split()[0]
    broken = re.search(r"error while loading shared libraries: (.*?): "
                       r"(invalid ELF|cannot read file data|file too short)", said.stderr)
    return found, broken and broken[1], said.stdout + said.stderr


def by_gpuspy(program, env, folder):
    said = subprocess.run([WHERE, program], env=env, cwd=folder, capture_output=True, text=True,
                          check=True)
    lines = [line.rsplit(" ", 1) for line in said.stdout.splitlines()]
    broken = [path for name, path in lines if name == "broken"]
    return {name: path for name, path in lines if name != "broken"}, \
        broken[0] if broken else None, said.stdout


def whole(path, folder):
    """One way to write it; the loader itself writes a relative one as it is."""
    return path if path in ("-", None) else os.path.normpath(os.path.join(folder, path))


def compare(chance, number):
    root = os.path.realpath(tempfile.mkdtemp(prefix="gpuspy-test-"))
    try:
        program = make(chance, root)
        env = {**clean_environment(), "LC_ALL": "C"}
        env.pop("LD_LIBRARY_PATH", None)
        if chance.random() < .7:
            env["LD_LIBRARY_PATH"] = path_words(chance, root, ":;:")
        folder = chance.choice((root, f"{root}/a", f"{root}/b"))
        os.makedirs(folder, exist_ok=True)
        theirs, their_broken, words = by_ldso(program, env, folder)
        ours, our_broken, own_words = by_gpuspy(program, env, folder)
        told = f"environment {number}, {env.get('LD_LIBRARY_PATH')!r} in {folder}: {words}{own_words}"
        expect(whole(their_broken, folder) == whole(our_broken, folder), told)
        if their_broken:
            return 0
        for name, path in ours.items():
            if name.startswith("ld-linux"):
                continue  # it is there before all others
            # Only the first name of a file is listed.
            named = re.sub(r"\$(ORIGIN|{ORIGIN})", f"{root}/a", name) if "/" in name else name
            expected = theirs.get(named) or theirs.get(path)
            if not expected and path != "-":  # listed by another path of the same file
                expected = next((other for other in theirs.values() if os.path.realpath(
                    whole(other, folder)) == os.path.realpath(whole(path, folder))), None)
            expect(expected and os.path.realpath(whole(expected, folder)) ==
                   os.path.realpath(whole(path, folder)), f"{name} {path}: {told}")
        return len(ours)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@case("random environments")
def environments():
    if CPU not in LDSO or not os.path.exists(LDSO[CPU]):
        raise Skip("there is no ld.so that this test knows")
    seed = int(os.environ.get("GPUSPY_SEED", random.randrange(1 << 30)))
    count = int(os.environ.get("GPUSPY_LONG", "150"))
    looked = 0
    print(f"# seed {seed}")
    for number in range(count):
        looked += compare(random.Random(f"{seed} {number}"), number)
    print(f"# {count} environments, {looked} libraries")
    expect(looked > count, f"only {looked} libraries were looked for")


@case("a path to another machine's file, which is as good as none")
def foreign_path():
    with tempfile.TemporaryDirectory(prefix="gpuspy-test-") as root:
        for machine, found in ((40, False), (None, True)):
            library = f"{root}/libcua-{machine}.so.1"
            elf.write(library, [], **({"machine": machine} if machine else {}))
            ours, _, words = by_gpuspy(elf.write(f"{root}/program", [library]), clean_environment(), root)
            same(ours[library], library if found else "-", words)


if __name__ == "__main__":
    main()
