"""gpuspy run: the exit status and all that a shell sees of the command are as without gpuspy, and
the report comes at the end, whatever that was."""

import ctypes
import json
import os
import re
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time

from common import (ENDS, GPUSPY, REPORT, SLOWER, Run, Skip, add_case, case, client, expect, is_an_argument, main,
                    program, rscript, same, same_counts, script, split_reports, wait_until)


def run(*words, env=None, spied=False, **options):
    """`gpuspy run WORDS`, with nothing preloaded beforehand."""
    return Run([GPUSPY, "run", *words], env, spied=spied, **options)


def outcome(*ends):
    return [client("client-outcome"), *ends]


def one_report(done, start=b"gpuspy: GPU work: YES"):
    reports = split_reports(done.stderr)[1]
    same(len(reports), 1, f"reports in {done.stderr!r}")
    expect(reports[0].startswith(start), reports[0])
    expect(done.stderr.endswith(reports[0]), "something comes after the report")
    return reports[0]


ENDS_OF_C = {"return": 0, "exit": 8, "_exit": 7, "quick_exit": 6, "raw": 9, "abort": 134,
             "segv": 139, "term": 143, "kill": 137}


def c_end(end, status):
    with tempfile.TemporaryDirectory() as folder:
        done = run("--json", "report.json", "--", *outcome("work", end), cwd=folder)
        with open(os.path.join(folder, "report.json"), encoding="utf-8") as file:
            made = json.load(file)
    same((done.status, done.stdout), (status, b"work\n"), "status and output")
    report = one_report(done)
    same_counts(made, done.ledger)
    process = made["processes"][0]
    if status > 128:
        number = status - 128
        same((process["state"], process["signal"]), ("killed", number), "the process")
        words = f"killed by signal {number}, {signal.Signals(number).name}".encode()
        expect(words in b"\n".join(report.splitlines()[:2]), f"the cause: {report}")
    else:
        same((process["state"], process["exit_status"]), ("exited", status), "the process")
    expect(process["seconds"] is not None, "how long it ran is not known")


@case("what is written is for its user alone")
def modes():
    with tempfile.TemporaryDirectory() as folder:
        before = os.umask(0o002)
        try:
            done = run("--json", "json", "--record", "record", "--", *outcome("work"), cwd=folder,
                       env={"GPUSPY_OUTPUT": "text"})
            said = done.tool("record", "-o", os.path.join(folder, "later"))
            same(said.returncode, 0, said.stderr)
        finally:
            os.umask(before)
        found = {name: os.stat(os.path.join(folder, name)).st_mode & 0o777
                 for name in os.listdir(folder)}
    same(found, {"json": 0o600, "record": 0o600, "text": 0o600, "later": 0o600}, "modes")


for name, number in ENDS_OF_C.items():
    add_case(f"C program: {name}", c_end, name, number)


def r_end(how, status, words):
    with tempfile.TemporaryDirectory() as folder:
        done = run(*rscript("ends.R", client("rpkg.so"), ENDS, how), cwd=folder)
    same(done.status, status, "status")
    same_counts(done.report, done.ledger)
    expect(words in one_report(done), "the cause")


for name, number, cause in (("quit", 3, b""), ("stop", 1, b""), ("crash", 139, b"SIGSEGV"),
                            ("quick_exit", 6, b""), ("15", 143, b"SIGTERM"), ("9", 137, b"SIGKILL")):
    add_case(f"R: {name}", r_end, name, number, cause)


@case("a command that is not there, cannot be run, or is none")
def no_command():
    same(run("/no/such/command").status, 127, "not there")
    same(run("gpuspy-no-such-command").status, 127, "not in PATH")
    same(run("/etc/passwd").status, 126, "no program")
    same(run("/").status, 126, "a folder")
    for words in ((), ("--",), ("--json",), ("--no-such-option", "true")):
        done = run(*words)
        same((done.status, done.stderr.count(b"\n")), (2, 1), f"usage error {done.stderr!r}")


