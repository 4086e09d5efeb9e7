"""Whose a session is: the command's that the user started, whatever program that is. It says the one
report at its end, what runs inside says nothing, and what a script captures stays as it was."""

import contextlib
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from common import (GPUSPY, LAUNCH, LIBRARY, PROCESS, SIM_LIB, SLOWER, Pair, Run, Skip, add_case, case,
                    clean_environment, client, expect, main, need_another_user, need_system_calls,
                    processes, program, same, segments, split_reports)

PYTHON = os.path.realpath(sys.executable)
WORK = (client("client-outcome"), "work")
CAPTURE = (f"v=$('{PYTHON}' -c 'print(3+4)' 2>&1); echo \"[$v]\"; "
           f"'{PYTHON}' -c pass 2>err; wc -c < err; rm err")
MAKEFILE = f"all:\n\t@v=`'{PYTHON}' -c 'print(1)' 2>&1`; echo \"[$$v]\"\n"

# What each makes must be the same, and one report must come.
COMMANDS = {
    "a shell that captures": ("sh", "-c", CAPTURE),
    "bash that captures": ("bash", "-c", CAPTURE),
    "the last command of bash is not Python": ("bash", "-c", CAPTURE + "; uname"),
    "a script from standard input": ("bash",),
    "a subshell, a pipe and the background": (
        "bash", "-c", f"(v=$('{PYTHON}' -c 'print(1)' 2>&1 | cat); echo \"[$v]\") & wait; (exit 3)"),
    "make": ("make", "-s", "-f", "-"),
    "env": ("env", "A=1", PYTHON, "-c", "print(1)"),
    "nice and nohup": ("nice", "nohup", PYTHON, "-c", "print(1)"),
    "timeout": ("timeout", "60", PYTHON, "-c", "print(1)"),
    "setsid": ("setsid", "-w", PYTHON, "-c", "print(1)"),
    "xargs": ("sh", "-c", f"echo 1 2 3 | xargs -n 1 '{PYTHON}' -c 'print(1)' 2>&1"),
    "xargs alone": ("xargs", "-n", "1", PYTHON, "-c", "print(1)"),
    "find": ("find", "/dev/null", "-exec", PYTHON, "-c", "print(1)", ";"),
    "a launcher of three, as mpirun": (
        "sh", "-c", f"for i in 1 2 3; do '{PYTHON}' -c 'print(1)' & done; wait; echo over"),
    "a small program of one's own": (
        os.path.join(PROCESS, "starter"), f"v=$('{PYTHON}' -c 'print(1)' 2>&1); echo \"[$v]\""),
    "Python in Python": (PYTHON, "-c", "import subprocess, sys; print(subprocess.run([sys.executable,"
                         "'-c', 'print(2)'], capture_output=True))"),
}


def one_report(words):
    given = MAKEFILE if words[0] == "make" else CAPTURE if words == ("bash",) else "a\n"
    pair = Pair([program(words[0]), *words[1:]], input=given.encode())
    expect(pair.reports[0].startswith(b"gpuspy: GPU work: NO"), pair.reports[0])


for name, row in COMMANDS.items():
    add_case("one report: " + name, one_report, row)


@case("mpirun: one report")
def mpirun():
    words = [program("mpirun"), "--allow-run-as-root", "--oversubscribe", "-n", "3", PYTHON, "-c", "1"]
    run = Run(words, output=False)
    same((run.status, len(split_reports(run.stderr)[1])), (0, 1), f"status, reports {run.stderr!r}")


@case("what it started did the work: the shell says so")
def work_below():
    pair = Pair([program("sh"), "-c", f"'{client('client-outcome')}' work; echo $?"]).counts()
    expect(pair.reports[0].startswith(b"gpuspy: GPU work: YES"), pair.reports[0])
    same(pair.spied.stdout, b"work\n0\n", "output")


@case("GPUSPY_REPORT=always: each process says its own; never: none")
def rules():
    shell = [program("bash"), "-c", f"'{PYTHON}' -c pass; '{PYTHON}' -c pass; exit 0"]
    run = Run(shell, {"GPUSPY_REPORT": "always"}, output=False)
    same(len(split_reports(run.stderr)[1]), 3, "reports with always")
    run = Run(shell, {"GPUSPY_REPORT": "never"}, output=False)
    same(run.stderr, b"", "standard error with never")
    same(len(segments(run)), 1, "segments with never: those of more Pythons would stay")


