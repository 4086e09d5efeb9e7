#!/usr/bin/env python3
"""Every way by which a program gets at CUDA: nothing changes for it, and every call is counted."""

import os
import shutil

from harness import (CLIENTS, CLIENT_SOURCES, LIBRARY, SIM_LIB, Run, add_case, case, client, compare, expect, gap,
                     main, program, same, same_behaviour, same_counts, succeeded)

LINKED = ("", "-now", "-noplt", "-nopie", "-unoptimized", "-table", "-table-nopie")
PRIVATE = {"SIM_PROC_PRIVATE": "1"}
LOOKUPS = ("v2", "v1", "dlsym")


def counts(name, *arguments, env=None, no_status=()):
    return compare([client(name), *arguments], env=env, no_status=no_status)


for kind in LINKED:
    add_case(f"linked{kind}", counts, "client-linked" + kind, 3)
for way in ("plain", "old", "dlvsym", "default"):
    add_case(f"dlsym, {way}", counts, "client-dlsym", way, 2)
for form in ("v2", "v1"):
    add_case(f"cuGetProcAddress {form}", counts, "client-procaddr", form, 2)
    add_case(f"cuGetProcAddress {form}, private pointers", counts, "client-procaddr", form, 2,
             env=PRIVATE)
for runtime in ("", "-12", "-11", "-static"):
    add_case(f"runtime{runtime}", counts, "client-runtime" + runtime, 2)
    for lookup in LOOKUPS:
        add_case(f"runtime{runtime} looks up by {lookup}", counts, "client-runtime" + runtime, 2,
                 env={"SIM_RUNTIME_LOOKUP": lookup})
    add_case(f"runtime{runtime}, private pointers", counts, "client-runtime" + runtime, 2,
             env=PRIVATE)
for library in ("cudnn", "cudnn-8", "blas"):
    add_case(library, counts, "client-" + library, 3)
    add_case(f"{library}, private pointers", counts, "client-" + library, 3, env=PRIVATE)
add_case("framework with stubs of CUDA's names", counts, "client-framework", 3)
for kind in ("", "-nopie"):
    add_case(f"arguments and results of every shape{kind}", counts, "client-args" + kind,
             no_status=("cufftSimReturn",))


def plugins(names, *options):
    return compare([client("client-plugin"), *options, *(client(f"{n}.so") for n in names)])


for name in ("plugin", "plugin-bare", "plugin-13", "plugin-12", "plugin-11"):
    for options in ((), ("--deepbind",), ("--now",), ("--global",), ("--deepbind", "--now"),
                    ("--cycles", "20", "--rounds", "3")):
        add_case(" ".join((name,) + options), plugins, (name,), *options)
add_case("runtimes 11, 12 and 13 in one process", plugins,
         ("plugin-11", "plugin-12", "plugin-13", "plugin"), "--cycles", "5")


# R torch ships two libcudart-HASH.so.12, each for its own callers.
add_case("two runtimes of one major version in one process", plugins,
         ("plugin-copy-0badcafe", "plugin-copy-d0da41ae", "plugin-12"), "--cycles", "3")


@case("no CUDA: probes find none, and no report")
def weak():
    command = [client("client-weak")]
    plain, spied = Run(command, spied=False), Run(command)
    same_behaviour(spied, plain)
    same(plain.stdout, b"weak: driver no, runtime no; RTLD_DEFAULT: driver no, cuDNN no\n",
         "what the client says")
    same(spied.text, "", "the report of a program that never asked")


def r_script(*words, status=0):
    return compare([program("Rscript"), "--vanilla", os.path.join(CLIENT_SOURCES, "rpkg.R"),
                    client("rpkg.so"), *words], status=status)


add_case("R package", r_script, 3)
add_case("R package, stop()", r_script, 2, "stop", status=1)
add_case("R package, quit(status = 3)", r_script, 2, "quit", status=3)
add_case("R package, unloaded", r_script, 2, "unload")


def python_script(*words, status=0):
    expect_module = client("gpuspy_pyext.so")
    return compare([program("python3"), os.path.join(CLIENT_SOURCES, "pyext.py"),
                    os.path.dirname(expect_module), *words], status=status)