@case("gpuspy's own failure: no library, no place for the JSON report")
def own_failure():
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "gpuspy")
        with open(GPUSPY, "rb") as source, open(copy, "wb") as target:
            target.write(source.read())
        os.chmod(copy, 0o755)
        done = Run([copy, "run", "echo", "ran"], spied=False)
        same((done.status, done.stdout), (125, b""), "without the library")
    done = run("--json", "/no/such/folder/report.json", "echo", "ran")
    same((done.status, done.stdout), (125, b""), "without a place")


@case("gpuspy run without /proc says so")
def no_proc():
    done = Run([program("unshare"), *([] if os.geteuid() == 0 else ["-r"]), "-m", "sh", "-c",
                f"mount -t tmpfs none /proc || exit 9; exec {GPUSPY} run echo ran"], spied=False)
    if done.status not in (0, 125):
        raise Skip("it may not mount anything")
    same((done.status, done.stdout), (125, b""), "status, and what ran")
    expect(re.fullmatch(rb"gpuspy run: [^\n]*/proc mounted\?\n", done.stderr), done.stderr)


@case("the command's options are its own")
def options():
    done = run("echo", "--json", "x", "--help")
    same((done.status, done.stdout), (0, b"--json x --help\n"), "with a command")
    done = run("--", "echo", "--require")
    same((done.status, done.stdout), (0, b"--require\n"), "after --")


@case("--require, as a script of CI uses it")
def require():
    cpu = run("--require", program("Rscript"), "-e", "cat(sum(1:10))")
    same((cpu.status, cpu.stdout), (3, b"55"), "a program without the GPU")
    one_report(cpu, b"gpuspy: GPU work: NO")
    same(run("--require", *outcome("work")).status, 0, "one that uses it")
    for kind in ("init", "idle", "unconfirmed", "captured", "fault"):
        same(run("--require", *outcome(kind)).status, 3, kind)
    same(run("--require", *outcome("idle", "exit")).status, 8, "one that fails by itself")
    same(run("--require", *outcome("idle", "kill")).status, 137, "one that is killed")
    shell = f'set -e; "{GPUSPY}" run --require true; echo deployed'
    done = Run([program("sh"), "-c", shell], spied=False)
    same((done.status, done.stdout), (3, b""), "sh -e")


@case("bash with two Rscripts: one session")
def two_in_one():
    once = f"{program('Rscript')} --vanilla {script('children.R')} {client('rpkg.so')} mclapply\n"
    done = run(program("bash"), "-c", once + once + "exit 5")
    same(done.status, 5, "status")
    one_report(done)
    same_counts(done.report, done.ledger)
    same(done.report["totals"]["kernels"], 2 * (1 + 2 + 3 + 4 + 5), "kernels")
    same(len(os.listdir(done.gpuspy_dir)), 1, "sessions")


@case("processes that the command leaves behind")
def left_behind():
    done = run(program("sh"), "-c", f'"{client("client-outcome")}" work; sleep 30 >&- 2>&- & exit 0')
    same(done.status, 0, "status")
    one_report(done)


@case("standard error is broken, full or closed: the status is the command's")
def broken_error():
    for what in ("broken", "no-space", "closed"):
        done = Run([sys.executable, script("streams.py"), what, GPUSPY, "run",
                    *outcome("work", "exit")], {"PRELOAD": ""}, spied=False)
        same((done.status, done.stdout), (8, b"work\n"), what)
        same_counts(done.report, done.ledger)


@case("GPUSPY_OUTPUT, GPUSPY_REPORT=never, GPUSPY_SESSION with run")
def variables():
    with tempfile.TemporaryDirectory() as folder:
        done = run(*outcome("work"), env={"GPUSPY_OUTPUT": os.path.join(folder, "%s.txt"),
                                          "GPUSPY_SESSION": "nightly"})
        same(done.stderr, b"", "standard error")
        with open(os.path.join(folder, "nightly.txt"), "rb") as file:
            expect(REPORT.match(file.read()), "no report")
    same(os.listdir(done.gpuspy_dir), ["nightly"], "sessions")
    same(run(*outcome("work"), env={"GPUSPY_REPORT": "never"}).stderr, b"", "never")


