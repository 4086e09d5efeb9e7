#!/usr/bin/env python3
"""What has broken others that stand between a program and its libraries."""

import itertools
import os
import re
import shutil
import stat
import subprocess
import sys

from harness import (BUILD, EMULATOR, LIBRARY, SIM_LIB, Run, Skip, add_case, case, client, compare,
                     expect, machine, main, program, same, same_behaviour, same_counts, succeeded)

HERE = os.path.dirname(os.path.abspath(__file__))


@case("the library exports its doors, and nothing that looks like CUDA")
def exports():
    said = subprocess.run([program("nm"), "-D", "--defined-only", LIBRARY], check=True,
                          capture_output=True, text=True).stdout
    names = {line.split()[-1].split("@")[0] for line in said.splitlines()}
    doors = {"dlsym", "dlvsym", "dlopen", "dlmopen", "dlclose", "dladdr", "dladdr1",
             "backtrace_symbols", "backtrace_symbols_fd", "__gmon_start__",
             "_exit", "_Exit", "execve", "execv", "execvp", "execvpe", "execl", "execlp", "execle",
             "fexecve", "posix_spawn", "posix_spawnp", "system", "popen", "_IO_popen", "_IO_proc_open", "open", "open64", "openat",
             "openat64", "__open_2", "__open64_2", "__openat_2", "__openat64_2", "fopen", "fopen64",
             "syscall", "execveat", "wordexp",
             "setuid", "seteuid", "setreuid", "setresuid", "chroot", "unshare", "setns", "clone", "prctl",
             "mount", "umount", "umount2", "getppid", "move_mount"}
    expect(doors <= names, f"missing: {doors - names}")
    other = {n for n in names - doors if not n.startswith("gpuspy_")}
    same(other, set(), "exported besides")


# Another preloaded library, which finds malloc by RTLD_NEXT.

def wrapped(first, command):
    wrapper = client("malloc-wrapper.so")
    order = (LIBRARY, wrapper) if first else (wrapper, LIBRARY)
    plain = Run(command, {"LD_PRELOAD": wrapper}, spied=False)
    spied = Run(command, preload=order)
    expect(b"wrapper: allocations seen, write found, nothing missing" in plain.stderr,
           f"the wrapper by itself: {plain.stderr!r}")
    same_behaviour(spied, plain)
    same_counts(spied.report, spied.ledger)


for first in (True, False):
    where = "behind gpuspy" if first else "before gpuspy"
    add_case(f"malloc wrapper {where}, linked", lambda first: wrapped(
        first, [client("client-linked"), "2"]), first)
    add_case(f"malloc wrapper {where}, dlsym", lambda first: wrapped(
        first, [client("client-dlsym"), "plain", "2"]), first)
    add_case(f"malloc wrapper {where}, plugins", lambda first: wrapped(
        first, [client("client-plugin"), "--cycles", "5", client("plugin.so"),
                client("plugin-12.so")]), first)


def opened(first):
    wrapper = client("dlopen-wrapper.so")
    order = (LIBRARY, wrapper) if first else (wrapper, LIBRARY)
    command = [client("client-dlsym"), "plain", "2"]
    plain = Run(command, {"LD_PRELOAD": wrapper}, spied=False)
    spied = Run(command, preload=order)
    expect(b"wrapper: libcuda.so.1" in plain.stderr, f"the wrapper by itself: {plain.stderr!r}")
    same_behaviour(spied, plain)
    expect(b"wrapper: libcuda.so.1" in spied.stderr, "the wrapper saw no dlopen")
    same_counts(spied.report, spied.ledger)


for first in (True, False):
    add_case(f"dlopen wrapper {'behind' if first else 'before'} gpuspy", opened, first)


@case("a sandbox that allows next to no system call")
def sandbox():
    plain = Run([client("client-sandbox")], spied=False)
    if plain.status == 77:
        raise Skip("no seccomp filters here")
    spied = Run([client("client-sandbox")], output=False)
    same_behaviour(spied, plain)