SHELL = ("bash", "--norc", "--noprofile", "-i")


def typed(lines, env, command=SHELL):
    """What a terminal shows of a shell in which these lines are typed."""
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env,
                             start_new_session=True)
    os.close(theirs)
    shown, deadline = b"", time.monotonic() + 60 * SLOWER
    os.write(ours, "".join(line + "\n" for line in (*lines, "exit")).encode())
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 1)[0]:
            try:
                shown += os.read(ours, 4096)
            except OSError:
                break
    shell.wait(timeout=10 * SLOWER)
    os.close(ours)
    return shown.replace(b"\r", b"")


@case("threads of a program that waited until it starts shells, all at once: one session, nothing is lost")
def waited():
    for _ in range(5):
        pair = Pair([os.path.join(PROCESS, "starter"), " ".join(WORK), "16"]).counts()
        same(len(pair.reports), 1, "reports")
        expect(pair.reports[0].startswith(b"gpuspy: GPU work: YES"), pair.reports[0])


def converters():
    """GCONV_PATH with the one that launches kernels: glibc, iconv/gconv_conf.c."""
    folder = tempfile.TemporaryDirectory()
    os.symlink(os.path.join(PROCESS, "converter.so"), os.path.join(folder.name, "converter.so"))
    with open(os.path.join(folder.name, "gconv-modules"), "w", encoding="ascii") as file:
        for name in "AB":
            file.write(f"module GPUSPY-{name}// INTERNAL converter 1\nmodule INTERNAL GPUSPY-{name}// converter 1\n")
    return folder


@case("libc loads a library into a program that cannot: all that it does is counted, in forked children too")
def loaded_by_libc():
    with converters() as folder:
        for children in (0, 1, 3):
            pair = Pair([os.path.join(PROCESS, "converts"), str(children)], {"GCONV_PATH": folder}).counts()
            same(pair.spied.status, 0, "status")
            same(pair.report["totals"]["kernels"], 3 * max(children, 1), "kernels")


@case("children in which libc loads a library tell the program what is in no file")
def loaded_by_libc_without_file():
    with converters() as folder:
        run = Run([os.path.join(PROCESS, "converts"), "2"], {"GCONV_PATH": folder, "GPUSPY_DIR": "/dev/null/x"},
                  output=False)
        same((run.status, len(split_reports(run.stderr)[1])), (0, 1), f"status and reports {run.stderr!r}")
        expect(b"GPU work: UNKNOWN" in run.stderr, run.stderr)


@case("an interactive shell is nobody's session: each command that is typed has a report")
def interactive():
    with tempfile.TemporaryDirectory() as folder:
        env = {**clean_environment(), "LD_PRELOAD": LIBRARY, "GPUSPY_DIR": folder, "TERM": "dumb"}
        shown = typed(("echo '<'$GPUSPY_SESSION'>'", f"'{PYTHON}' -c pass",
                       f"sh -c '{PYTHON} -c pass; true'"), env)
        same(len(os.listdir(folder)), 2, "sessions")
    expect(b"\n<>\n" in shown, shown)
    same(len(re.findall(rb"^gpuspy: GPU work: NO", shown, re.M)), 2, f"reports in {shown!r}")


@case("an interactive shell inside a session: what is typed is not part of that, but of gpuspy run's")
def interactive_inside():
    shell = "bash --norc --noprofile -i"
    for command, reports in (([PYTHON, "-c", f"import os; os.system('{shell}')"], 2),
                             ([GPUSPY, "run", *shell.split()], 1)):
        with tempfile.TemporaryDirectory() as folder:
            env = {**clean_environment(), "GPUSPY_DIR": folder, "TERM": "dumb",
                   "LD_PRELOAD": LIBRARY}
            shown = typed([f"'{PYTHON}' -c pass"], env, command)
            same(len(os.listdir(folder)), reports, f"sessions ({shown!r})")
        same(len(re.findall(rb"^gpuspy: GPU work: ", shown, re.M)), reports, f"reports in {shown!r}")