@case("bad values: one line each")
def bad_values():
    done = run(program("Rscript"), "-e", "cat(1)", env={
        "GPUSPY_REPORT": "perhaps", "GPUSPY_SESSION": "a/b", "GPUSPY_OUTPUT": "/no/such/folder/r"})
    same((done.status, done.stdout), (0, b"1"), "status and output")
    own, reports = split_reports(done.stderr)
    same((len(own.splitlines()), len(reports)), (3, 1), f"warnings and reports in {done.stderr!r}")


@case("LD_PRELOAD that is set already is kept, and gpuspy is not in it twice")
def preloaded():
    done = run(program("sh"), "-c", "echo $LD_PRELOAD", spied=True)
    same(done.stdout.count(b"libgpuspy.so"), 1, "libgpuspy.so")
    done = run(program("sh"), "-c", "echo $LD_PRELOAD", env={"LD_PRELOAD": "libc.so.6"})
    expect(done.stdout.endswith(b"libgpuspy.so:libc.so.6\n"), done.stdout)


# Orphans, who come to gpuspy: many that live and, when those are there, some that end. How many of these stay?
ORPHANS = """import os, sys, time
def orphans(number, seconds):
    if not os.fork():
        for _ in range(number):
            if not os.fork():
                time.sleep(seconds)
                os._exit(0)
        os._exit(0)
    os.wait()
def ended():
    numbers = open("/proc/%d/task/%d/children" % (os.getppid(), os.getppid())).read().split()
    return [n for n in numbers if state(n) == "Z"]
def state(number):
    try: return open("/proc/%s/stat" % number).read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError): return "" # waited for since
lives = float(sys.argv[1])
orphans(1100, lives)
orphans(100, 0.1)
end = time.monotonic() + lives / 2
time.sleep(0.5)
while ended() and time.monotonic() < end:
    time.sleep(0.05)
print(len(ended()))
"""


@case("orphans that ended are waited for, however many live")
def many_orphans():
    done = run(sys.executable, "-c", ORPHANS, str(3 * SLOWER))
    same((done.status, done.stdout), (0, b"0\n"), "status, and who stayed")
    expect(b"UNKNOWN" in done.stderr, done.stderr)


@case("who ends because the command did is waited for while it still works, and who does not end is no NO")
def on_its_way():
    busy = ("import os, sys, threading, time\nif os.fork(): os._exit(0)\n"
            "def work():\n    while time.thread_time() < float(sys.argv[1]): pass\n"
            "other = threading.Thread(target=work)\n"
            "(other.start(), other.join()) if sys.argv[2:] else work()\n")
    def stays(*more):
        """How long it goes on once its parent has ended, without gpuspy."""
        with subprocess.Popen([sys.executable, "-c", busy, "0.1", *more], stdout=subprocess.PIPE) as alone:
            alone.wait()
            ended = time.monotonic()
            alone.stdout.read()
            return time.monotonic() - ended

    for more in (), ("thread",):
        one_report(run(sys.executable, "-c", busy, str(3 * SLOWER), *more), b"gpuspy: GPU work: UNKNOWN")
        # On a busy machine it may not get its time in the half second for which it is waited.
        done = [run(sys.executable, "-c", busy, "0.1", *more) for _ in range(8)]
        ended = any(b"gpuspy: GPU work: NO" in one.stderr for one in done)
        if not ended and min(stays(*more) for _ in range(4)) > 0.45:
            raise Skip("a machine that ends Python in the half second for which it is waited")
        expect(ended, done[0].stderr)


# Signals and the terminal.

