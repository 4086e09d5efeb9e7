#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Other people's programs with and without gpuspy: a row each in ROWS, one table at the end.
others.sh brings what they need and starts this.
"""
import glob
import os
import shutil
import subprocess
import sys
import time

from run import (Row, Skip, by_lines, by_status, environment,
                 of_regrtest, of_stress, of_tap, one_report)

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"
LIB = "/usr/lib/x86_64-linux-gnu/"
ALL = "--all" in sys.argv

# CPython's: what forks, threads, signals, loads, waits and measures.
CPYTHON = """test_atexit test_asyncio.test_subprocess test_capi test_concurrent_futures.test_shutdown
    test_contextlib test_ctypes test_ctypes.test_loading test_dbm test_dict test_eintr test_exceptions
    test_faulthandler test_fcntl test_fork1 test_gc test_gdb test_importlib test_io test_json test_kqueue test_mmap
    test_multiprocessing_fork test_os test_pickle test_popen test_posix test_pty test_queue test_re
    test_regrtest test_resource test_select test_signal test_site test_sqlite3 test_ssl test_subprocess
    test_sys test_tempfile test_thread test_threading test_threadsignals test_threading_local test_tracemalloc
    test_wait3 test_wait4""".split()

R_PACKAGES = "base methods stats utils tools grid splines" if ALL else "methods utils splines"

# glib's: what spawns, loads, threads and talks; without the session bus.
GLIB = """closure closure-refcount dynamictests dynamictype gsubprocess gdatetime g-file giomodule
    1bit-mutex 642026 asyncqueue atomic bitlock cond dataset environment error fileutils gvariant hash
    io-channel keyfile mainloop mutex once onceinit private rcbox rec-mutex refcount rwlock signal1
    signals slice sleep-stats spawn-multithreaded spawn-path-search spawn-singlethread spawn-test
    thread thread-pool threadtests threadpool-test timeout type unix utils""".split()

STRESSORS = ("dynlib fork vfork exec clone daemon spawn pthread kill sigsegv sigq sigpending sigsuspend "
             "sigfd sigtrap sigabrt sigchld sigrt sigpipe sigaltstack fault malloc mmap context stack env close "
             "zombie rlimit resources vdso funccall mutex futex timer itimer sem").split()

# Forks, threads, pickles, loads and allocates: for what is preloaded beside us.
WORK = [PYTHON, "-c", """
import ctypes, hashlib, json, multiprocessing, sqlite3, subprocess, threading, zlib
data = json.dumps(list(range(30000))).encode()
sums = []
def digest(n):
    for i in range(20):
        sums.append(hashlib.sha256(zlib.compress(data)).hexdigest())
threads = [threading.Thread(target=digest, args=(i,)) for i in range(6)]
[t.start() for t in threads]
[t.join() for t in threads]
with multiprocessing.get_context("fork").Pool(3) as pool:
    print(len(set(sums)), sum(pool.map(abs, range(-1000, 0))), subprocess.getoutput("echo child"))
