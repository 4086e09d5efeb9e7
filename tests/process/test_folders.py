"""The folder of the sessions in every state, and which session a process is in."""

import fcntl
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time

from common import (GPUSPY, LIBRARY, SIM_LIB, SLOWER, Run, Skip, add_case, case, clean_environment, client, expect, main,
                    need_another_user, processes, program, python, rscript, same, same_counts, script, segments,
                    split_reports)

WORK = [client("client-outcome"), "work"]
YES = b"gpuspy: GPU work: YES"


def reported(run, status=0, reports=1):
    """Status, output and a report of the work done."""
    same((run.status, run.stdout), (status, b"work\n"), f"status and output ({run.stderr!r})")
    own, found = split_reports(run.stderr)
    same(len(found), reports, f"reports in {run.stderr!r}")
    for report in found:
        expect(report.startswith(YES), report)
        expect(b"driver 7 calls" in report, report)
    return own, b"".join(found)


# Where no file can be made, the report is whole all the same, and says what later readers miss.

def without_file(folder, note, prefix=()):
    run = Run([*prefix, *WORK], {"GPUSPY_DIR": folder, "SIM_LEDGER": None}, output=False)
    own, report = reported(run)
    same(own, b"", "standard error but for the report")
    expect(note in report, f"it is not said: {report}")


for where in ("/proc/gpuspy", "/dev/null", "/nowhere/at/all", "/dev/null/x"):
    add_case(f"GPUSPY_DIR={where}", without_file, where, b"the session's folder cannot be made")


@case("GPUSPY_DIR on a read-only file system")
def read_only():
    folders = [m.split()[1] for m in open("/proc/mounts", encoding="utf-8")
               if "ro" in m.split()[3].split(",")]
    usable = [f for f in folders if os.path.isdir(f)]
    if not usable:
        raise Skip("nothing is mounted read-only here")
    without_file(os.path.join(usable[0], "gpuspy"), b"on a read-only file system")


@case("a file size limit")
def file_size():
    for blocks in (0, 1, 16, 1024):
        shell = (program("bash"), "-c", f'ulimit -f {blocks}; exec "$@"', "bash")
        with tempfile.TemporaryDirectory() as folder:
            without_file(folder, b"the limit on file sizes", shell)


@case("a full file system, at every point: never SIGBUS")
def full():
    with tempfile.TemporaryDirectory() as folder:
        for kilobytes in (0, 4, 16, 24, 32, 48, 64, 96, 128):
            size = f"{kilobytes}k" if kilobytes else "1,nr_inodes=2"
            mount = (program("unshare"), "-m", program("sh"), "-c",
                     f'mount -t tmpfs -o size={size} none {folder} || exit 99; exec "$@"', "sh")
            run = Run([*mount, *WORK], {"GPUSPY_DIR": folder, "SIM_LEDGER": None}, output=False)
            if run.status in (1, 99):
                raise Skip("no file system can be mounted here")
            reported(run)


@case("links, pipes and other people's folders in the way are left alone")
def in_the_way():
    def link(path, other):
        os.symlink(other, path)

    def pipe(path, other):
        os.mkfifo(path)

    def file(path, other):
        open(path, "w").close()

    def elsewhere(path, other):
        os.mkdir(path)
        os.chown(path, 65534, -1)

    for make in (link, pipe, file) + ((elsewhere,) if os.geteuid() == 0 else ()):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
            path = os.path.join(folder, "mine")
            make(path, other)
            before = os.lstat(path)
            run = Run(WORK, {"GPUSPY_DIR": folder, "GPUSPY_SESSION": "mine"}, output=False)
            reported(run)
            same(os.lstat(path).st_ino, before.st_ino, "what was in the way")
            same(os.listdir(other), [], "the folder that the link names")
            if stat.S_ISDIR(before.st_mode):
                same(os.listdir(path), [], "another user's folder")