WAITING = ("trap 'echo got TERM; exit 4' TERM; trap 'echo got INT; exit 5' INT;"
           "trap 'echo got HUP; exit 6' HUP; trap 'echo got USR1; exit 7' USR1;"
           "echo ready; while :; do sleep 0.05; done")


def run_beside(*words, folder, **options):
    """The same, while the test goes on."""
    return subprocess.Popen([GPUSPY, "run", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "GPUSPY_DIR": folder}, **options)


def descendants(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = [int(word) for word in file.read().split()]
    return children + [one for child in children for one in descendants(child)]


def passed_on(name, status):
    with tempfile.TemporaryDirectory() as folder:
        process = run_beside(program("bash"), "-c", WAITING, folder=folder)
        process.stdout.readline()
        process.send_signal(getattr(signal, "SIG" + name))
        output, _ = process.communicate(timeout=30 * SLOWER)
    same((process.returncode, output), (status, f"got {name}\n".encode()), "status and output")


for name, number in (("TERM", 4), ("INT", 5), ("HUP", 6), ("USR1", 7)):
    add_case(f"SIG{name} is passed on", passed_on, name, number)


# Handles all that can be, and prints each with its value; the last is SIGTERM.
HANDLES = """import os, signal
every = set(range(1, signal.SIGRTMAX + 1)) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, 32, 33}
signal.pthread_sigmask(signal.SIG_BLOCK, every)
print("ready", flush=True)
number = 0
while number != signal.SIGTERM:
    number = signal.sigwaitinfo(every).si_signo
    print(int(number), flush=True)
"""


@case("each signal is passed on, once, whether it was sent to gpuspy or to its group; with its value")
def every_signal():
    libc = ctypes.CDLL(None, use_errno=True)
    for to_group in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen([GPUSPY, "run", sys.executable, "-c", HANDLES], stdout=subprocess.PIPE, text=True,
                                       start_new_session=True, env={**os.environ, "GPUSPY_DIR": folder},
                                       stderr=subprocess.DEVNULL)
            same(process.stdout.readline(), "ready\n", "first line")
            send = os.killpg if to_group else os.kill
            for number in [n for n in range(1, signal.SIGRTMAX + 1) if n not in (
                    signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGTERM, 32, 33)] + [signal.SIGTERM]:
                send(process.pid, number)
                same(process.stdout.readline(), f"{int(number)}\n", f"to the group: {to_group}")
                # Each takes away the others that are still to be seen, in any process (signal(7)).
                if number in (signal.SIGCONT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
                    time.sleep(0.2 * SLOWER)
            same((process.stdout.read(), process.wait()), ("", 0), f"what else came, status; to the group: {to_group}")
    code = ("import ctypes, signal; signal.pthread_sigmask(signal.SIG_BLOCK, {10}); print('ready', flush=True)\n"
            "info = (ctypes.c_int * 32)(); every = (ctypes.c_ulong * 16)(1 << 9)\n"
            "ctypes.CDLL(None).sigwaitinfo(every, info); print(info[0], info[6])")
    with tempfile.TemporaryDirectory() as folder:
        process = run_beside(sys.executable, "-c", code, folder=folder)
        process.stdout.readline()
        same(libc.sigqueue(process.pid, 10, ctypes.c_void_p(42)), 0, "sigqueue")
        output, _ = process.communicate(timeout=30 * SLOWER)
    same(output, b"10 42\n", "its value")


@case("a stop that its group takes back at once leaves the command running")
def stop_taken_back():
    for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU) * 8:
        with tempfile.TemporaryDirectory() as folder:
            process = run_beside("sh", "-c", "echo ready; sleep 0.2", folder=folder, preexec_fn=os.setpgrp)
            process.stdout.readline()
            os.killpg(process.pid, number)
            os.killpg(process.pid, signal.SIGCONT)
            try:
                process.communicate(timeout=30 * SLOWER)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            same(process.wait(), 0, f"status after signal {number}")


@case("what the command closes is closed: its output, its input, a descriptor of the caller's")
def closes():
    code = ("import os, sys, time\nfd = int(sys.argv[1])\nos.write(1, b'ready\\n')\nos.close(fd)\n"
            "time.sleep(float(sys.argv[2]))\n")
    lasts = 5 * SLOWER
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    high = 2000 if hard == resource.RLIM_INFINITY or hard > 2000 else 6
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, high + 1), hard))
    for fd in (0, 1, 5, high):
        ours, theirs = os.pipe()
        if fd == 0:
            ours, theirs = theirs, ours
        words = (program("bash"), "-c", f'exec "$@" {fd}{"<" if fd == 0 else ">"}&{theirs} {theirs}>&-', "bash",
                 GPUSPY, "run", sys.executable, "-c", code, str(fd), str(lasts))
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen(words, pass_fds=[theirs], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       env={**os.environ, "GPUSPY_DIR": folder})
            os.close(theirs)
            if fd == 0:
                process.stdout.readline()
                gone = select.poll()
                gone.register(ours, select.POLLERR)
                expect(gone.poll(lasts * 500), "a pipe that nobody reads is no full one")
            else:
                read = os.read(ours, 100) if fd == 1 else process.stdout.readline()
                same((read, os.read(ours, 100)), (b"ready\n", b""), f"descriptor {fd}: its end")
            same(process.poll(), None, f"descriptor {fd}: the command goes on")
            process.kill()
            process.communicate()
        os.close(ours)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@case("signals that are ignored or blocked stay so, also SIGCHLD")