@case("a shell that has a command or a script is part of the session, as a login shell or with -i, too")
def shells_with_commands():
    work = f"'{client('client-outcome')}' work"
    with tempfile.TemporaryDirectory() as folder:
        job = os.path.join(folder, "job")
        with open(job, "w", encoding="utf-8") as file:
            file.write(f"#!{program('bash')} -login\n{work}\n")
        os.chmod(job, 0o755)
        bash = program("bash")
        for words, name in (((bash, "-ic", work), bash), ((bash, "-login", "-c", work), bash),
                            ((bash, "--rcfile", "/dev/null", "-i", job), bash), ((job,), job),
                            (("-bash", "-c", work), bash), (("-work", "work"), client("client-outcome"))):
            run = Run([PYTHON, "-c", "import subprocess, sys; subprocess.run(sys.argv[2:], executable=sys.argv[1])",
                       name, *words], output=False)
            reports = split_reports(run.stderr)[1]
            same(len(reports), 1, f"reports of {words} ({run.stderr!r})")
            expect(reports[0].startswith(b"gpuspy: GPU work: YES"), (words, reports))


@case("a terminal's command is a session of its own, and no NO is said without it")
def terminal_with_command():
    with tempfile.TemporaryDirectory() as folder:
        xterm = os.path.join(folder, "xterm")
        shutil.copy(os.path.realpath(program("bash")), xterm)
        run = Run([PYTHON, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])", xterm, "-c",
                   f"'{client('client-outcome')}' work; true"], output=False)
        words = [r[:24] for r in split_reports(run.stderr)[1]]
        same(words, [b"gpuspy: GPU work: YES  S", b"gpuspy: GPU work: UNKNOW"], run.stderr)


@case("the environment: main's own, what is behind it, and setenv, putenv, unsetenv, clearenv")
def environment():
    for env in ({}, {"GPUSPY_SESSION": "1-1"}, {"GPUSPY_SESSION": "nightly"},
                {f"V{i}": str(i) for i in range(2000)}):
        run = Run([os.path.join(PROCESS, "environment")], {"GPUSPY_WANTED": "1", **env})
        same((run.status, run.stdout, run.stderr), (0, b"fine\n", b""), f"with {list(env)[:1]}")


@case("shells and R give the session on, also when they change the environment")
def given_on():
    shell = 'echo $GPUSPY_SESSION; export A=1; unset B; sh -c "echo \\$GPUSPY_SESSION"; env -u A env'
    said = Run([program("bash"), "-c", shell], {"B": "2"}).stdout.decode().splitlines()
    expect(re.fullmatch(r"\d+-\d+-[0-9a-f]{8}", said[0]), said[0])
    same(said[1], said[0], "in a child")
    same([line for line in said if line.startswith("GPUSPY_SESSION")], ["GPUSPY_SESSION=" + said[0]],
         "in the environment")
    code = "Sys.setenv(A = 1); Sys.unsetenv('B'); cat(Sys.getenv('GPUSPY_SESSION'), '\\n'); " \
           "system('echo $GPUSPY_SESSION')"
    said = Run([program("Rscript"), "-e", code], {"B": "2"}).stdout.decode().split()
    same((len(said), said[0]), (2, said[-1]), "sessions in R")


def with_allocator(first, last):
    run = Run([PYTHON, "-c", "print(7)"], preload=(first, last), output=False, timeout=30)
    same((run.status, run.stdout), (0, b"7\n"), f"status and output ({run.stderr!r})")
    same(len(split_reports(run.stderr)[1]), 1, "reports")


TIDY = os.path.join(PROCESS, "tidy-malloc.so")
add_case("an allocator that tidies the environment, preloaded before", with_allocator, TIDY, LIBRARY)
add_case("an allocator that tidies the environment, preloaded after", with_allocator, LIBRARY, TIDY)


@case("heaptrack")
def heaptrack():
    with tempfile.TemporaryDirectory() as folder:
        run = Run([program("heaptrack"), "-o", os.path.join(folder, "h"), PYTHON, "-c", "print(7)"],
                  output=False, timeout=120, sim=False)
    expect(b"\n7\n" in run.stdout, (run.stdout, run.stderr))
    same(run.status, 0, "status")


@case("two copies of the library in one process are one")
def two_copies():
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "another-name.so")
        with open(LIBRARY, "rb") as source, open(copy, "wb") as target:
            target.write(source.read())
        for preload in ((LIBRARY, copy), (copy, LIBRARY)):
            run = Run([client("client-outcome"), "work"], preload=preload, output=False)
            same(len(split_reports(run.stderr)[1]), 1, f"reports in {run.stderr!r}")
            same(len(segments(run)), 1, "segments")
            same(run.report["totals"]["calls"]["driver"], 7, "calls")