@case("the folder of all sessions is a link: nobody puts a word for another behind it")
def behind_link():
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        path = os.path.join(folder, "sessions")
        os.symlink(other, path)
        shell = [program("sh"), "-c", '"$@"; true', "sh", *WORK]
        for command in ([GPUSPY, "run", *WORK], [GPUSPY, "run", *shell], shell):
            run = Run(command, {"GPUSPY_DIR": path, "SIM_LEDGER": None}, output=False)
            same((run.status, run.stdout), (0, b"work\n"), f"status and output ({run.stderr!r})")
            same(os.listdir(other), [], f"behind the link, {command}")


@case("the session's folder is removed while the program runs (RemoveIPC)")
def removed():
    code = ("import os, shutil, sys\n"
            "sys.path.insert(0, os.environ['PYEXT'])\n"
            "import gpuspy_pyext\n"
            "gpuspy_pyext.forward(1)\n"
            "shutil.rmtree(os.environ['GPUSPY_DIR'])\n"
            "gpuspy_pyext.forward(3)\n")
    run = Run([sys.executable, "-c", code], {"PYEXT": os.path.dirname(
        client("gpuspy_pyext.so"))}, output=False)
    same(run.status, 0, f"status ({run.stderr!r})")
    report = split_reports(run.stderr)[1][0]
    expect(b"was removed while the program ran" in report, report)
    expect(b"4 kernels ran" in report, report)
    calls = sum(f["calls"] for f in run.ledger["libcudnn.so.9"].values())
    expect(f"cuDNN {calls} calls".encode() in report, report)


# Which session.

def sessions(run):
    return sorted(os.listdir(run.gpuspy_dir))


@case("GPUSPY_SESSION names a session that had another run: what that did is no child's")
def named_again():
    with tempfile.TemporaryDirectory() as folder:
        env = {"GPUSPY_DIR": folder, "GPUSPY_SESSION": "mine"}
        Run(WORK, env, output=False)
        run = Run([GPUSPY, "run", sys.executable, "-c", "pass"], env, spied=False, output=False)
        expect(b"YES" in run.stderr and b"only in another process: " in run.stderr, run.stderr)


@case("GPUSPY_SESSION of a process that is gone: a session of its own")
def stale():
    gone = subprocess.Popen(["true"])
    gone.wait()
    for name in (f"{gone.pid}-12345", "1-1", f"{os.getpid()}-1"):
        run = Run(WORK, {"GPUSPY_SESSION": name}, output=False)
        reported(run)
        expect(name not in sessions(run), f"{name} was believed")


def start_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[19]


def place():
    """What stands behind the number and the time in names that are given here."""
    said = Run([program("sh"), "-c", "echo $GPUSPY_SESSION; true"]).stdout.decode()
    return said.strip().rpartition("-")[2]


@case("GPUSPY_SESSION of a living process of ours: part of it, no report")
def joined():
    name = f"{os.getpid()}-{start_ticks(os.getpid())}-{place()}"
    run = Run(WORK, {"GPUSPY_SESSION": name}, output=False)
    reported(run, reports=0)
    same(sessions(run), [name], "sessions")


@case("GPUSPY_SESSION of another machine, where that number and time are ours: a session of its own")
def elsewhere():
    """As srun brings it to another node: by a folder that both see, the two would be one session.
    The program may have the number itself, after an exec, or be watched by a user's name."""
    other = f"{int(place(), 16) ^ 1:08x}"
    names = [f"{os.getpid()}-{start_ticks(os.getpid())}-{other}", f"{os.getpid()}-{10 ** 15}-{other}",
             f"{os.getpid()}-{10 ** 15}"]
    for name in names:
        run = Run(WORK, {"GPUSPY_SESSION": name}, output=False)
        reported(run)
        expect(name not in sessions(run), f"{name} was joined")
        run = Run(WORK, {"GPUSPY_SESSION": "mine", "GPUSPY_OWNER": name}, output=False)
        reported(run)
    shell = f'export GPUSPY_SESSION=$$-{10 ** 15}-{other}; exec "$@"'
    run = Run([program("sh"), "-c", shell, "sh", *WORK], output=False)
    reported(run)
    expect(not any(name.endswith(other) for name in sessions(run)), f"{sessions(run)} were joined")