def inherited():
    show = ["grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status"]
    code = ("import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
            "signal.signal(signal.SIGCHLD, signal.SIG_IGN);"
            "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2]);"
            "os.execvp(sys.argv[1], sys.argv[1:])")
    plain = Run([sys.executable, "-c", code, *show], spied=False)
    spied = Run([sys.executable, "-c", code, GPUSPY, "run", *show], spied=False)
    same(spied.stdout, plain.stdout, "dispositions")
    same((spied.status, plain.status), (0, 0), "status")


def on_terminal(*words, env=None):
    done = Run([sys.executable, script("terminal.py"), *words], env, spied=False)
    same(done.status, 0, f"status of the test itself ({done.stderr!r})")
    shown, _, events = done.stdout.decode().rstrip("\n").rpartition("\n")
    return shown, events


@case("Ctrl-C on a terminal: the command decides, and the report comes after its last words")
def interrupt():
    shell = "trap 'echo cleaned up; exit 5' INT; echo ready; while :; do sleep 0.05; done"
    shown, events = on_terminal("ready", "C", "--", GPUSPY, "run", "bash", "-c", shell)
    same(events, "exited 5", "what happened")
    same(shown.count("\ncleaned up\n") + shown.count("^Ccleaned up\n"), 1, "interruptions")
    expect("cleaned up\ngpuspy: GPU work: NO" in shown, shown)


@case("Ctrl-C on a terminal comes once")
def interrupt_once():
    # Each signal that is delivered makes a byte, however soon the next one comes.
    code = ("import os, signal, time\n"
            "reading, writing = os.pipe(); os.set_blocking(writing, False)\n"
            "signal.signal(signal.SIGINT, lambda *_: None); signal.set_wakeup_fd(writing)\n"
            "print('ready', flush=True); end = time.monotonic() + 0.7\n"
            "while time.monotonic() < end: pass\n"
            "os._exit(10 + len(os.read(reading, 100)))\n")
    for _ in range(3):
        shown, events = on_terminal("ready", "C", "--", GPUSPY, "run", sys.executable, "-c", code)
        same(events, "exited 11", f"what happened: {shown}")


@case("Ctrl-C on a terminal kills a command that has no handler: 130")
def interrupt_kills():
    shown, events = on_terminal("ready", "C", "--", GPUSPY, "run", "sh", "-c",
                                "echo ready; exec sleep 30")
    same(events, "exited 130", "what happened")
    expect("killed by signal 2, SIGINT" in shown, shown)


