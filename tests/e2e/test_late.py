#!/usr/bin/env python3
"""Loaded late: by dlopen, into a program that runs. From then on all is counted as with a preload;
what was there before is said, and then no NO."""

import os
import re
import shutil
import sys

from harness import (BUILD, CLIENT_SOURCES, LIBRARY, SIM_LIB, Run, Skip, add_case, case, client,
                     expect, gap, main, program, same, same_as_plain, same_behaviour, same_counts,
                     same_functions, same_sums, same_totals, succeeded)

LINKED = ("", "-now", "-noplt", "-nopie", "-unoptimized", "-table", "-table-nopie")
BEFORE = {"attached-late", "libraries-before"}


def run_late(command, env=None, loader=False, preload=(), **options):
    """loader: something that is preloaded loads the library, before main; else the program does."""
    def prepare(run):
        run.env["GPUSPY_OUTPUT"] = run.output
        preloaded = [*preload, *([client("late-loader.so")] if loader else [])]
        if loader:
            run.env["LATE_LIBRARY"] = LIBRARY
        if preloaded:
            run.env["LD_PRELOAD"] = ":".join(preloaded)

    return Run(command, env, spied=False, prepare=prepare, **options)


def is_late(run, gaps=()):
    report = run.report
    expect(report, f"there is no report: {run.stderr!r}")
    same(report["attached"], "late", "attached")
    same(sorted({g["code"] for g in report["gaps"]}), sorted(gaps), "gaps")
    same(len(re.findall(r"^  counted   since \d\d:\d\d:\d\d, .* after the start$", run.text,
                        re.MULTILINE)), 1, f"the line that says since when, in {run.text!r}")
    return report


def judged(run, verdict, reason, gaps=()):
    report = is_late(run, gaps)
    same((report["verdict"], report["reason"]), (verdict, reason), "verdict and reason")
    return report


# Programs of every kind, with the library loaded before main: each call is counted.

def counts(name, *arguments, env=None, no_status=(), status=0, **named):
    """All that was there is the driver, or a library; nothing of it has been called."""
    path = name if os.path.isabs(name) else client(name)
    plain = Run([path, *arguments], env, spied=False)
    run = run_late([path, *arguments], {**(env or {}), **named}, loader=True)
    succeeded(run, status)
    same_behaviour(run, plain)
    same({g["code"] for g in run.report["gaps"]} - BEFORE, set(), "gaps")
    same_functions(run.report, run.ledger, no_status)
    same_sums(run.report)
    same_totals(run.report, run.ledger)
    same_as_plain(run.report, plain.ledger)
    same(run.report["attached"], "late", "attached")
    return run


for kind in LINKED:
    add_case(f"linked{kind}", counts, "client-linked" + kind, 3)
for way in ("plain", "old", "dlvsym", "default"):
    add_case(f"dlsym, {way}", counts, "client-dlsym", way, 2)
for form in ("v2", "v1"):
    add_case(f"cuGetProcAddress {form}", counts, "client-procaddr", form, 2)
for runtime in ("", "-12", "-11", "-static"):
    add_case(f"runtime{runtime}", counts, "client-runtime" + runtime, 2)
    add_case(f"runtime{runtime}, plain dlsym", counts, "client-runtime" + runtime, 2,
             env={"SIM_RUNTIME_LOOKUP": "dlsym"})
for library in ("cudnn", "cudnn-8", "blas"):  # cuBLASLt has taken addresses in a constructor
    add_case(library, counts, "client-" + library, 3)
add_case("cuBLAS, RTLD_GLOBAL", counts, "client-blas", 3, LATE_GLOBAL="1")
add_case("framework with stubs of CUDA's names", counts, "client-framework", 3)
add_case("arguments and results of every shape", counts, "client-args",
         no_status=("cufftSimReturn",))
