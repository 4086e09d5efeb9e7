"""What a session leaves in its folder does not grow with what ended in it, and what is somebody
else's, elsewhere or in the way stays as it is."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from common import (GPUSPY, LAUNCH, LIBRARY, SIM_LIB, SLOWER, Run, Skip, case, clean_environment, client,
                    expect, layer_calls, main, processes, program, run_tool, same, same_counts, segments,
                    split_reports)

PYTHON = os.path.realpath(sys.executable)
WORK = [client("client-outcome"), "work"]

CHILDREN = """
import os, subprocess, sys
def names(): return sorted(n for _, _, files in os.walk(os.environ["GPUSPY_DIR"]) for n in files)
for i in range(int(sys.argv[1])):
    subprocess.run([sys.executable, "-S", "-E", "-c", *sys.argv[2:]])
    if i == 2: few = len(names())
print(few, len(names()))
"""


def children(number, *code):
    run = Run([PYTHON, "-c", CHILDREN, str(number), *code], output=False)
    same(run.status, 0, f"status ({run.stderr!r})")
    same(len(split_reports(run.stderr)[1]), 1, "reports")
    return run, [int(word) for word in run.stdout.split()]


@case("ended children that did nothing are a number, and take no space")
def folded():
    run, (few, many) = children(30, "pass")
    same((few, many), (2, 2), "files: the parent's segment and the number")
    same(run.report["folded"], 30, "the number")
    same(len(run.report["processes"]), 1, "processes")
    expect(b"30 more processes" in run.stderr, run.stderr)


FLAGS = """
import ctypes, re, threading
cuda = ctypes.CDLL("libcuda.so.1")
threads = [threading.Thread(target=cuda.cuInit, args=[0]) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
of_segment = False
for line in open("/proc/self/smaps"):
    if re.match("[0-9a-f]+-", line): of_segment = ".seg" in line
    elif of_segment and line.startswith("VmFlags:"): print(line.split())
"""


@case("nothing is read ahead around a segment: on a disk that took longer than all the rest")
def read_ahead():
    if "VmFlags" not in open("/proc/self/smaps").read():
        raise Skip("needs a kernel that tells the flags of a mapping (CONFIG_PROC_PAGE_MONITOR)")
    run = Run([PYTHON, "-c", FLAGS], output=False)
    maps = run.stdout.decode().splitlines()
    expect(len(maps) >= 2 and all("'rr'" in flags for flags in maps), (maps, run.stderr))


@case("children that found something out are not folded: a library that was missed, a call")
def kept():
    for code in ("import ctypes\ntry: ctypes.CDLL('libcudnn.so.7')\nexcept OSError: pass",
                 "import ctypes; ctypes.CDLL('libcuda.so.1').cuInit(0)"):
        run, _ = children(3, code)
        same((run.report["folded"], len(run.report["processes"])), (0, 4), code)


@case("of children that are killed and did nothing the last ones stay, the others are a number")
def killed():
    run, _ = children(3, "import os; os.kill(os.getpid(), 9)")
    same((run.report["folded"], len(processes(run.report, state="ended"))), (0, 3), "processes")
    run, (_, many) = children(40, "import os; os.kill(os.getpid(), 9)")
    expect(many <= 10, f"{many} files")
    same(run.report["folded"] + len(run.report["processes"]), 41, "processes and the number")


@case("killed children that found something out stay, beside any number of those that did not")
def killed_and_kept():
    code = ("import os, sys\n"
            "if int(open('/proc/self/stat').read().split()[0]) % 4 == 0: import ctypes; {}\n"
            "else: print(end='-')\n"
            "os.kill(os.getpid(), 9)")
    for what in ("ctypes.CDLL('libcuda.so.1').cuInit(0)",
                 "os.open('/dev/nvidia0', 0)" if os.path.exists("/dev/nvidia0") else
                 "ctypes.CDLL('libcuda.so.1')"):
        run, _ = children(48, code.format(what))
        found = [p for p in processes(run.report, state="ended") if p["pid"] % 4 == 0]
        expect(found, "there was none")
        same(run.report["folded"] + len(run.report["processes"]), 49, "processes and the number")
        same(sorted(p["started"] for p in found), [p["started"] for p in found], "order")
        calls = sum(f["calls"] for f in run.report["functions"] if f["name"] == "cuInit")
        if "cuInit" in what:
            same(calls, len(found), "calls of those that stay")
            same(calls, layer_calls(run.ledger)["libcuda.so.1", "cuInit"]["calls"], "the ledger")


@case("gpuspy run misses no record where killed children were folded")
def killed_under_run():
    kill = "import os; os.kill(os.getpid(), 9)"
    done = run_tool("run", "--json", "/dev/stdout", PYTHON, "-c", CHILDREN, "30", kill,
                    env={**clean_environment(), "GPUSPY_DIR": tempfile.mkdtemp()})
    report = json.loads(done.stdout[done.stdout.index(b"{"):])
    same((report["verdict"], report["gaps"]), ("gpu-unused", []), "verdict and gaps")
    expect(report["folded"] > 15, report["folded"])


# Children that did something.

KEPT, BEFORE_IT = 128, 16  # processes, and how many more there may be till somebody adds up

MANY = """
import os, subprocess, sys
def names(): return sorted(n for _, _, files in os.walk(os.environ["GPUSPY_DIR"]) for n in files)
most = 0
for i in range(int(sys.argv[1])):
    subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL)
    most = max(most, len(names()))