def libr():
    home = subprocess.run([program("R"), "RHOME"], capture_output=True, text=True,
                          env=clean_environment(), check=True).stdout.strip()
    path = os.path.join(home, "lib", "libR.so")
    if not os.path.exists(path):
        raise Skip("R has no libR.so here")
    return home, path


@case("R in a program of another name is R")
def r_host():
    home, library = libr()
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "script.R")
        with open(file, "w", encoding="ascii") as script:
            script.write(f"x <- system2('{PYTHON}', c('-c', shQuote('print(2)')), stdout = TRUE, "
                         "stderr = TRUE); cat(x, sep = '\\n')\n")
        pair = Pair([os.path.join(PROCESS, "r-host"), library, file], {"R_HOME": home})
    same((pair.spied.status, pair.spied.stdout), (0, b"2\n"), "status and output")
    same(len(pair.report["processes"]), 1, "processes: the other is a number")
    expect(pair.report["processes"][0]["command"].startswith(os.path.join(PROCESS, "r-host")),
           pair.report["processes"])


@case("R CMD BATCH: the report is on the terminal's side, and the .Rout is as it was")
def batch():
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "script.R")
        with open(file, "w", encoding="ascii") as script:
            script.write("cat(6 * 7)\n")
        pair = Pair([program("R"), "CMD", "BATCH", "--vanilla", "--no-timing", file])
    expect(pair.reports[0].startswith(b"gpuspy: GPU work: NO"), pair.reports[0])


# A daemon, as Rserve is one, goes on after its starter.
DAEMON = """
import ctypes, os, sys, time
cuda = ctypes.CDLL("libcuda.so.1")
if os.fork():
    sys.exit(0)
os.setsid()
null = os.open(os.devnull, os.O_RDWR)
for fd in range(3):
    os.dup2(null, fd)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
cuda.cuInit(0)
os.rename(sys.argv[1], sys.argv[1] + ".done")
"""


@case("a daemon that lives on after its starter: its counts are in the session")
def daemon():
    with tempfile.TemporaryDirectory() as folder:
        go = os.path.join(folder, "go")
        run = Run([PYTHON, "-c", DAEMON, go], output=False)
        reports = split_reports(run.stderr)[1]
        same((run.status, len(reports)), (0, 1), "status and reports")
        expect(reports[0].startswith(b"gpuspy: GPU work: UNKNOWN"), reports[0])
        open(go, "w", encoding="ascii").close()
        deadline = time.monotonic() + 30 * SLOWER
        while not os.path.exists(go + ".done") or processes(run.report, state="running"):
            expect(time.monotonic() < deadline, "the daemon has not ended")
            time.sleep(0.05)
            run._report = None
    same(run.calls("cuInit"), 1, "calls of cuInit")
    same(len(os.listdir(run.gpuspy_dir)), 1, "sessions")


# A fork server is a reason until it waits: for its events, of which it has a descriptor then.
HAS_EVENTS = f"""
def has_events(pid, deadline=time.monotonic() + 30 * {SLOWER}):
    while time.monotonic() < deadline:
        for name in os.listdir(f"/proc/{{pid}}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{{pid}}/fd/{{name}}") == "anon_inode:[eventpoll]":
                    return time.sleep(0.1)
        time.sleep(0.01)
"""
HELPERS = f"""import contextlib, ctypes, multiprocessing.forkserver, multiprocessing.resource_tracker, os, sys, time
{HAS_EVENTS}
ctypes.CDLL("libcuda.so.1").cuInit(0)
getattr(multiprocessing, sys.argv[1]).ensure_running()
if sys.argv[1] == "forkserver":
    has_events(multiprocessing.forkserver._forkserver._forkserver_pid)
"""
# The trackers' own code, and the fork server's, before and in Python 3.14.10: here its argument waits for us.
TRACKERS = ("from multiprocessing.resource_tracker import main;main(0)",
            "from joblib.externals.loky.backend.resource_tracker import main; main(0, False)")
UNTIL_WE_END = "__import__('os').read(0, 1)"
EVENTS = "(lambda events: (events.register(0, 1), events.poll()))(__import__('select').epoll())"
FORK_SERVER = f"from multiprocessing.forkserver import main; main({EVENTS})"
OTHERS = (("-c", f"{UNTIL_WE_END}  # {TRACKERS[0]}"), ("-c", UNTIL_WE_END, "-c", TRACKERS[0]),
          ("-c", UNTIL_WE_END, f"-c {TRACKERS[0]}"), ("-c", f"{TRACKERS[0]}; {UNTIL_WE_END}"),
          ("-c", f"from multiprocessing.resource_tracker import main as other; {UNTIL_WE_END}"),
          ("-c", FORK_SERVER.replace(EVENTS, UNTIL_WE_END)), ("-c", EVENTS))