for plugin in ("plugin", "plugin-bare", "plugin-13", "plugin-11"):
    for options in ((), ("--deepbind",), ("--global",), ("--cycles", "20", "--rounds", "3")):
        add_case(" ".join((plugin,) + options), lambda plugin, options: counts(
            "client-plugin", *options, client(plugin + ".so")), plugin, options)
for way in ("dlsym", "dlvsym", "code"):
    add_case(f"a launch by {way}", counts, "client-ways", way)
for mode in ("before", "vfork", "spawn"):
    add_case(f"processes, {mode}", counts, "client-fork", mode)


def extension(*words, status=0):
    return counts(program("python3"), os.path.join(CLIENT_SOURCES, "pyext.py"),
                  os.path.dirname(client("gpuspy_pyext.so")), 2, *words, status=status)


add_case("Python extension", extension)
add_case("Python extension, os._exit", extension, "_exit", status=5)
add_case("Python extension in a forked child", extension, "fork")


# A program that loads it itself, at some moment.

def scenario(*actions, linked=False, status=0, **options):
    run = run_late([client("client-late-linked" if linked else "client-late"), *actions],
                   **options)
    succeeded(run, status)
    return run


LOAD = f"local={LIBRARY}"


def before_all(load):
    run = scenario(load, "open", "init", "launch=5", "wait", "launch=2", "wait")
    judged(run, "gpu-work", "completed")
    same_counts(run.report, run.ledger)
    same(run.report["totals"]["kernels"], 7, "kernels")
    same([(k["name"], k["launches"]) for k in run.report["kernels"]], [("sim_noop", 7)], "by name")


for mode in ("local", "global"):
    add_case(f"before CUDA, RTLD_{mode.upper()}: as with a preload", before_all, f"{mode}={LIBRARY}")


def driver_is_there(moment, linked):
    """The driver is loaded, initialised, used; then the library comes."""
    before = {"loaded": ("open",), "initialised": ("open", "init"),
              "used": ("open", "init", "launch=3", "wait")}[moment]
    after = ("init",) if moment == "loaded" else ()
    gaps = ["attached-late", *(["kernels-without-name"] if moment != "loaded" else [])]
    run = scenario(*before, LOAD, *after, "launch=5", "wait", linked=linked)
    judged(run, "gpu-work", "completed", gaps)
    same(run.report["totals"]["kernels"], 5, "kernels")
    same(run.report["totals"]["confirmed_kernels"], 5, "confirmed")
    same([d["name"] for d in run.report["devices"]], ["Simulated GPU 0"], "devices")
    expect(" at least 5 kernels ran on Simulated GPU 0 " in run.text, run.text)
    idle = scenario(*before, LOAD, *after, *(("wait",) if after or "init" in before else ()),
                    linked=linked)
    judged(idle, "unknown", "attached-late", ["attached-late"])


for linked in (False, True):
    for moment in ("loaded", "initialised", "used"):
        add_case(f"the driver is {moment} before: counted from then on, and no NO"
                 f"{', linked' if linked else ''}", driver_is_there, moment, linked)


@case("nothing of CUDA: NO, and since when")
def nothing():
    run = scenario(LOAD)
    judged(run, "gpu-unused", "never-asked")
    expect("GPU work: NO  the program never asked for the GPU since gpuspy was loaded into it" in
           run.text, run.text)


@case("the driver came afterwards and was not used: NO")
def idle():
    run = scenario(LOAD, "open", "context")
    judged(run, "gpu-idle", "no-kernel")


@case("a capture that was begun before: recorded, and not run")
def capture():
    run = scenario("open", "init", "begin", "record=2", LOAD, "record=3", "end", "launch=1", "wait")
    report = judged(run, "gpu-work", "completed", ["attached-late", "kernels-without-name"])
    same((report["totals"]["launches"], report["totals"]["captured_launches"]), (1, 3), "launches")
    run = scenario("open", "init", "begin", LOAD, "other=2", "join", "other=3", "back", "end",
                   "launch=1", "wait")
    totals = judged(run, "gpu-work", "completed", ["attached-late", "kernels-without-name"])["totals"]
    same((totals["launches"], totals["captured_launches"]), (3, 3), "launches, drawn into a capture")