add_case("Python extension", python_script, 3)
add_case("Python extension, sys.exit", python_script, 2, "exit", status=3)
add_case("Python extension, os._exit", python_script, 2, "_exit", status=5)
add_case("Python extension in a forked child", python_script, 2, "fork")


@case("what the report says of the doors' libraries")
def libraries():
    run = compare([client("client-cudnn")])
    by_name = {library["name"]: library for library in run.report["libraries"]}
    for name in ("libcuda.so.1", "libcudnn.so.9", "libcudnn_ops.so.9"):
        expect(by_name.get(name, {}).get("loaded"), f"{name} is not said to be loaded")
        same(by_name[name]["path"], os.path.join(SIM_LIB, name), "its path")
    expect(run.report["simulated"], "simulated is not said")
    expect("SIMULATED" in run.text.splitlines()[0], "the first line does not say SIMULATED")


for way in ("dlsym", "dlvsym", "code"):
    add_case(f"a launch by {way}", lambda way: compare([client("client-ways"), way]), way)


@case("a launch after thousands of libraries")
def many():
    n = 1500

    def prepare(run):
        for i in range(n):
            shutil.copy(client("libpart.so"), os.path.join(run.folder, f"copy-{i}.so"))

    command = ["/bin/sh", "-c", f"cd \"$FOLDER\" && exec {client('client-ways')} many {n}"]
    for spied in (False, True):
        def with_folder(run):
            run.env["FOLDER"] = run.folder
            prepare(run)

        run = Run(command, spied=spied, prepare=with_folder)
        succeeded(run)
    same_counts(run.report, run.ledger)
    same(run.report["totals"]["kernels"], 1, "kernels")


@case("dladdr and backtraces name the library's own function")
def address():
    command = [client("client-ways"), "address"]
    plain, spied = Run(command, spied=False), Run(command)
    succeeded(spied)
    same_counts(spied.report, spied.ledger)
    same((spied.status, spied.stdout), (plain.status, plain.stdout), "status and output, compared")
    same(spied.stdout, b"libcuda.so.1 cuInit\ncuInit 1\n/libcuda.so.1(cuInit+0\ndone\n", "standard output")
    expect(b"/libcuda.so.1(cuInit+0" in spied.stderr, spied.stderr)


def wrapped_dlsym(first):
    """The other's answer stays, in both orders, and what it passes on is counted."""
    wrapper = client("dlsym-wrapper.so")
    order = (LIBRARY, wrapper) if first else (wrapper, LIBRARY)
    for command in ([client("client-ways"), "memory"], [client("client-dlsym"), "plain", "2"]):
        plain = Run(command, {"LD_PRELOAD": wrapper}, spied=False)
        spied = Run(command, preload=order)
        same_behaviour(spied, plain)
        same_counts(spied.report, spied.ledger)
        if command[1] == "memory":
            same(spied.stdout, b"2 MiB\ndone\n", "standard output")


for first in (True, False):
    add_case(f"dlsym wrapper {'behind' if first else 'before'} gpuspy", wrapped_dlsym, first)

for options in ((), ("--deepbind",)):
    add_case(" ".join(("a plugin that opens the driver",) + options),
             lambda options: compare([client("client-plugin"), *options,
                                      client("plugin-opens.so")]), options)
    add_case(" ".join(("a plugin beside an IFUNC resolver that looks up",) + options),
             lambda options: compare([client("client-plugin"), *options,
                                      client("plugin-ifunc.so")]), options)


@case("a __gmon_start__ before gpuspy's: what constructors do is not seen, and no NO is said")
def other_start():
    for preload, verdict in ((client("gmon.so"), LIBRARY), "unknown"), ((LIBRARY, client("gmon.so")), "gpu-idle"):
        run = Run([client("client-outcome"), "idle"], preload=preload)
        succeeded(run)
        same(run.report["verdict"], verdict, run.report["gaps"])
        same(gap(run.report, "starts-not-seen") > 0, verdict == "unknown", run.report["gaps"])


@case("a driver that is closed, or is being closed, is not looked into")
def closed():
    for words in ("closed",), ("hole", client("hole.so")):
        command = [client("client-ways"), *words]
        plain, spied = Run(command, spied=False), Run(command)
        succeeded(plain)
        same_behaviour(spied, plain)