STARTS = f"""import contextlib, ctypes, os, subprocess, sys, time
{HAS_EVENTS}
ctypes.CDLL("libcuda.so.1").cuInit(0)
auditor, *words = sys.argv[1:]
env = dict(os.environ, LD_AUDIT=auditor) if auditor else None
words = [sys.executable, *words]
child = subprocess.Popen(words, env=env, stdin=os.pipe()[0], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
if "epoll" in words[2]:
    has_events(child.pid)
elif not auditor:
    time.sleep(0.3 * {SLOWER})
"""
PRELOADS = """import ctypes, multiprocessing.forkserver as server, time
ctypes.CDLL("libcuda.so.1").cuInit(0)
server.set_forkserver_preload(["others"])
server.ensure_running()
time.sleep(0.5)
"""
ASKS = 'import ctypes\nctypes.CDLL("libcuda.so.1").cuInit(0)\n'


@case("Python's helpers end with their pipes, after the report: no reason against a NO, with a record or without")
def helpers():
    need_system_calls()
    with tempfile.TemporaryDirectory() as folder:
        for with_record in (False, True):
            if with_record:
                with open(os.path.join(folder, "sitecustomize.py"), "w", encoding="ascii") as file:
                    file.write(ASKS)
            for helper in ("resource_tracker", "forkserver"):
                run = Run([PYTHON, "-c", HELPERS, helper], {"PYTHONPATH": folder}, output=False)
                expect(b"gpuspy: GPU work: NO " in run.stderr, (helper, with_record, run.stderr))
                same(len(processes(run.report)) > 1, with_record, f"the helper's record: {helper}")


def starts(words, folder, auditor=""):
    env = {"SIM_LEDGER": None, "PYTHONPATH": folder}
    return Run([PYTHON, "-c", STARTS, auditor, *words], env, output=False).stderr


@case("helpers of other versions and libraries are known, trackers while they are started too; their like is a reason")
def helpers_like_these():
    need_system_calls()
    slow = os.path.join(PROCESS, "slow.so")
    with tempfile.TemporaryDirectory() as folder:
        loky = os.path.join(folder, "joblib", "externals", "loky", "backend")
        os.makedirs(loky)
        with open(os.path.join(loky, "resource_tracker.py"), "w", encoding="ascii") as file:
            file.write("def main(of, verbose):\n    while __import__('os').read(of, 1):\n        pass\n")
        for words in [*((code, "") for code in (*TRACKERS, FORK_SERVER, "import sys; " + FORK_SERVER)),
                      *((code, slow) for code in TRACKERS)]:
            said = starts(("-c", words[0]), folder, words[1])
            expect(b"gpuspy: GPU work: NO " in said, (words, said))
        for words in OTHERS:
            said = starts(words, folder)
            expect(b"gpuspy: GPU work: UNKNOWN" in said, (words, said))


MIRAI = """import ctypes, sys, threading, time
ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG
if sys.argv[3] == "waits":
    threading.Event().wait()
time.sleep(60)
"""


@case("mirai's daemons of this machine that wait are no reason; others, and who is told to go on, are one")
def mirai_daemons():
    need_system_calls()
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "daemon.py")
        with open(script, "w", encoding="ascii") as file:
            file.write(MIRAI)
        for url, more, does, wanted in (
                ("abstract://1a", "", "waits", b"NO "), ("tcp://127.0.0.1:5555", ", autoexit=TRUE", "waits", b"NO "),
                ("abstract://1a", "", "works", b"UNKNOWN"), ("tcp://10.0.0.5:5555", "", "waits", b"UNKNOWN"),
                ("abstract://1a", ", autoexit = NA", "waits", b"UNKNOWN")):
            said = starts((script, "-e", f"mirai::daemon('{url}'{more})", does), folder)
            expect(b"gpuspy: GPU work: " + wanted in said, (url, more, does, said))