@case("such a sandbox, and a driver: it is asked nothing, by whatever call it came, and leaves a record")
def sandbox_driver():
    for how, rule in itertools.product(([], ["syscall"]), ("never", "auto", "always")):
        command = [client("client-sandbox-driver"), *how]
        plain = Run(command, spied=False)
        if plain.status == 77:
            raise Skip("no seccomp filters here")
        spied = Run(command, {"GPUSPY_REPORT": rule}, output=False)
        same_behaviour(spied, plain)
        report = spied.report
        same((report["verdict"], report["reason"]), ("unknown", "no-witness"), (how, rule))
        same(report["processes"][0]["state"], "exited", (how, rule))


@case("a sandbox that kills who opens or enlarges a file: threads are counted, and a child's calls are a gap")
def sandbox_shut():
    for how in ([], ["child"], ["in-child"]):
        command = [client("client-shut"), "40", *how]
        plain = Run(command, spied=False)
        if plain.status == 77:
            raise Skip("no seccomp filters here")
        succeeded(plain)
        spied = Run(command, {"GPUSPY_REPORT": "never"}, output=False)
        same_behaviour(spied, plain)
        report = spied.report
        same(report["totals"]["launches"], 41 * 500, how)
        gaps = [gap["code"] for gap in report["gaps"] if gap["code"] != "no-witness"]
        same(gaps, ["child-without-record"] if how == ["child"] else [], how)
        same(report["at_least"], how == ["child"], how)


@case("a sandbox by an instruction of the program's own: never asks nothing, and who is killed said no NO")
def sandbox_unseen():
    command = [client("client-sandbox-driver"), "instruction"]
    plain = Run(command, spied=False)
    if plain.status == 77:
        raise Skip("no seccomp filters here")
    spied = Run(command, {"GPUSPY_REPORT": "never"}, output=False)
    same_behaviour(spied, plain)
    for report in (spied.report, Run(command, output=False).report):
        same((report["verdict"], report["reason"]), ("unknown", "no-witness"), "verdict")


@case("signal handlers that call")
def signals():
    """How many calls are made depends on the time, so each run is held against its own ledger."""
    run = Run([client("client-interrupted"), "signals"])
    succeeded(run)
    same(run.stdout, b"all calls came back\n", "standard output")
    same_counts(run.report, run.ledger)


@case("a cancellation that waits at a thread's first call")
def cancelled():
    compare([client("client-interrupted"), "cancelled"])


@case("a cancellation that waits when a thread becomes another program")
def cancelled_exec():
    for spied in False, True:
        run = Run([client("client-interrupted"), "becomes"], spied=spied)
        same((run.status, run.stdout), (0, b"became another program\n"), "status and output")


@case("dlsym in an IFUNC resolver, calls from the first constructor to the very end")
def early():
    run = compare([client("client-early")])
    same(run.stdout, b"early 42, calls before the end 3\n", "standard output")
    same(run.calls("cuDriverGetVersion"), 7, "calls")


@case("DT_PREINIT_ARRAY: harmless")
def preinit():
    """It runs before this library or libc begin, and what is called there need not be counted;
    the ledger does not know its own name by then."""
    command = [client("client-preinit")]
    plain, spied = Run(command, spied=False), Run(command)
    succeeded(plain)
    same_behaviour(spied, plain)
    same(spied.stdout, b"early 42, calls before the end 4\n", "standard output")
    expect(spied.calls("cuDriverGetVersion") in (7, 8), "the other calls are not all counted")


for options in ((), ("--now",), ("--deepbind",), ("--cycles", "10")):
    add_case(" ".join(("a package that is linked to libcuda itself, RTLD_LOCAL",) + options),
             lambda options: compare([client("client-plugin"), *options,
                                      client("plugin-driver.so")]), options)