@case("another pid namespace: its number is another process's, and its session another one")
def another_namespace():
    if os.geteuid() != 0:
        raise Skip("only root can make a namespace of process IDs")
    # The shell within is 1; so is the owner without, as it says.
    inside = 'echo $$; export GPUSPY_SESSION=$$-%d-%s; "$@"; true' % (10 ** 15, place())
    command = [program("unshare"), "--pid", "--fork", "--mount-proc", program("sh"), "-c", inside, "sh",
               *WORK]
    run = Run(command, {"LD_PRELOAD": None}, output=False, spied=False)
    if run.status:
        raise Skip(f"no namespace can be made: {run.stderr!r}")
    run = Run(command, output=False)
    expect(not any(name.startswith("1-1000000000000000-") for name in sessions(run)),
           f"{sessions(run)}: that of the other namespace was joined")


@case("GPUSPY_SESSION of another user's living process: a session of its own")
def foreign():
    words = need_another_user()
    name = f"{os.getpid()}-{start_ticks(os.getpid())}-{place()}"

    def open_up(run):
        os.chmod(run.folder, 0o777)
        os.chmod(run.gpuspy_dir, 0o700)
        os.chown(run.gpuspy_dir, 65534, 65534)

    run = Run([*words, *WORK], {"GPUSPY_SESSION": name, "SIM_LEDGER": None}, output=False, prepare=open_up)
    reported(run)
    expect(name not in sessions(run), "somebody else's session was joined")


@case("GPUSPY_SESSION is no name: one warning, and a session of its own")
def bad_name():
    for name in ("a/b", ".hidden", "x" * 65, "a b", "../../etc"):
        run = Run(WORK, {"GPUSPY_SESSION": name}, output=False)
        own, _ = reported(run)
        same(own.count(b"gpuspy: warning: GPUSPY_SESSION"), 1, f"warnings in {own!r}")
        same(len(own.splitlines()), 1, "lines")


@case("bad values: one line each from all of Rscript, bash and R, and the defaults")
def bad_values():
    env = {"GPUSPY_REPORT": "perhaps", "GPUSPY_DIR": "relative", "GPUSPY_DISABLE": "yes",
           "GPUSPY_SESSION": "a/b", "HOME": "/nowhere"}
    default = f"/dev/shm/gpuspy-{os.geteuid()}"
    before = set(os.listdir(default)) if os.path.isdir(default) else set()
    run = Run([program("Rscript"), "-e", "cat(1)"], env, output=False)
    for made in set(os.listdir(default)) - before:
        if str(made).startswith(tuple("123456789")):
            shutil.rmtree(os.path.join(default, made), ignore_errors=True)
    same((run.status, run.stdout), (0, b"1"), "status and output")
    own, reports = split_reports(run.stderr)
    same(len(own.splitlines()), 4, f"warnings {own!r}")
    same(len(reports), 1, "reports")


@case("GPUSPY_DISABLE=1: nothing at all")
def disabled():
    run = Run(WORK, {"GPUSPY_DISABLE": "1"}, output=False)
    same((run.status, run.stdout, run.stderr, sessions(run)), (0, b"work\n", b"", []), "a run")


def run_in(folder, name, command=tuple(WORK), **env):
    env = {**clean_environment(), "LD_PRELOAD": LIBRARY, "GPUSPY_DIR": folder,
           "GPUSPY_SESSION": name, **env}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@case("a session that the user named: the first process reports, and the next one after its end")
def named():
    with tempfile.TemporaryDirectory() as folder:
        for runs in (1, 2):
            said = run_in(folder, "nightly").communicate(timeout=60 * SLOWER)[1]
            same(len(split_reports(said)[1]), 1, "reports")
            expect(f"driver {7 * runs} calls".encode() in said, said)
        same(os.listdir(folder), ["nightly"], "sessions")