@case("a fork server that still loads what the program asked for, or got a thread by that, does not wait alone")
def fork_server_at_work():
    for code in ("time.sleep(3)", "threading.Thread(target=time.sleep, args=(3,)).start()",
                 "threading.Timer(3, print).start()",
                 "select.poll().poll(3000)", "subprocess.run(['sleep', '3'], stdout=subprocess.PIPE)"):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "others.py"), "w", encoding="ascii") as file:
                file.write(f"import select, subprocess, threading, time\n{code}\n")
            said = Run([PYTHON, "-c", PRELOADS], {"SIM_LEDGER": None, "PYTHONPATH": folder}, output=False).stderr
            expect(b"gpuspy: GPU work: UNKNOWN" in said, (code, said))


NOBODY = 65534


@contextlib.contextmanager
def folder_of_nobody():
    """Where that user's sessions are: what is made there in a test goes after it."""
    if os.geteuid() != 0:
        raise Skip("only root can become somebody else")
    folder = f"/dev/shm/gpuspy-{NOBODY}"
    before = set(os.listdir(folder)) if os.path.isdir(folder) else None
    try:
        yield folder
    finally:
        left = set(os.listdir(folder)) if os.path.isdir(folder) else set()
        for name in left - (before or set()):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
        if before is None and os.path.isdir(folder):
            os.rmdir(folder)


def become(when, *more, before_it=(), env=None):
    run = Run([*before_it, os.path.join(PROCESS, "becomes"), str(NOBODY), when, *more],
              {"SIM_LEDGER": None, **(env or {})}, output=False)
    if run.status == 77:
        raise Skip("only root can do that")
    same(run.status, 0, f"status ({run.stderr!r})")
    return run


def becomes(when, kernels, gaps, *before_it):
    """The figures are in two folders, and who reports may be somebody else (before_it): one report,
    with all kernels. Later readers find the same, and that another user could have changed it."""
    with folder_of_nobody():
        run = become(when, before_it=before_it)
        own, reports = split_reports(run.stderr)
        same((own, len(reports)), (b"", 1), "standard error and reports")
        expect(f"YES  SIMULATED  {kernels} kernels ".encode() in reports[0], reports[0])
        report = run.report
        same((report["verdict"], report["totals"]["kernels"]), ("gpu-work", kernels), "later")
        same({g["code"]: g["count"] for g in report["gaps"]}, {"kept-as-another-user": gaps}, "gaps")
        expect(" YES " in run.tool("list").stdout, "gpuspy list")


GPUSPY_RUN = [GPUSPY, "run", "--require", "--"]
for _when, _kernels, _words in (("after", 40, "after it has launched: new threads and a child"),
                                ("before", 40, "before it launches in a forked child")):
    for _who, _before in (("it reports", []), ("timeout reports", ["/usr/bin/timeout", "60"]),
                          ("gpuspy run reports", GPUSPY_RUN)):
        add_case(f"it becomes another user {_words}; {_who}", becomes, _when, _kernels, 1, *_before)


@case("it becomes another user, and what root did before is out of its sight: no NO")
def out_of_sight():
    with folder_of_nobody():
        run = become("program", client("client-outcome") + " work >/dev/null")
        expect(b"gpuspy: GPU work: UNKNOWN " in run.stderr, run.stderr)
        expect(b"read it as the user who ran it" in run.stderr, run.stderr)
        same(run.report["verdict"], "gpu-work", "as root reads it")
        run = become("program", "true")
        expect(b"gpuspy: GPU work: NO " in run.stderr, run.stderr)


@case("the same by system calls of its own, of which nobody knew before: no NO either")
def raw_out_of_sight():
    with folder_of_nobody() as folder:
        run = become("raw-program", client("client-outcome") + " work >/dev/null")
        expect(b"gpuspy: GPU work: UNKNOWN " in run.stderr, run.stderr)
        same(run.report["verdict"], "gpu-work", "as root reads it")
        with tempfile.TemporaryDirectory() as root:
            run = become("raw-root", root, env={"GPUSPY_REPORT": "auto"})
        expect(b"YES  SIMULATED  at least 40 kernels " in run.stderr, run.stderr)
        for before in ([], ["/usr/bin/timeout", "60"], GPUSPY_RUN):
            run = become("raw-after", before_it=before)
            # The child tells alone that the driver refused it.
            expect(b"YES  SIMULATED  at least 40 kernels " in split_reports(run.stderr)[1][-1], run.stderr)
            same(run.report["totals"]["kernels"], 40, "as root reads it")