@case("threads that launch while it is loaded: nothing after it is missed")
def threads():
    for linked in (False, True):
        for mode in ("local", "global"):
            run = scenario("open", "init", "threads=6", f"{mode}={LIBRARY}", "stop", "wait",
                           linked=linked)
            since = int(run.stdout.split()[1])
            launched = run.ledger["total"]["launches"]
            counted = run.report["totals"]["launches"]
            expect(0 < since <= counted <= launched,
                   f"{since} <= {counted} <= {launched}, linked {linked}, {mode}")
            is_late(run, ["attached-late", "kernels-without-name"])


@case("loaded by a thread at any moment of a program of many threads and libraries")
def any_moment():
    for after in (0, 200, 1000, 3000, 10000, 30000):
        for command in ([client("client-threads")],
                        [client("client-plugin"), "--cycles", "30", client("plugin.so"),
                         client("plugin-12.so")]):
            run = run_late(command, {"LATE_AFTER": str(after)}, loader=True)
            succeeded(run)
            launched = run.ledger["total"].get("launches", 0)
            if run.report:  # the program may have ended before
                expect(run.report["totals"]["launches"] <= launched, "more than were launched")
                if gap(run.report, "attached-late"):
                    expect(run.report["verdict"] in ("gpu-work", "unknown",
                                                     "gpu-work-unconfirmed"),
                           run.report["verdict"])


# Once is enough.

def twice(*loads, **options):
    run = scenario(*loads, "open", "init", "launch=5", "wait", **options)
    same_counts(run.report, run.ledger)
    same(run.report["totals"]["kernels"], 5, "kernels")
    same(run.text.count("GPU work:"), 1, "reports")
    same(len(run.report["processes"]), 1, "processes")
    return run


@case("loaded twice, by two names, from two files: one counts")
def two():
    folder = Run(["/bin/true"], spied=False).folder
    other = os.path.join(folder, "libgpuspy.so")
    shutil.copy(LIBRARY, other)
    link = os.path.join(folder, "link.so")
    os.symlink(LIBRARY, link)
    for first in ("local", "global"):
        for second in ("local", "global"):
            for file in (LIBRARY, link, other):
                twice(f"{first}={LIBRARY}", f"{second}={file}")
                twice(f"{first}={file}", f"{second}={LIBRARY}")


@case("beside a preload: that one counts, from the start")
def beside():
    folder = Run(["/bin/true"], spied=False).folder
    other = os.path.join(folder, "libgpuspy.so")
    shutil.copy(LIBRARY, other)
    for file in (LIBRARY, other):
        for mode in ("local", "global"):
            run = twice(f"{mode}={file}", preload=(LIBRARY,))
            same(run.report["attached"], "preload", "attached")


@case("closed again: it stays, and counts")
def closed():
    run = scenario(LOAD, "close", "open", "init", "launch=5", "wait")
    judged(run, "gpu-work", "completed")
    same_counts(run.report, run.ledger)
    same(run.report["totals"]["kernels"], 5, "kernels")


@case("by dlmopen it does nothing")
def elsewhere():
    run = scenario(f"elsewhere={LIBRARY}", "open", "init", "launch=5", "wait", "getenv=LD_PRELOAD")
    same((run.report, run.text, run.stdout), (None, "", b"(unset)\n"), "report and output")


# What it starts.

@case("programs that it starts are watched, and in its session")
def children():
    other = f"{client('client-late')} open init launch=4 wait"
    run = scenario(f"shell={other}", LOAD, f"shell={other}", f"shell=exec {other}",
                   "getenv=GPUSPY_SESSION")
    report = judged(run, "gpu-work", "completed")
    same(report["totals"]["kernels"], 8, "kernels")
    same(report["session"], run.stdout.decode().strip(), "session")
    same(run.text.count("GPU work:"), 1, "reports")