@case("a session that the user named: beside its owner nobody reports")
def named_twice():
    code = "import ctypes; ctypes.CDLL('libcuda.so.1').cuInit(0); print(1, flush=True); input()"
    with tempfile.TemporaryDirectory() as folder:
        env = {**clean_environment(), "LD_PRELOAD": LIBRARY, "GPUSPY_DIR": folder,
               "GPUSPY_SESSION": "both", "LD_LIBRARY_PATH": SIM_LIB}
        first = subprocess.Popen([sys.executable, "-c", code], env=env, stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first.stdout.readline()
        same(split_reports(run_in(folder, "both").communicate(timeout=60 * SLOWER)[1])[1], [], "the second")
        said = first.communicate(b"\n", timeout=60 * SLOWER)[1]
        same(len(split_reports(said)[1]), 1, "reports of the first")
        expect(b"driver 8 calls" in said, said)


@case("many processes claim a named session at once: the last one to end reports")
def named_by_many():
    code = ("import ctypes, os, sys; print(1, flush=True); os.read(int(sys.argv[1]), 1);"
            "ctypes.CDLL('libcuda.so.1').cuInit(0); print(1, flush=True); sys.stdin.read()")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "race"), 0o700)
        with open(os.path.join(folder, "race", "owner"), "w", encoding="ascii") as file:
            file.write("1-1")  # who is gone
        env = {**clean_environment(), "LD_PRELOAD": LIBRARY, "GPUSPY_DIR": folder,
               "GPUSPY_SESSION": "race", "LD_LIBRARY_PATH": SIM_LIB}
        (start, begin), (hold, release) = os.pipe(), os.pipe()
        all_of_them = [subprocess.Popen([sys.executable, "-I", "-c", code, str(start)], env=env,
                                        stdin=hold, pass_fds=[start], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE) for _ in range(12)]
        for fd in (start, hold):
            os.close(fd)
        for one in all_of_them:
            one.stdout.readline()
        os.close(begin)
        for one in all_of_them:
            one.stdout.readline()
        os.close(release)
        reports = [r for p in all_of_them for r in split_reports(p.communicate(timeout=60 * SLOWER)[1])[1]]
        same(len(reports), 1, "reports")
        expect(b"running" not in reports[0], "one of them ran still")


@case("who claims a named session waits for one that is at it, and reports")
def named_and_busy():
    longest = 0.4  # so long it waits at least; on a busy machine this test may hold it longer
    for _ in range(20):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "busy")
            os.mkdir(path, 0o700)
            held = os.open(path, os.O_RDONLY)
            fcntl.flock(held, fcntl.LOCK_EX)
            began = time.monotonic()
            process = run_in(folder, "busy")
            time.sleep(0.15)
            os.close(held)
            took = time.monotonic() - began
            reports = split_reports(process.communicate(timeout=60 * SLOWER)[1])[1]
        if took < longest:
            same(len(reports), 1, "reports")
            return
    raise Skip("a machine that has less to do")


@case("env -i")
def empty_environment():
    with tempfile.TemporaryDirectory() as folder:
        command = [program("env"), "-i", f"LD_PRELOAD={LIBRARY}", f"GPUSPY_DIR={folder}", *WORK]
        reported(Run(command, spied=False))


# Housekeeping.

def make_session(folder, name, age, size=1, pid=None):
    path = os.path.join(folder, name)
    os.mkdir(path, 0o700)
    file = os.path.join(path, f"{pid or name}-0.seg")
    with open(file, "wb") as out:
        os.posix_fallocate(out.fileno(), 0, size)
    stamp = time.time() - age
    os.utime(path, (stamp, stamp))
    return path


def dead_pid():
    gone = subprocess.Popen(["true"])
    gone.wait()
    return gone.pid