@case("it launches in children after a system call of its own, or they do: never a NO")
def raw_children():
    need_another_user()
    for before in ([], ["/usr/bin/timeout", "60"], GPUSPY_RUN):
        for when in ("raw-before", "raw-then"):
            with folder_of_nobody():
                words = [client("client-outcome") + " work >/dev/null"] if when == "raw-then" else []
                run = Run([*before, os.path.join(PROCESS, "becomes"), str(NOBODY), when, *words],
                          {"SIM_LEDGER": None}, output=False)
                expect(run.status in (0, 4), (before, when, run.status, run.stderr))
                reports = split_reports(run.stderr)[1]
                expect(when == "raw-then" or reports, (before, run.stderr))
                expect(not any(b" NO " in r for r in reports), (before, when, run.stderr))
                expect(run.report is None or run.report["verdict"] in ("unknown", "gpu-work"),
                       (before, when, run.report))


LATE = LAUNCH + """
ctypes.CDLL(sys.argv[1])
cuda = ctypes.CDLL("libcuda.so.1")
if not os.fork():
    os.setuid(int(sys.argv[2]))
    os._exit(launch(cuda, 7))
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@case("gpuspy is loaded late, and a forked child becomes another user: root finds its record")
def late_becomes():
    with folder_of_nobody():
        run = Run([PYTHON, "-c", LATE, LIBRARY, str(NOBODY)], {"SIM_LEDGER": None}, spied=False, output=False)
        same(run.status, 0, f"status ({run.stderr!r})")
        expect(b"YES  SIMULATED  7 kernels " in run.stderr, run.stderr)


@case("a process lasts from its start, and not from its first call: for gpuspy run and for later readers")
def lasts():
    shell = f"sleep 1; exec {client('client-outcome')} work"
    for before in ([], [GPUSPY, "run", "--"]):
        run = Run([*before, "/bin/sh", "-c", shell], output=False)
        times = run.report["times"]
        expect(1 <= times["first_kernel_after"] <= times["seconds"] < 60, times)
        expect(1 <= run.report["processes"][0]["seconds"] < 60, run.report["processes"])


@case("in a namespace whose /proc has other numbers, too: its own start is not that of another process")
def lasts_in_namespace():
    run = Run([program("unshare"), "--pid", "--fork", client("client-outcome"), "work"], output=False)
    if run.status:
        raise Skip(f"no namespace of processes can be made here ({run.stderr!r})")
    expect(run.report["processes"][0]["seconds"] < 60, run.report["processes"])


@case("script inside a session runs its command there: nothing is printed into what it shows")
def script_inside():
    shell = f"{program('script')} -qec '{client('client-outcome')} work' /dev/null; exec '{PYTHON}' -c pass"
    pair = Pair([program("sh"), "-c", shell]).counts()
    expect(pair.reports[0].startswith(b"gpuspy: GPU work: YES"), pair.reports[0])


@case("it changes its root folder after it has launched: its record is not said to be removed")
def changes_root():
    with tempfile.TemporaryDirectory() as folder:
        run = become("root", folder, env={"GPUSPY_REPORT": "auto"})
    expect(run.stderr.startswith(b"gpuspy: GPU work: YES  SIMULATED  40 kernels "), run.stderr)
    same((run.report["totals"]["kernels"], run.report["gaps"]), (40, []), "kernels and gaps, later")


@case("a forked child that the driver refuses says so of itself alone, too")
def refused_child():
    run = Run([os.path.join(PROCESS, "becomes"), str(os.getuid()), "after"],
              {"SIM_LEDGER": None, "GPUSPY_REPORT": "always"}, output=False)
    expect(b"gpuspy: GPU work: NO  SIMULATED  CUDA cannot be used in a forked child" in run.stderr,
           run.stderr)


def claim(segment, user):
    """That a segment of root's is of that user: its header has pid, parent and uid side by side."""
    ids = int(os.path.basename(segment).split("-")[0]), os.getpid()
    with open(segment, "r+b") as file:
        header = file.read(4096)
        at = header.index(struct.pack("<iiI", *ids, 0))
        file.seek(at + 8)
        file.write(struct.pack("<I", user))