@case("Ctrl-Z on a terminal stops all of the job, and it goes on in the foreground")
def stop():
    shell = "sleep 0.7 & echo ready; wait; echo over; exit 3"
    _, plain = on_terminal("ready", "Z", "--", "bash", "-c", shell)
    shown, events = on_terminal("ready", "Z", "--", GPUSPY, "run", "bash", "-c", shell)
    # Of each gpuspy one process sleeps on: the one that is there to be a member of the group.
    wanted = re.compile(r"stopped [ST]( [ST])+, exited 3")
    same((bool(wanted.fullmatch(plain)), plain.count("S")), (True, 0), f"without gpuspy: {plain}")
    same((bool(wanted.fullmatch(events)), events.count("S")), (True, 1), f"with gpuspy: {events}")
    expect("over\ngpuspy: GPU work: NO" in shown, shown)
    _, events = on_terminal("ready", "Z", "--", GPUSPY, "run", GPUSPY, "run", "bash", "-c", shell)
    same((bool(wanted.fullmatch(events)), events.count("S")), (True, 2), f"one in the other: {events}")


def in_a_script(shell):
    """No job of its own: what is continued is the command, not gpuspy."""
    return "sh", "-c", '"$@"; exit $?', "sh", GPUSPY, "run", "bash", "-c", shell


@case("a command that stops itself is stopped for its shell, which continues it; in a script it goes on by itself")
def stops_itself():
    for words in (("-c", "kill -STOP $$; exit 3"), ("--norc", "-ic", "suspend -f; exit 3"),
                  ("-c", "(sleep 0.5; kill -CONT $$) & kill -STOP $$; exit 3")):
        _, plain = on_terminal("none", "C", "--", "bash", *words)
        shown, events = on_terminal("none", "C", "--", GPUSPY, "run", "bash", *words)
        for stopped in plain, events:
            expect(re.fullmatch(r"stopped [STZ]( [STZ])*, exited 3", stopped), f"{words} {plain} {events} {shown}")
    _, events = on_terminal("none", "C", "--", *in_a_script("(sleep 0.5; kill -CONT $$) & kill -STOP $$; exit 4"))
    same(events, "exited 4", "stopped and continued in a script")


@case("a stopped job that somebody continues or kills by the command's number goes on by itself")
def continued_by_number():
    # Who waits can only be told of what goes on for a while.
    for shell, end in (("(sleep 0.5; kill -CONT $$) & kill -STOP $$; sleep 0.5; exit 3", "exited 3"),
                       ("(sleep 0.5; kill -CONT $$) & kill -TSTP $$; sleep 0.5; exit 3", "exited 3"),
                       ("(sleep 0.5; kill -KILL $$) & kill -STOP $$", "killed 9")):
        _, plain = on_terminal("none", "C", "--", "bash", "-c", shell, env={"LEAVE": "1"})
        shown, events = on_terminal("none", "C", "--", GPUSPY, "run", "bash", "-c", shell, env={"LEAVE": "1"})
        expect(re.fullmatch(f"stopped [STZ]( [STZ])*(, continued)?, {end}", plain), plain)
        end = "exited 137" if end == "killed 9" else end
        expect(re.fullmatch(f"stopped [STZ]( [STZ])*, continued, {end}", events), f"{shell} {plain} {events} {shown}")


@case("Ctrl-Z on a terminal stops gpuspy run in a script whose command has stopped itself before")
def stops_itself_before():
    shell = "exec 3>&1; (sleep 0.3; echo ready >&3) & kill -STOP $$; sleep 0.3; exit 3"
    shown, events = on_terminal("ready", "Z", "--", *in_a_script(shell))
    expect(re.fullmatch(r"stopped [STZ]( [STZ])+, exited 3", events), f"{events} {shown}")