print(most)
"""


def added_up(report, number):
    """As many processes as there were, most of the kept ones, and all that they did."""
    same(report["gaps"], [], "gaps")
    more = report["more_processes"]
    expect(more and KEPT <= len(report["processes"]) <= KEPT + BEFORE_IT, len(report["processes"]))
    same(len(report["processes"]) + more["count"], number, "processes, all told")


@case("of many children that did a little the sum is kept, exact, for the report and later readers")
def sums():
    for before in ((), (GPUSPY, "run", "--require", "--")):
        run = Run([*before, PYTHON, "-c", MANY, "200", *WORK], output=False, timeout=240)
        same((run.status, len(split_reports(run.stderr)[1])), (0, 1), f"status and reports {run.stderr!r}")
        expect(int(run.stdout) <= KEPT + BEFORE_IT + 4, f"{run.stdout} files")
        same_counts(run.report, run.ledger)
        added_up(run.report, 201)
        report = split_reports(run.stderr)[1][0]
        expect(b"YES  SIMULATED  200 kernels ran" in report, report)
        expect(b"\n  besides   " in report and b" more programs that ended: " in report, report)
        expect(b" 200 child processes" in report, report)
        modes = {os.stat(os.path.join(path, name)).st_mode & 0o7777
                 for path, _, names in os.walk(run.gpuspy_dir) for name in names}
        same(modes, {0o600}, "modes")


FORKS = LAUNCH + """
cuda = ctypes.CDLL("libcuda.so.1")
for i in range(int(sys.argv[1])):
    pid = os.fork()
    if not pid:
        launch(cuda, 1)
        if i % 2: os.kill(os.getpid(), 9)
        os._exit(0)
    os.waitpid(pid, 0)
