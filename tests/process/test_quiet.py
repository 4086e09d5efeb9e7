"""With LD_PRELOAD exported in a shell, what has nothing to do with CUDA stays as it was: no line,
no segment, and no more than a few system calls."""

import os
import re
import subprocess
import sys
import tempfile

from common import (GPUSPY, LIBRARY, SLOWER, Run, Skip, add_case, case, clean_environment, expect, machine, main,
                    program, same, script)

# The first word of each is looked for in PATH.
COMMANDS = {
    "sh": ("sh", "-c", "x=$(echo a | sed s/a/b/); (exit 3); uname > /dev/null; rm -f $x; echo $x"),
    "bash with subshells": ("bash", "-c", "{ for i in 1 2 3; do (echo $i | cat) & done; wait; } | sort"),
    "git": ("git", "--version"),
    "git log": ("git", "-C", os.path.dirname(script("")), "log", "-1", "--format=%H"),
    "make": ("make", "-f", "-", "-s"),
    "R --version": ("R", "--version"),
    "R --help": ("R", "--help"),
    "Rscript --version": ("Rscript", "--version"),
    "R CMD config": ("R", "CMD", "config", "CC"),
    "R RHOME": ("R", "RHOME"),
    "apt": ("apt-get", "--version"),
    "dpkg": ("dpkg", "--print-architecture"),
    "gdb": ("gdb", "-q", "-batch", "-ex", "python print(6 * 7)", "-ex", "info line main", "true"),
    "python --version": (sys.executable, "--version"),
    "python -V": (sys.executable, "-V"),
    "a system tool in Python": ("/usr/bin/python3", "-Es", "/usr/bin/py3versions", "-d"),
    "the same with options that have values": ("/usr/bin/python3", "-W", "ignore", "-X", "utf8",
                                               "/usr/bin/py3versions", "-d"),
    "find and xargs": ("sh", "-c", "find / -maxdepth 1 | sort | xargs -n 1 echo"),
    "tar": ("sh", "-c", "tar -czf - /etc/hostname | tar -tzf -"),
}


def quiet(command):
    found = program(command[0])
    if command[1] == "-Es" and not os.path.exists(command[2]):
        raise Skip(f"there is no {command[2]}")
    runs = [Run([found, *command[1:]], spied=spied, output=False, sim=False,
                input=b"all:\n\t@echo made by $(shell echo make)\n")
            for spied in (False, True)]
    plain, spied = runs
    same((spied.status, spied.stdout, spied.stderr), (plain.status, plain.stdout, plain.stderr),
         "status, output and errors, compared")
    same(os.listdir(spied.gpuspy_dir), [], "sessions")


for name, words in COMMANDS.items():
    add_case(name, quiet, words)


def make_package(folder):
    """A package with a byte-compiled function, which makes INSTALL start several Rs."""
    for path, text in (("pkg/DESCRIPTION", "Package: pkg\nVersion: 1.0\nTitle: A Package\n"
                        "Description: Empty.\nLicense: MIT\nAuthor: A\nMaintainer: A <a@b.org>\n"),
                       ("pkg/NAMESPACE", "export(f)\n"), ("pkg/R/f.R", "f <- function() 1\n")):
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    os.mkdir(os.path.join(folder, "library"))


@case("R CMD build and R CMD INSTALL")
def install():
    said = []
    for spied in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            make_package(folder)
            for words in (("build", "pkg"), ("INSTALL", "-l", "library", "pkg_1.0.tar.gz")):
                run = Run([program("R"), "CMD", *words], spied=spied, output=False, cwd=folder)
                same(run.status, 0, f"status ({run.stderr!r})")
                same(os.listdir(run.gpuspy_dir), [], "sessions")
                said.append((run.stdout, run.stderr))
    same(said[2:], said[:2], "what it said, compared")


def system_calls(env):
    trace = subprocess.run([program("strace"), "-f", "-o", "/dev/stderr", "env", *env,
                            program("true")], env=clean_environment(), capture_output=True,
                           timeout=60 * SLOWER)
    if trace.returncode:
        raise Skip("strace does not work here")
    lines = trace.stderr.decode(errors="replace").splitlines()
    start = max(i for i, line in enumerate(lines) if "execve(" in line and " = 0" in line)
    return lines[start:]


# The loader's. Where pages may have 64 KiB, it gives back what lies around and between the parts.
LOADER = {"aarch64": 13}.get(machine(), 10)


@case("the cost in a program that does nothing: no more than a few system calls, which are the loader's")
def cost():
    plain = system_calls([])
    spied = system_calls([f"LD_PRELOAD={LIBRARY}"])
    expect(any("libgpuspy.so" in line for line in spied), "the library was not loaded")
    expect(len(spied) - len(plain) <= LOADER, f"{len(spied) - len(plain)} more system calls")
    written = [line for line in spied if re.search(r"\b(write|mkdir|rename|unlink)(at|v)?\(|O_CREAT",
                                                   line)]
    same(written, [], "system calls that change something")


@case("a variable's value of no use is answered by one line, by the library and by gpuspy run")
def of_no_use():
    good = {"GPUSPY_DISABLE": ("", "0"), "GPUSPY_CONFIG": ("", "/dev/null"), "GPUSPY_REPORT": ("auto",)}
    bad = {"GPUSPY_DISABLE": ("yes", "2"), "GPUSPY_CONFIG": ("/nonexistent", "relative", "/tmp", "/proc/self/mem"),
           "GPUSPY_REPORT": ("x",), "GPUSPY_DIR": ("relative",), "GPUSPY_SESSION": ("/a",),
           "GPUSPY_OUTPUT": ("a" * 5000,)}
    for words, spied in (((), True), ((GPUSPY, "run"), False)):
        for values, lines in (good, 0), (bad, 1):
            for name, value in ((name, value) for name in values for value in values[name]):
                done = Run([*words, sys.executable, "-c", "1"], {name: value}, spied=spied, output=False)
                said = [line for line in done.stderr.splitlines() if name.encode() in line]
                same((done.status, len(said)), (0, lines), f"status and lines of {name}={value[:20]}: {done.stderr!r}")


if __name__ == "__main__":
    main()