@case("dlopen by the caller's RUNPATH and $ORIGIN")
def origin():
    def lay_out(run):
        parts = os.path.join(run.folder, "parts")
        os.mkdir(parts)
        shutil.copy(client("libpart.so"), parts)
        shutil.copy(client("liborigin.so"), run.folder)

    # The folders differ from run to run, so it cannot be said by compare().
    for spied in (False, True):
        def prepare(run):
            lay_out(run)
            run.env["PLUGIN"] = os.path.join(run.folder, "liborigin.so")

        run = Run(["/bin/sh", "-c", f"exec {client('client-plugin')} \"$PLUGIN\""], spied=spied,
                  prepare=prepare)
        succeeded(run)
        same(run.stdout, b"plugins 1, cycles 1, rounds 1, sum of versions 7\n", "what it found")


def lookups(name, env=None):
    compare([sys.executable, os.path.join(HERE, "scenario_lookups.py"), name], env)


for name in ("odd", "forms", "through_itself"):
    add_case(f"cuGetProcAddress, {name.replace('_', ' ')}", lookups, name)
    add_case(f"cuGetProcAddress, {name.replace('_', ' ')}, private pointers", lookups, name,
             {"SIM_PROC_PRIVATE": "1"})
add_case("cuGetProcAddress, odd, success with NULL for unknown names", lookups, "odd",
         {"SIM_PROC_UNKNOWN": "0"})
add_case("cuGetProcAddress, odd, an older driver", lookups, "odd", {"SIM_VERSION": "12020"})


def reopened(words, place, counts, *options, ledger=True):
    run = Run([client("client-reopen"), *options, *(client(word) for word in words)])
    succeeded(run)
    if run.stdout.decode().strip() != place:
        raise Skip("the loader chose otherwise")
    if ledger:
        same_counts(run.report, run.ledger)
    got = {f["library"]: f["calls"] for f in run.report["functions"]
           if f["name"] == "cudaRuntimeGetVersion"}
    same(got, counts, "calls by library")


add_case("a library comes back at another place", reopened, ["libcudart-0badcafe.so.12"],
         "another place", {"libcudart-0badcafe.so.12": 8})
add_case("another library comes to its place", reopened,
         ["libcudart-0badcafe.so.12", "libcudart-d0da41ae.so.12"], "the same place",
         {"libcudart-0badcafe.so.12": 3, "libcudart-d0da41ae.so.12": 5})
add_case("another library comes to its place, and is called before it begins", reopened,
         ["libcudart-5007e4a1.so.12", "libcudart-5007e4b2.so.12"], "the same place",
         {"libcudart-5007e4a1.so.12": 4, "libcudart-5007e4b2.so.12": 6}, "--global", ledger=False)


@case("dlmopen: harmless, and not counted")
def dlmopen():
    command = [client("client-plugin"), "--namespace", "--cycles", "3", client("plugin.so")]
    plain, spied = Run(command, spied=False), Run(command)
    succeeded(plain)
    same_behaviour(spied, plain)
    same(spied.ledger["libcudart.so.13"], plain.ledger["libcudart.so.13"], "calls made")
    calls = spied.report["totals"]["calls"] if spied.report else {}
    same({k: v for k, v in calls.items() if v}, {}, "calls counted")


@case("a driver in front of the driver (WSL): each call counts once")
def wsl():
    def lay_out(run):
        folder = os.path.join(run.folder, "wsl")
        os.mkdir(folder)
        shutil.copy(client("libwsl-driver.so"), os.path.join(folder, "libcuda.so.1"))
        shutil.copy(os.path.join(SIM_LIB, "libcuda.so.1"), os.path.join(folder, "libcuda.so.1.1"))
        run.env["LD_LIBRARY_PATH"] = folder

    command = [client("client-outcome"), "work"]
    plain = Run(command, spied=False, prepare=lay_out)
    spied = Run(command, prepare=lay_out)
    succeeded(plain)
    same_behaviour(spied, plain)
    totals = spied.report["totals"]
    same(totals["launches"], spied.ledger["total"]["launches"], "launches")
    same(spied.calls("cuLaunchKernel"), 1, "calls of cuLaunchKernel")
    same(spied.calls("cuInit"), 1, "calls of cuInit")


# Sanitisers, static, 32-bit and privileged programs.