"""


@case("the same of forked children, killed ones too: none is missed")
def forked_sums():
    for before in ((), (GPUSPY, "run", "--require", "--")):
        run = Run([*before, PYTHON, "-c", FORKS, "200"], output=False, timeout=240)
        same((run.status, len(split_reports(run.stderr)[1])), (0, 1), f"status and reports {run.stderr!r}")
        same_counts(run.report, run.ledger)
        added_up(run.report, 201)


@case("what is read while children are added up has all of them, and is never less than before")
def read_meanwhile():
    with tempfile.TemporaryDirectory() as folder:
        env = {**environment(folder), "GPUSPY_SESSION": "busy"}
        shell = f"for i in $(seq 400); do '{WORK[0]}' work; done >/dev/null"
        running = subprocess.Popen([program("sh"), "-c", shell], env=env, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        before, looks = 0, 0
        while running.poll() is None:
            said = run_tool("report", "--json", "busy", env={**clean_environment(), "GPUSPY_DIR": folder})
            if said.returncode:
                continue
            report = json.loads(said.stdout)
            kernels = report["totals"]["kernels"]
            same([g["code"] for g in report["gaps"] if g["code"] not in ("no-end",)], [], "gaps")
            expect(kernels >= before, f"{kernels} after {before}")
            before, looks = kernels, looks + 1
        said = run_tool("report", "--json", "busy", env={**clean_environment(), "GPUSPY_DIR": folder})
        report = json.loads(said.stdout)
        same(report["totals"]["kernels"], 400, "kernels")
        expect(looks > 5, f"{looks} looks")
        top = subprocess.run([os.path.join(os.path.dirname(GPUSPY), "gpuspy-top"), "--json", "-n", "1"],
                             env={**clean_environment(), "GPUSPY_DIR": folder}, capture_output=True,
                             timeout=60 * SLOWER, check=True)
        shown = json.loads(top.stdout or "null")
        if SLOWER > 1 and (not shown or shown["sample"]["left_out"]):
            raise Skip("for what gpuspy-top says, which comes last, it would need a machine that reads this in 60 ms"
                       " of processor time")
        same((shown["totals"], shown["more_processes"], shown["verdict"]),
             (report["totals"], report["more_processes"], report["verdict"]), "gpuspy-top")


# Other namespaces.

SLEEP = f"import time; print(1, flush=True); time.sleep({60 * SLOWER})"


def in_namespace(*command):
    """In a container: pids of its own, and the same folders."""
    words = [program("unshare"), "--pid", "--fork", "--mount-proc", *command]
    if subprocess.run([*words[:4], "true"], capture_output=True, check=False).returncode:
        raise Skip("no pid namespace can be made here")
    return words


def environment(folder):
    return {**clean_environment(), "LD_PRELOAD": LIBRARY, "GPUSPY_DIR": folder,
            "LD_LIBRARY_PATH": SIM_LIB}


def start(command, folder):
    process = subprocess.Popen(command, env=environment(folder), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    process.stdout.readline()
    return process


def stop(process):
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as children:
        for child in children.read().split():
            os.kill(int(child), 9)
    process.kill()
    process.communicate()


@case("a session of another pid namespace is elsewhere: neither running nor ended")
def elsewhere():
    with tempfile.TemporaryDirectory() as folder:
        inside = start(in_namespace(program("env"), PYTHON, "-c", SLEEP), folder)
        try:
            said = run_tool("list", env={**clean_environment(), "GPUSPY_DIR": folder})
            expect(b" elsewhere " in said.stdout, said.stdout)
            said = run_tool("report", "--last", env={**clean_environment(), "GPUSPY_DIR": folder})
            expect(b"cannot be seen from here" in said.stdout, said.stdout)
        finally:
            stop(inside)


@case("seventy short jobs in a container delete no session that runs outside, nor the reverse")
def seventy():
    with tempfile.TemporaryDirectory() as folder:
        jobs = f"for i in $(seq 70); do env -u GPUSPY_SESSION '{WORK[0]}' work; done"
        words = in_namespace(program("sh"), "-c", jobs)
        inside = start(in_namespace(program("env"), PYTHON, "-c", SLEEP), folder)
        outside = start([PYTHON, "-c", SLEEP], folder)
        try:
            before = set(os.listdir(folder))
            for session in before:  # the oldest of all
                os.utime(os.path.join(folder, session), (1000, time.time() - 86400))
            for command in (words, [program("sh"), "-c", jobs]):
                subprocess.run(command, env=environment(folder), check=True, capture_output=True)
                expect(before <= set(os.listdir(folder)), "one that runs was removed")
            expect(len(os.listdir(folder)) < 75, "nothing was removed")
        finally:
            stop(inside)
            stop(outside)


# What is in the way.

@case("the folder of all sessions is a link: it is not followed")
def base_is_link():
    with tempfile.TemporaryDirectory() as folder:
        target, link = os.path.join(folder, "target"), os.path.join(folder, "link")
        os.mkdir(target)
        os.symlink(target, link)
        run = Run(WORK, {"GPUSPY_DIR": link, "SIM_LEDGER": None}, output=False)
        same(os.listdir(target), [], "what the link names")
        expect(split_reports(run.stderr)[1][0].startswith(b"gpuspy: GPU work: YES"), run.stderr)


@case("links in the place of the session's own files are not followed")
def files_are_links():
    with tempfile.TemporaryDirectory() as folder:
        session, target = os.path.join(folder, "s", "nightly"), os.path.join(folder, "target")
        os.makedirs(session, 0o700)
        for name in ("owner", "report.txt", "folded"):
            os.symlink(target, os.path.join(session, name))
        shell = f"exec 2>&-; '{PYTHON}' -c pass; '{PYTHON}' -c pass; exit 0"
        run = Run([program("sh"), "-c", shell], {
            "GPUSPY_DIR": os.path.join(folder, "s"), "GPUSPY_SESSION": "nightly"}, output=False)
        same(run.status, 0, "status")
        expect(not os.path.exists(target), "it was made")


def as_nobody(*command):
    if os.geteuid() != 0:
        return list(command)
    return [program("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups", *command]


@case("any umask, as an ordinary user: the segment is there, and can be read")
def umasks():
    for mask in ("0777", "0177", "0000"):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            os.chmod(folder, 0o777)
            base = os.path.join(folder, "sessions")
            shell = f"umask {mask}; exec {' '.join(WORK)}"
            env = {"GPUSPY_DIR": base, "SIM_LEDGER": None}
            run = Run(as_nobody(program("sh"), "-c", shell), env, output=False)
            if run.status == 126:
                raise Skip("another user cannot run what was built here")
            same(run.status, 0, f"status with {mask} ({run.stderr!r})")
            expect(b"note" not in run.stderr, run.stderr)
            modes = {os.stat(os.path.join(path, name)).st_mode & 0o7777 for path, folders, names
                     in os.walk(base) for name in folders + names}
            same(modes, {0o700, 0o600}, f"modes with {mask}")
            shutil.rmtree(base)


if __name__ == "__main__":
    main()