@case("gpuspy run in gpuspy run: a command that stops itself stops both")
def stops_nested():
    _, events = on_terminal("none", "C", "--", GPUSPY, "run", GPUSPY, "run", "bash", "-c", "kill -STOP $$; exit 3")
    expect(re.fullmatch(r"stopped [STZ]( [STZ])+, exited 3", events), events)


# As interactive shells and timeout(1) do.
OWN_GROUP = "import os, signal, sys, time\nif os.getpgrp() != os.getpid(): os.setpgid(0, 0)\n"


@case("what its group is told a command hears that has made one for itself, and all of that; not another session")
def own_group():
    code = OWN_GROUP + ("signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
                        "for _ in range(2):\n    if not os.fork(): time.sleep(60); os._exit(0)\n"
                        "print('ready', flush=True)\ntime.sleep(60)\n")
    for spying, end in ((), "killed 2"), ((GPUSPY, "run"), "exited 130"):
        mark = f"gpuspy-test-{os.getpid()}-{len(spying)}"
        shown, events = on_terminal("ready", "C", "--", *spying, sys.executable, "-c", code, mark)
        same(events, end, shown)
        wait_until(lambda: not is_an_argument(mark), "its workers have ended")
    shell = "trap 'echo hea\\rd' INT HUP TERM; echo ready; sleep 0.5; sleep 0.1; echo over"
    shown, _ = on_terminal("ready", "C", "--", GPUSPY, "run", "setsid", "sh", "-c", shell)
    expect("over" in shown and "heard" not in shown, shown)


@case("the terminal of a command that has made a group for itself is that one's after fg, too")
def own_terminal():
    code = OWN_GROUP + ("signal.signal(signal.SIGTTOU, signal.SIG_IGN); os.tcsetpgrp(0, os.getpgrp())\n"
                        "signal.signal(signal.SIGCONT, lambda *_: os.write(1, b'again\\n'))\n"
                        "os.write(1, b'ready\\n')\nprint('got', sys.stdin.readline())\n")
    for spying in (), (GPUSPY, "run"):
        shown, events = on_terminal("ready", "Z", "again", "line", "--", *spying, sys.executable, "-c", code)
        expect(re.fullmatch(r"stopped [STZ]( [STZ])*, exited 0", events), f"{spying} {events} {shown}")
        expect("got a line" in shown, shown)


@case("who tells each process of a session by its number tells the command once")
def each_by_number():
    code = OWN_GROUP + ("signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\nprint('ready', flush=True)\n"
                        "n = 0\nwhile signal.sigtimedwait([signal.SIGTERM], 1): n += 1\nprint(n, flush=True)\n")
    with tempfile.TemporaryDirectory() as folder:
        process = run_beside(sys.executable, "-c", code, folder=folder, start_new_session=True)
        same(process.stdout.readline(), b"ready\n", "it runs")
        for pid in reversed([process.pid, *descendants(process.pid)]):
            os.kill(pid, signal.SIGTERM)
            time.sleep(0.1)  # what is pending merges with the next one
        same(process.communicate(timeout=30 * SLOWER)[0], b"1\n", "signals")


@case("the command reads from the terminal, and can see that it is one")
def reads():
    shell = "test -t 0 && echo ready; read x; echo got $x"
    shown, events = on_terminal("ready", "line", "--", GPUSPY, "run", "bash", "-c", shell)
    same(events, "exited 0", "what happened")
    expect("got a line\n" in shown, shown)


@case("a command that is stopped and continued by somebody else: it is waited for, and nobody is told")
def stopped_from_outside():
    with tempfile.TemporaryDirectory() as folder:
        process = run_beside("sh", "-c", "(sleep 0.5; kill -CONT $$) & kill -STOP $$; exit 4", folder=folder)
        _, said = process.communicate(timeout=30 * SLOWER)
    same(process.returncode, 4, "status")
    expect("rank" not in str(said), f"a process without a segment has no rank: {said}")


if __name__ == "__main__":
    main()