@case("LD_PRELOAD has it before others, once, by an absolute path")
def preloaded():
    for load, value in ((LOAD, LIBRARY), ("local=./libgpuspy.so", LIBRARY)):
        run = scenario(load, "getenv=LD_PRELOAD", cwd=os.path.dirname(LIBRARY))
        same(run.stdout.decode().strip().replace("/./", "/"), value, "LD_PRELOAD")
    other = client("malloc-wrapper.so")
    run = scenario(LOAD, "getenv=LD_PRELOAD", preload=(other,))
    same(run.stdout.decode().strip(), f"{LIBRARY}:{other}", "LD_PRELOAD")


@case("a path that LD_PRELOAD cannot hold: a gap, and no NO")
def not_passed_on():
    folder = os.path.join(Run(["/bin/true"], spied=False).folder, "with space")
    os.mkdir(folder)
    shutil.copy(LIBRARY, folder)
    run = scenario(f"local={folder}/libgpuspy.so", "getenv=LD_PRELOAD")
    same(run.stdout, b"(unset)\n", "LD_PRELOAD")
    judged(run, "unknown", "not-counted", ["children-not-watched"])


PROCESS = os.path.join(BUILD, "tests", "process")


@case("a program that it starts without the environment is noticed, by every function")
def unwatched():
    for how in ("execve", "execv", "execvp", "execvpe", "execl", "execlp", "execle", "fexecve", "system",
                "popen"):
        words = (os.path.join(PROCESS, "executes"), how)
        run = run_late([*words, "keep", "exit", "0"], loader=True)
        same(gap(run.report, "unwatched-programs"), 0, f"{how}, with its environment")
        run = run_late([*words, "clear", client("client-late"), "open"], loader=True)
        same(gap(run.report, "unwatched-programs"), 1, how)
        same(run.report["verdict"], "unknown", how)
    code = (f"import ctypes, os; ctypes.CDLL({LIBRARY!r}); "
            "os.waitpid(os.posix_spawn(sys.argv[1], sys.argv[1:], {}), 0)").replace("os;", "os, sys;", 1)
    run = run_late([sys.executable, "-c", code, client("client-late"), "open"])
    judged(run, "unknown", "no-record", ["unwatched-programs"])


@case("a GPU's device files that it opens itself are noticed, by every function")
def device_files():
    setup = ("mount -t tmpfs x /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/zero c 1 5 && "
             'touch /dev/nvidiactl /dev/other || exit 99; exec "$@"')
    for how in ("open", "open64", "openat", "openat64", "__open_2", "__open64_2", "__openat_2",
                "__openat64_2", "fopen", "fopen64", "syscall"):
        for file, verdict in (("/dev/other", "gpu-unused"), ("/dev/nvidiactl", "unknown")):
            run = run_late([program("unshare"), "-m", "--propagation", "private", program("sh"), "-c",
                            setup, "sh", program("env"), f"LD_PRELOAD={client('late-loader.so')}",
                            f"LATE_LIBRARY={LIBRARY}", os.path.join(PROCESS, "opens"), file, how, "self"])
            if run.status in (1, 99):
                raise Skip(f"no file system can be mounted here {run.stderr!r}")
            succeeded(run)
            same(is_late(run)["verdict"], verdict, f"{how} {file}")


@case("forked children, before the driver is used and after")
def forked():
    run = scenario("fork=2", LOAD, "fork=3", "open", "init", "launch=5", "wait")
    report = judged(run, "gpu-work", "completed")
    same(report["totals"]["kernels"], 8, "kernels")
    same(sorted(p["totals"]["kernels"] for p in report["processes"]), [3, 5], "by process")
    same([p["attached_after"] is not None for p in report["processes"]].count(True), 1,
         "processes that were attached to")


# Its end.