@case("housekeeping: the oldest sessions go, at most 64 stay")
def bounded_number():
    with tempfile.TemporaryDirectory() as folder:
        pid = dead_pid()
        for age in range(1, 101):
            make_session(folder, f"{pid}-{age}", age * 100)
        reported(Run(WORK, {"GPUSPY_DIR": folder}, output=False))
        left = {int(n.partition("-")[2]) for n in os.listdir(folder) if n.startswith(f"{pid}-")}
        same(left, set(range(1, 56)), "those that stay")  # some more go at once than must
        for _ in range(8):
            reported(Run(WORK, {"GPUSPY_DIR": folder}, output=False))
        same(len(os.listdir(folder)), 64, "sessions")
        reported(Run(WORK, {"GPUSPY_DIR": folder}, output=False))
        same(len(os.listdir(folder)), 56, "sessions after one more")


@case("housekeeping: 64 MiB stay at most")
def bounded_size():
    with tempfile.TemporaryDirectory() as folder:
        pid = dead_pid()
        for age in range(1, 6):
            make_session(folder, f"{pid}-{age}", age * 100, 20 << 20)
        os.utime(folder, (time.time() - 100, time.time() - 100))
        reported(Run(WORK, {"GPUSPY_DIR": folder}, output=False))
        left = {int(n.partition("-")[2]) for n in os.listdir(folder) if n.startswith(f"{pid}-")}
        same(left, {1, 2, 3}, "those that stay")


@case("housekeeping: living sessions, and what is not gpuspy's, are never touched")
def not_ours():
    with tempfile.TemporaryDirectory() as folder:
        pid, me = dead_pid(), f"{os.getpid()}-{start_ticks(os.getpid())}"
        keep = {
            make_session(folder, me, 10 ** 6),                      # owned by a living process
            make_session(folder, "nightly", 10 ** 6, pid=me),       # with a living process in it
            make_session(folder, f"{pid}-7000", 10 ** 6),           # with another file in it
            os.path.join(folder, "Documents"), os.path.join(folder, "a.txt"),
            os.path.join(folder, "link"),
        }
        open(os.path.join(folder, f"{pid}-7000", "notes.txt"), "w").close()
        os.utime(os.path.join(folder, f"{pid}-7000"), (1, 1))
        other = make_session(folder, f"{pid}-7001", 10 ** 5)        # of another pid namespace
        open(os.path.join(other, "pidns-1"), "w").close()
        os.utime(other, (time.time() - 10 ** 5, time.time() - 10 ** 5))
        keep.add(other)
        if os.geteuid() == 0:
            foreign = make_session(folder, f"{pid}-7002", 10 ** 6)
            os.chown(foreign, 65534, -1)
            keep.add(foreign)
        os.mkdir(os.path.join(folder, "Documents"))
        open(os.path.join(folder, "a.txt"), "w").close()
        with tempfile.TemporaryDirectory() as target:
            make_session(target, f"{pid}-1", 10 ** 6)
            os.symlink(os.path.join(target, f"{pid}-1"), os.path.join(folder, "link"))
            for age in range(1, 71):
                make_session(folder, f"{pid}-{age}", age * 100)
            before = {p: sorted(os.listdir(p)) for p in keep if os.path.isdir(p)}
            reported(Run(WORK, {"GPUSPY_DIR": folder}, output=False))
            for path in keep:
                expect(os.path.lexists(path), f"{path} was removed")
            same({p: sorted(os.listdir(p)) for p in before}, before, "what is in them")
        expect(not os.path.exists(os.path.join(folder, f"{pid}-70")), "nothing was removed")


@case("housekeeping: of a session that was killed, a late worker still has its place")
def late_worker():
    run = Run(python("children.py", "behind"), {"PYEXT": os.path.dirname(
        client("gpuspy_pyext.so"))}, output=False)
    expect(processes(run.report, state="running"), "the worker has ended already")
    name = sessions(run)[0]
    path = os.path.join(run.gpuspy_dir, name)
    pid = dead_pid()
    for age in range(1, 71):
        make_session(run.gpuspy_dir, f"{pid}-{age}", age)
    os.utime(path, (1, 1))
    reported(Run(WORK, {"GPUSPY_DIR": run.gpuspy_dir}, output=False))
    same(len([s for s in segments(run) if os.path.dirname(s) == path]), 2, "its segments")


if __name__ == "__main__":
    main()