print(sqlite3.connect(":memory:").execute("select 6 * 7").fetchone(), ctypes.CDLL(None).abs(-3))
"""]


def stress(name):
    operations = {"malloc": 20000, "mmap": 20, "context": 500, "close": 20000}.get(name, 200)
    # "resources" makes files as large as it may, until the disk is full.
    return lambda folder: ["prlimit", f"--fsize={1 << 26}", "stress-ng", f"--{name}", "2", f"--{name}-ops",
                           str(operations), "--verify", "-q", "--timeout", "30", "--temp-path", folder, "--oomable"]


def glib(folder):
    """Each program of theirs by itself; the exit status is among what is compared."""
    place = "/usr/libexec/installed-tests/glib"
    if not os.path.isdir(place):
        raise Skip("no libglib2.0-tests")
    names = [n for n in (sorted(os.listdir(place)) if ALL else GLIB)
             if os.access(f"{place}/{n}", os.X_OK) and os.path.isfile(f"{place}/{n}") and "." not in n]
    return ["sh", "-c", f"cd {place}; for t in {' '.join(names)}; do timeout 120 ./$t -m quick --tap </dev/null "
            "2>/dev/null || echo \"$t ENDED $?\"; done"]


def cpython(folder):
    place = glob.glob("/usr/lib/python3.*/test/test_fork1.py")
    if not place:
        raise Skip("no libpython3-testsuite")
    tests = [] if ALL else [t for t in CPYTHON if "." not in t and (
        os.path.exists(f"{os.path.dirname(place[0])}/{t}.py") or os.path.isdir(f"{os.path.dirname(place[0])}/{t}"))]
    return [PYTHON, "-m", "test", "-j2", "--timeout", "600", "-w", *tests]


def base_packages(folder):
    if not shutil.which("Rscript"):
        raise Skip("no R")
    code = (f'for (p in strsplit("{R_PACKAGES}", " ")[[1]]) cat(p, tools::testInstalledPackage(p, types = "examples", '
            'outDir = "."), "\\n")')
    return ["Rscript", "-e", code]


def compiled(folder, source, output, *options):
    done = subprocess.run(["gcc", "-O1", "-fPIC", *options, "-o", os.path.join(folder, output), os.path.join(HERE, source)],
                          env=environment(), capture_output=True, check=False)
    if done.returncode:
        raise Skip(f"{source} is not to be built here")


def java(folder):
    home = (glob.glob("/usr/lib/jvm/*/include/jni.h") or [None])[0]
    if not home:
        raise Skip("no jni.h")
    include = os.path.dirname(home)
    compiled(folder, "jni.c", "libhello.so", "-shared", f"-I{include}", f"-I{include}/linux")
    if subprocess.run([f"{os.path.dirname(include)}/bin/javac", "-d", folder, f"{HERE}/Hello.java"], env=environment(),
                      check=False).returncode:
        raise Skip("no javac")
    return [f"{os.path.dirname(include)}/bin/java", "-cp", folder, f"-Djava.library.path={folder}", "Hello"]


def node(folder):
    if not os.path.exists("/usr/include/node/node_api.h"):
        raise Skip("no node_api.h")
    compiled(folder, "addon.c", "addon.node", "-shared", "-I/usr/include/node")
    return ["node", "-e", f"const count = require('{folder}/addon.node'); const w = require('worker_threads');"
            "new w.Worker('require(\"worker_threads\").parentPort.postMessage(1)', { eval: true })"
            ".on('message', m => console.log(count(1, 2, 3), m, require('child_process').execSync('echo child')+''))"]


def sanitized(sanitizer):
    def command(folder):
        with open(f"{folder}/main.c", "w", encoding="ascii") as file:
            file.write("#include <stdlib.h>\n#include <unistd.h>\n#include <pthread.h>\nstatic void *f(void *p) { return malloc(9); }\n"
                       "int main(void) { pthread_t t; void *p; pthread_create(&t, 0, f, 0); pthread_join(t, &p); free(p);"
                       " return fork() ? 0 : 0; }\n")
        compiled(folder, f"{folder}/main.c", "main", f"-fsanitize={sanitizer}")
        return [f"{folder}/main"]
    return command


MPI = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "3", PYTHON, "-c",
       "import os; os.write(1, b'rank of %s\\n' % os.environb[b'OMPI_COMM_WORLD_SIZE'])"]
FAKEROOT = ["fakeroot", "sh", "-c", "touch a; chown 1:2 a; stat -c '%u %g' a"]
SANDBOX = "echo inside; cat /proc/self/comm; python3 -c 'print(6 * 7)'"

ROWS = [
    Row("cpython", cpython, result=of_regrtest, limit=7200),
    Row("r-examples", base_packages, limit=3600),
    Row("glib", glib, result=of_tap, limit=3600),
    *[Row(f"stress-{name}", stress(name), result=of_stress, limit=120) for name in STRESSORS],
    *[Row(f"{name}-{order}", WORK, **{order: (LIB + file,)}) for name, file in (
        ("jemalloc", "libjemalloc.so.2"), ("tcmalloc", "libtcmalloc_minimal.so.4"), ("mimalloc", "libmimalloc.so.2"),
        ("eatmydata", "libeatmydata.so")) for order in ("before", "after")],
    Row("heaptrack", ["heaptrack", "-o", "trace", *WORK], result=by_lines),
    *[Row(f"heaptrack-{order}", ["env", "DUMP_HEAPTRACK_OUTPUT=trace.%p", *WORK],
          **{order: ("/usr/lib/heaptrack/libheaptrack_preload.so",)}) for order in ("before", "after")],
    Row("memray", ["memray", "run", "-q", "-o", "trace", "-c", WORK[2]]),
    Row("memray-native", ["memray", "run", "-q", "--native", "-o", "trace", "-c", WORK[2]]),
    Row("valgrind", ["valgrind", "-q", "--error-exitcode=9", "--trace-children=yes", "sh", "-c", "ls / | wc -l"]),
    Row("strace", ["strace", "-f", "-o", "trace", "sh", "-c", "echo hello; (exit 3)"]),
    Row("ltrace", ["ltrace", "-f", "-o", "trace", "sh", "-c", "echo hello; (exit 3)"]),
    Row("gdb", ["gdb", "-nx", "-batch", "-ex", "set breakpoint pending on", "-ex", "break _exit", "-ex", "run", "-ex", "continue",
                "--args", "/bin/sh", "-c", "echo hello"], result=by_status),
    *[Row(f"{name}-preloaded", WORK, before=(f"/usr/lib/gcc/x86_64-linux-gnu/12/{file}",)) for name, file in (
        ("asan", "libasan.so"), ("ubsan", "libubsan.so"), ("lsan", "liblsan.so"))],
    Row("asan-linked", sanitized("address"), result=by_status, explained="asan wants to be the first in LD_PRELOAD"),
    Row("ubsan-linked", sanitized("undefined"), result=by_status),
    Row("tsan-linked", sanitized("thread"), result=by_status),
    Row("fakeroot", FAKEROOT),
    Row("faketime", ["faketime", "2020-01-02 03:04:05", PYTHON, "-c", "import time; print(time.strftime('%F %H'))"]),
    Row("bubblewrap", ["bwrap", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-pid", "sh", "-c", SANDBOX]),
    Row("firejail", ["firejail", "--quiet", "--noprofile", "--seccomp", "sh", "-c", SANDBOX]),
    Row("mpirun", MPI, check=one_report),
    Row("greenlet", [PYTHON, f"{HERE}/coroutines.py"]),
    Row("java-jni", java),
    Row("node-addon", node),
]


def short(text, width):
    return text if len(text) <= width else text[:width - 1] + "…"


def main():
    names = [n for n in sys.argv[1:] if n != "--all"]
    rows = [r for r in ROWS if not names or any(r.name == n or r.name.startswith(n + "-") for n in names)]
    if not rows:
        sys.exit(f"others.py: which of them is {names[0]}?")
    bad, lines = 0, []
    for row in rows:
        begun = time.monotonic()
        try:
            without, with_it, difference = row.compare()
        except Skip as why:
            without, with_it, difference = "skipped", str(why), ""
        if difference and row.explained:
            difference = f"explained: {row.explained}"
        elif difference:
            bad += 1
            print(f"# {row.name}\n#   without: {without}\n#   with:    {with_it}", file=sys.stderr)
        lines.append((row.name, without, with_it, difference or "none"))
        print(f"# {row.name}: {difference or 'none'} ({time.monotonic() - begun:.0f} s)", file=sys.stderr, flush=True)
    print(f"{'':22} {'without':38} {'with':38} difference")
    for name, without, with_it, difference in lines:
        print(f"{name:22} {short(without, 38):38} {short(with_it, 38):38} {difference}")
    print(f"{len(lines)} rows, {bad} with a difference that is not explained")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