@case("the report comes after exit handlers that were there before, and after _exit")
def ends():
    run = scenario("atexit=3", LOAD, "open", "init", "launch=5", "wait")
    judged(run, "gpu-work", "completed")
    same_counts(run.report, run.ledger)
    same(run.report["totals"]["kernels"], 8, "kernels")
    expect(" 8 kernels ran " in run.text, run.text)
    run = scenario(LOAD, "open", "init", "launch=5", "wait", "_exit=7", status=7)
    expect(" 5 kernels ran " in run.text, run.text)
    same(judged(run, "gpu-work", "completed")["exit_status"], 7, "status")


@case("GPUSPY_DISABLE, GPUSPY_REPORT, GPUSPY_OUTPUT")
def variables():
    actions = (LOAD, "open", "init", "launch=5", "wait")
    run = scenario(*actions, env={"GPUSPY_DISABLE": "1"})
    same((run.report, run.text, run.stderr), (None, "", b""), "with GPUSPY_DISABLE")
    run = scenario(*actions, env={"GPUSPY_REPORT": "never"})
    same((run.text, run.stderr, run.report["totals"]["kernels"]), ("", b"", 5), "never")
    other = f"exec {client('client-late')} open init launch=4 wait"
    run = scenario(*actions, f"shell={other}", env={"GPUSPY_REPORT": "always"})
    same(run.text.count("GPU work:"), 2, "reports of processes")


# Interpreters.

PYTHON = """
import ctypes, os, sys
{before}
ctypes.CDLL({library!r}{mode})
cu = ctypes.CDLL("libcuda.so.1")
context, module, function = (ctypes.c_void_p() for _ in range(3))
for status in ({init}cu.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0),
               cu.cuCtxSetCurrent(context), cu.cuModuleLoadData(ctypes.byref(module), b"sim:sim_noop"),
               cu.cuModuleGetFunction(ctypes.byref(function), module, b"sim_noop"),
               *(cu.cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, None, None, None) for _ in range(6)),
               cu.cuCtxSynchronize()):
    status and sys.exit(f"status {{status}}")
"""


def python(mode, before=""):
    run = run_late([sys.executable, "-c", PYTHON.format(
        library=LIBRARY, mode=mode, before=before, init="" if before else "cu.cuInit(0), ")])
    succeeded(run)
    if before:
        judged(run, "gpu-work", "completed", ["attached-late"])
    else:
        judged(run, "gpu-work", "completed")
        same_counts(run.report, run.ledger)
    same([(d["name"], d["kernels"]) for d in run.report["devices"]], [("Simulated GPU 0", 6)],
         "devices")


add_case("Python, ctypes.CDLL", python, "")
add_case("Python, ctypes.CDLL, RTLD_GLOBAL", python, ", ctypes.RTLD_GLOBAL")
add_case("Python, after cuInit", python, "",
         before="old = ctypes.CDLL('libcuda.so.1'); old.cuInit(0); old.cuLaunchKernel")


@case("Python's children: subprocess, multiprocessing by spawn and fork")
def python_children():
    folder = Run(["/bin/true"], spied=False).folder
    script = os.path.join(folder, "script.py")
    body = PYTHON.format(library=LIBRARY, mode="", before="", init="cu.cuInit(0), ").replace(
        f"ctypes.CDLL({LIBRARY!r})", "").replace("import ctypes, os, sys", "")
    with open(script, "w", encoding="utf-8") as file:
        file.write("import ctypes, multiprocessing, subprocess, sys\ndef work():\n    " +
                   body.strip().replace("\n", "\n    ") +
                   f"\nif __name__ == '__main__':\n    ctypes.CDLL({LIBRARY!r})\n"
                   f"    subprocess.run(['{client('client-late')}', 'open', 'init', 'launch=4', "
                   "'wait'], check=True)\n"
                   "    for how in ('spawn', 'fork'):\n"
                   "        child = multiprocessing.get_context(how).Process(target=work)\n"
                   "        child.start(); child.join(); child.exitcode and sys.exit(how)\n")
    run = run_late([sys.executable, script])
    succeeded(run)
    report = judged(run, "gpu-work", "completed")
    same_counts(report, run.ledger)
    same(report["totals"]["kernels"], 16, "kernels")