@case("a shell's session has the shell's name and time, though it has nothing to count")
def of_a_shell():
    words = [program("sh"), "-c", 'sleep 0.5; "$@"; sleep 0.2; :', "sh", client("client-outcome"), "work"]
    run = Run(words, output=False)
    first = run.stderr.splitlines()[0]
    expect(re.search(rb"YES .*\(sh -c sleep .* [0-9.]+ s\)$", first), first)
    for text in (run.stderr, run.tool("report", "--last").stdout.encode()):
        after, of = re.search(rb"first kernel after ([0-9.]+) s of ([0-9.]+) s", text).groups()
        expect(0.5 <= float(after) and 0.7 <= float(of), text)
        expect(b"only in a child process" in text, text)


@case("a folder that another user made for root's session adds nothing to it")
def forged():
    with folder_of_nobody() as folder:
        name = f"forged-{os.getpid()}"
        made = Run([client("client-outcome"), "work"], {"GPUSPY_SESSION": name})
        theirs = os.path.join(folder, name)
        for path in (folder, theirs):
            if not os.path.isdir(path):
                os.mkdir(path, 0o700)
                os.chown(path, NOBODY, NOBODY)
        for path in segments(made):
            os.chown(shutil.copy(path, theirs), NOBODY, NOBODY)
        run = Run([PYTHON, "-S", "-E", "-c", "pass"], {"GPUSPY_SESSION": name}, output=False)
        expect(b"gpuspy: GPU work: UNKNOWN " in run.stderr, run.stderr)
        same(run.report["totals"]["kernels"], 0, "kernels")
        # Nor does a mark help that is not root's.
        mark = os.path.join(run.gpuspy_dir, name, f"user-{NOBODY}")
        with open(mark, "w", encoding="ascii") as file:
            file.write(folder)
        os.chown(mark, NOBODY, NOBODY)
        report = json.loads(run.tool("report", "--json", "--last").stdout)
        same(report["totals"]["kernels"], 0, "kernels with a mark of nobody's")
        os.chown(mark, 0, 0)
        report = json.loads(run.tool("report", "--json", "--last").stdout)
        expect(not report["totals"]["kernels"] and report["gaps"], "a segment that says it is root's")
        # One that says it is nobody's is believed with root's mark, and without it is not.
        for path in segments(made):
            claim(os.path.join(theirs, os.path.basename(path)), NOBODY)
        report = json.loads(run.tool("report", "--json", "--last").stdout)
        expect(report["totals"]["kernels"], "kernels with root's mark")
        os.chown(mark, NOBODY, NOBODY)
        report = json.loads(run.tool("report", "--json", "--last").stdout)
        same(report["totals"]["kernels"], 0, "kernels of nobody's with a mark of nobody's")


@case("a process that reports for itself alone is not held against other users' folders")
def alone():
    if os.geteuid() != 0:
        raise Skip("only root looks at other users' folders")
    folder = "/dev/shm/gpuspy-65534"
    made = not os.path.isdir(folder)
    if made:
        os.mkdir(folder, 0o700)
        os.chown(folder, 65534, 65534)
    try:
        run = Run([PYTHON, "-S", "-E", "-c", "pass"], {"GPUSPY_REPORT": "always"}, output=False)
    finally:
        if made:
            os.rmdir(folder)
    expect(b"gpuspy: GPU work: NO " in run.stderr, run.stderr)


def traced(env, *command):
    """The system calls after the program's last words, and its status."""
    said = subprocess.run([program("strace"), "-o", "/dev/stderr", "env", *env, *command],
                          env=clean_environment(), capture_output=True, timeout=60 * SLOWER)
    lines = said.stderr.decode(errors="replace").splitlines()
    last = max((i for i, line in enumerate(lines) if line.startswith("write(1, ")), default=None)
    if last is None:
        raise Skip("strace does not work here")
    return [re.sub(r"0x[0-9a-f]+|\d{3,}", "N", line) for line in lines[last + 1:]]


@case("GPUSPY_REPORT=never: no system call at the end that the program does not make itself")
def never():
    with tempfile.TemporaryDirectory() as folder:
        for command in ([client("client-outcome"), "work"], ["sh", "-c", "echo 1"],
                        [PYTHON, "-c", "print(1, flush=True)"]):
            path = f"LD_LIBRARY_PATH={SIM_LIB}"
            plain = traced([path], *command)
            spied = traced([path, f"LD_PRELOAD={LIBRARY}", "GPUSPY_REPORT=never",
                            f"GPUSPY_DIR={folder}"], *command)
            same([line for line in spied if "munmap" not in line],
                 [line for line in plain if "munmap" not in line], f"the end of {command[0]}")


if __name__ == "__main__":
    main()