def asan_library(name):
    """gcc's runtime is a library that the program needs; clang's is inside the program."""
    if EMULATOR:
        raise Skip("ldd looks for the libraries of this machine")
    said = subprocess.run([program("ldd"), client(name)], check=True, capture_output=True,
                          text=True).stdout
    found = re.search(r"libasan\S* => (\S+)", said)
    return (found[1],) if found else ()


def asan(env, preload):
    command = [client("client-asan"), "2"]
    env = dict(env, ASAN_OPTIONS="detect_leaks=0:" + env.get("ASAN_OPTIONS", ""))
    plain = Run(command, env, spied=False)
    if plain.status:
        raise Skip("programs with AddressSanitizer do not run here")
    spied = Run(command, env, preload=preload)
    same_behaviour(spied, plain)
    same_counts(spied.report, spied.ledger)


add_case("AddressSanitizer, its runtime preloaded first", lambda: asan(
    {}, (*asan_library("client-asan"), LIBRARY)))
add_case("AddressSanitizer, told to bear it", lambda: asan(
    {"ASAN_OPTIONS": "verify_asan_link_order=0"}, (LIBRARY,)))


def untouched(name):
    command = [client(name)]
    plain, spied = Run(command, spied=False), Run(command)
    succeeded(plain)
    same_behaviour(spied, plain)
    same(spied.text, "", "report")


add_case("a static program", untouched, "client-look-static")
add_case("a static-pie program", untouched, "client-look-static-pie")


@case("gpuspy is in an ordinary program")
def ordinary():
    run = Run([client("client-look")])
    same(run.stdout, b"secure 0, gpuspy yes\n", "standard output")


@case("a 32-bit program: a line of ld.so's, and no more")
def of_32_bits():
    command = [client("client-look-32")]
    plain, spied = Run(command, spied=False), Run(command)
    if plain.status:
        raise Skip("32-bit programs do not run here")
    same((spied.stdout, spied.status), (plain.stdout, 0), "standard output and status")
    same(spied.stderr.count(b"\n"), 1, f"lines on standard error ({spied.stderr!r})")


@case("a setuid program: ignored by ld.so")
def setuid():
    if os.geteuid() != 0:
        raise Skip("only root can make a program that is setuid to somebody else")

    def lay_out(run):
        path = os.path.join(run.folder, "look")
        shutil.copy(client("client-look"), path)
        os.chown(path, 65534, 65534)
        os.chmod(path, 0o755 | stat.S_ISUID)
        os.chmod(run.folder, 0o755)
        run.env["LOOK"] = path

    command = ["/bin/sh", "-c", "exec \"$LOOK\""]
    plain = Run(command, spied=False, prepare=lay_out)
    if b"secure 1" not in plain.stdout:
        raise Skip("setuid has no effect on this file system")
    spied = Run(command, prepare=lay_out)
    succeeded(spied)
    same(spied.stdout, b"secure 1, gpuspy no\n", "standard output")
    same(spied.stderr, plain.stderr, "standard error")


@case("GPUSPY_DISABLE=1: nothing is counted, written or said")
def disabled():
    command = [client("client-linked"), "2"]
    plain, spied = Run(command, spied=False), Run(command, {"GPUSPY_DISABLE": "1"})
    same_behaviour(spied, plain)
    same(spied.ledger, plain.ledger, "what reached the driver")
    same((spied.text, os.listdir(spied.gpuspy_dir)), ("", []), "report and segments")


@case("gpuspy preloaded twice, under two names")
def twice():
    def copy(run):
        other = os.path.join(run.folder, "libgpuspy.so")
        shutil.copy(LIBRARY, other)
        run.env["LD_PRELOAD"] = f"{LIBRARY}:{LIBRARY}"

    run = Run([client("client-linked"), "2"], prepare=copy)
    succeeded(run)
    same_counts(run.report, run.ledger)


add_case("graph launches, calls and longjmp inside callbacks", lambda: compare(
    [client("client-callback")]))


if __name__ == "__main__":
    expect(os.path.isdir(BUILD), f"{BUILD} is no folder")
    main()