def r_words(local):
    return ["-e", f"dyn.load({LIBRARY!r}, local = {local})", "-e",
            f"dyn.load({client('rpkg.so')!r}); invisible(.C('rpkg_forward', 3L, double(1), 1L))"]


def r(local):
    run = run_late([program("Rscript"), "--vanilla", *r_words(local)])
    succeeded(run)
    report = judged(run, "gpu-work", "completed")
    same_counts(report, run.ledger)
    expect(report["totals"]["calls"]["cudnn"] > 0, "no call of cuDNN")


add_case("R, dyn.load", r, "TRUE")
add_case("R, dyn.load(local = FALSE)", r, "FALSE")


@case("R's children: a cluster by sockets, forked ones, system2")
def r_children():
    work = f"dyn.load({client('rpkg.so')!r}); invisible(.C('rpkg_forward', 1L, double(1), 1L))"
    run = run_late([program("Rscript"), "--vanilla", "-e", f"dyn.load({LIBRARY!r})", "-e",
                    f"cl <- parallel::makeCluster(2); parallel::clusterEvalQ(cl, {{ {work} }});"
                    "invisible(parallel::stopCluster(cl))", "-e",
                    f"r <- parallel::mclapply(1:2, function(i) {{ {work} }}, mc.cores = 2)", "-e",
                    f"system2('{client('client-late')}', c('open', 'init', 'launch=4', 'wait'))"])
    succeeded(run)
    report = judged(run, "gpu-work", "completed")
    same_counts(report, run.ledger)
    working = [p["totals"]["kernels"] for p in report["processes"] if p["totals"]["kernels"]]
    same(len(working), 5, f"processes that launched kernels, of {len(report['processes'])}")


@case("R in a program of another name, as RStudio and Positron have it")
def r_host():
    host = os.path.join(BUILD, "tests", "process", "r-host")
    home = os.popen("R RHOME").read().strip()
    r_library = os.path.join(home, "lib", "libR.so")
    if not os.path.exists(host) or not os.path.exists(r_library):
        raise Skip("there is no libR")
    folder = Run(["/bin/true"], spied=False).folder
    script = os.path.join(folder, "script.R")
    with open(script, "w", encoding="utf-8") as file:
        file.write("\n".join(r_words("TRUE")[1::2]) + "\n" +
                   f"system(\"{client('client-late')} open init launch=4 wait\")\n")
    run = run_late([host, r_library, script], {"R_HOME": home,
                   "LD_LIBRARY_PATH": f"{os.path.dirname(r_library)}:{SIM_LIB}"})
    succeeded(run)
    report = judged(run, "gpu-work", "completed")
    same_counts(report, run.ledger)
    same([p["attached_after"] is None for p in report["processes"]], [False, True], "attached")


@case("node")
def node():
    run = run_late([program("node"), "-e",
                    f"try {{ process.dlopen({{exports: {{}}}}, '{LIBRARY}') }} catch (e) {{ }}\n"
                    f"require('child_process').execFileSync('{client('client-late')}', "
                    "['open', 'init', 'launch=4', 'wait'])"])
    succeeded(run)
    same(judged(run, "gpu-work", "completed")["totals"]["kernels"], 4, "kernels")


@case("Java")
def java():
    folder = Run(["/bin/true"], spied=False).folder
    source = os.path.join(folder, "Late.java")
    with open(source, "w", encoding="utf-8") as file:
        file.write("public class Late { public static void main(String[] a) throws Exception {\n"
                   f'System.load("{LIBRARY}"); new ProcessBuilder("{client("client-late")}", "open",'
                   '"init", "launch=4", "wait").inheritIO().start().waitFor(); } }\n')
    run = run_late([program("java"), source], timeout=120)
    if run.status and b"javac" in run.stderr or b"compiler" in run.stderr:
        raise Skip("this Java runs no sources")
    succeeded(run)
    same(judged(run, "gpu-work", "completed")["totals"]["kernels"], 4, "kernels")


main()