@case("the driver becomes global for a library of the program's: what that calls then is counted, and is all")
def unbound_at_start():
    run = compare([client("client-start")])
    same((run.report["verdict"], run.report["gaps"]), ("gpu-idle", []), "verdict and gaps")
    compare([client("client-start"), "2"])


for options in ((), ("--deepbind",)):
    add_case(" ".join(("dlmopen into the program's own namespace is dlopen",) + options), lambda options: compare(
        [client("client-plugin"), "--base", *options, client("plugin-opens.so")]), options)
for kind in ("ifunc", "ifunc-now", "ifunc-nopie", "chosen", "chosen-now", "plt-sysv", "threads", "copy"):
    add_case(f"an address that the loader has left elsewhere: {kind}", counts, f"client-bound-{kind}")


@case("a plugin that launches in a constructor is counted, or no NO is said")
def constructors():
    run = compare([client("client-bound-plain"), client("plugin-bound-usual.so")])
    same((run.report["verdict"], gap(run.report, "starts-not-seen")), ("gpu-work", 0), run.report["gaps"])
    run = compare([client("client-plugin"), client("plugin-driver-bare.so")])
    same(run.report["gaps"], [], "of one that brings the driver along, which tells of itself")
    unseen = "starts-not-seen"
    for words, reason in ((("plain", "plugin-bound-init.so"), unseen), (("plain", "plugin-bound-bare.so"), unseen),
                          (("plain", "plugin-bound-bare.so", "close"), unseen),
                          (("plain", "plugin-bound-threads.so"), "places-not-watched"),
                          (("packed",), "places-not-watched")):
        kind, *plugin = words
        run = Run([client(f"client-bound-{kind}"), *map(client, plugin[:1]), *plugin[1:]])
        succeeded(run)
        same((run.report["verdict"], gap(run.report, reason)), ("unknown", 1), f"{words}: {run.report['gaps']}")
    for kind in "work", "end":
        run = Run([client("client-bound-plain"), client(f"plugin-bound-{kind}.so")])
        same((run.report["totals"]["kernels"], gap(run.report, unseen)), (1, 1), f"{kind}, after a look-up")


@case("a driver that is made global when a plugin's slots are not bound yet")
def made_global():
    needs_it = client("plugin-linked.so")
    for words in (), ("noload",), ("dlmopen",), ("ask", needs_it), ("first",), ("first", needs_it):
        compare([client("client-global"), client("plugin-unbound.so"), *words])
    run = compare([client("client-global-init"), client("plugin-unbound.so"), "ask", needs_it])
    same(run.report["verdict"], "gpu-work", "in a program that has a cuInit of its own")
    compare([client("client-global"), client("plugin-unbound-runtime.so"), "ask", client("plugin-13.so")])


@case("a driver that has become global with what needs it: calls before the next look are missing, and said")
def became_global():
    needs_it = client("plugin-linked.so")
    for by, *words in (("client-global", "", needs_it), ("client-global", "dlmopen", needs_it),
                       ("client-global", "leave", needs_it), ("client-global", "close", needs_it),
                       ("client-global-init", "", needs_it)):
        run = Run([client(by), client("plugin-unbound.so"), *words])
        succeeded(run)
        same(run.report["verdict"], "unknown", f"{words} {run.report['gaps']}")
        same(gap(run.report, "places-not-watched"), 1 if words[0] in ("leave", "close") else 4, words)
    for how in "fork", "fork-leave":
        run = Run([client("client-global"), client("plugin-unbound.so"), how])
        succeeded(run)
        same(run.report["verdict"], "unknown", f"{how} {run.report['gaps']}")
        same(gap(run.report, "places-not-watched"), 1, how)
    # What calls the runtime alone launches nothing that is not seen in the driver.
    run = Run([client("client-global"), client("plugin-unbound-runtime.so"), "", client("plugin-13.so")])
    succeeded(run)
    same(run.report["verdict"], "gpu-idle", run.report["gaps"])


if __name__ == "__main__":
    expect(os.path.isdir(CLIENTS), f"no clients in {CLIENTS}: GPUSPY_BUILD is to be the build")
    main()
