"""gpuspy run of what cannot be seen: never a NO. It knows whether the library began in the command,
and whether what the processes counted could be read; else it says UNKNOWN, and status 4 with
--require. A process whose figures nobody else can read reports itself."""

import os
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import time

from common import (GPUSPY, LIBRARY, PROCESS, SIM_LIB, SLOWER, Run, Skip, add_case, as_nobody, case, clean_environment, client,
                    expect, main, need_another_user, program, same, same_counts, split_reports)

WORK = (client("client-outcome"), "work")
YES, UNKNOWN, NO = (b"gpuspy: GPU work: " + word for word in (b"YES", b"UNKNOWN", b"NO"))


def run(*words, env=None, prefix=(), **options):
    return Run([*prefix, GPUSPY, "run", "--require", *words], env, spied=False, **options)


def unknown(done, own=0, reason=None):
    """UNKNOWN, after so many reports of the processes themselves."""
    reports = split_reports(done.stderr)[1]
    same((done.status, len(reports)), (4, own + 1), f"status and reports {done.stderr!r}")
    for report in reports[:-1]:
        expect(report.startswith(YES), report)
    expect(reports[-1].startswith(UNKNOWN), reports[-1])
    expect(b"\n  evidence  " in reports[-1] and b"\n  next      " in reports[-1], reports[-1])
    return reports[-1]


# Where the library does not begin.

NOT_BEGUN = {
    "env -i": lambda: (program("env"), "-i", *WORK),
    "LD_PRELOAD that is taken away": lambda: (program("env"), "-u", "LD_PRELOAD", *WORK),
    "GPUSPY_DISABLE=1 inside": lambda: (program("env"), "GPUSPY_DISABLE=1", *WORK),
    "a shell that goes on as something else": lambda: (
        program("sh"), "-c", 'unset LD_PRELOAD; exec "$0" "$1"', *WORK),
}


def not_begun(words):
    report = unknown(run(*words()))
    expect(b"did not begin" in report, report)


for name, words in NOT_BEGUN.items():
    add_case(name, not_begun, words)


@case("a static program")
def static():
    path = os.path.join(PROCESS, "static")
    if not os.path.exists(path):
        raise Skip("no static program can be built here")
    not_begun(lambda: (path,))


@case("a setuid program")
def setuid():
    if os.geteuid() != 0:
        raise Skip("only root can give files away")
    with tempfile.TemporaryDirectory() as folder:
        if os.statvfs(folder).f_flag & os.ST_NOSUID:
            raise Skip("there are no setuid programs in " + folder)
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "true")
        shutil.copy(program("true"), path)
        os.chown(path, 65534, 65534)
        os.chmod(path, 0o4755)
        not_begun(lambda: (path,))


@case("sudo -u")
def sudo():
    # Root's is no setuid program for the loader: the library begins in it, and not behind it.
    interpreter = "/usr/bin/python3"
    if not os.path.exists(interpreter):
        raise Skip(f"there is no {interpreter}")
    if subprocess.run([program("sudo"), "-n", "true"], capture_output=True, check=False).returncode:
        raise Skip("sudo asks for a password, or says no")
    report = unknown(run(program("sudo"), "-n", "-u", "nobody", interpreter, "-c", "pass"))
    expect((b"did not begin" if os.geteuid() else b"was not loaded into 1 program") in report, report)


@case("where it began and nothing was done, a NO is a NO, whatever the end")
def control():
    renames = ("import ctypes, os; ctypes.CDLL(None).prctl(15, b'another', 0, 0, 0);"
               "assert open('/proc/self/comm').read() == 'another\\n'")
    idle = (client("client-outcome"), "idle")
    for words, status in (((program("true"),), 3), ((program("env"), program("true")), 3),
                          ((*idle, "return"), 3), ((*idle, "_exit"), 7),
                          ((program("sh"), "-c", "kill -9 $$"), 137), ((sys.executable, "-c", renames), 3),
                          ((program("sh"), "-c", "(exit 3); (true); exec true"), 3)):
        done = run(*words)
        same(done.status, status, f"{words}: {done.stderr!r}")
        expect(split_reports(done.stderr)[1][0].startswith(NO), done.stderr)


@case("the descriptor is closed, or there is none: it is found all the same, or UNKNOWN")
def descriptors():
    closes = "import os, sys; os.closerange(3, 1000); os.execvp(sys.argv[1], sys.argv[1:])"
    same(run(sys.executable, "-c", closes, program("true")).status, 3, "closed")
    limit = (program("bash"), "-c", 'ulimit -n 64; exec "$@"', "bash")
    same(run(program("true"), prefix=limit).status, 3, "few descriptors")
    limit = (program("bash"), "-c", 'ulimit -f 0; exec "$@"', "bash")
    unknown(run(program("true"), prefix=limit))


@case("a stale or broken GPUSPY_RUN is nothing")
def stale():
    for value in ("", "x", "1:2", "1:2:3:4", "1:2:3:4:5", "99999999999999999999:0:0:0",
                  f"{os.getpid()}:0:0:0"):
        done = Run(WORK, {"GPUSPY_RUN": value}, output=False)
        same((done.status, len(split_reports(done.stderr)[1])), (0, 1), value)


# Where there is no file, or none that can be read.

def without_file(env=None, words=WORK, own=1, **options):
    done = run(*words, env={"SIM_LEDGER": None, **(env or {})}, **options)
    same(done.stdout, b"work\n", f"output {done.stderr!r}")
    return unknown(done, own)


for where in ("/proc/gpuspy", "/dev/null", "/etc/passwd", "/nowhere/at/all", "/dev/null/x"):
    add_case(f"GPUSPY_DIR={where}", without_file, {"GPUSPY_DIR": where})


@case("nor is there a word in what the command captures, where no process can leave a record")
def captured():
    script = 'x=$("$@" 2>&1); echo "[$x]"'
    for where in "/dev/null/x", "/etc/passwd":
        for tail, own in (script, 0), (script.replace("2>&1", ""), 1):
            done = run(program("sh"), "-c", tail, "sh", *WORK, env={"SIM_LEDGER": None, "GPUSPY_DIR": where})
            same(done.stdout, b"[work]\n", f"{where}: {done.stderr!r}")
            unknown(done, own)


def in_a_namespace(setup, words=WORK, own=1):
    shell = f'{setup} || exit 99; exec "$@"'
    prefix = (program("unshare"), "-m", "--propagation", "private", program("sh"), "-c", shell, "sh")
    done = run(*words, env={"SIM_LEDGER": None, "GPUSPY_DIR": None}, prefix=prefix)
    if done.status in (1, 99):
        raise Skip(f"no file system can be mounted here {done.stderr!r}")
    same(done.stdout, b"work\n", f"output {done.stderr!r}")
    return unknown(done, own)


NO_PLACE = {
    "/dev/shm read-only": "mount -t tmpfs -o ro x /dev/shm",
    "/dev/shm full": "mount -t tmpfs -o size=64k x /dev/shm && "
                     "{ cat /dev/zero >/dev/shm/f 2>/dev/null; true; }",
    "/dev/shm without inodes": "mount -t tmpfs -o nr_inodes=2 x /dev/shm",
    "/dev/shm absent": "mount -t tmpfs x /dev && mknod -m 666 /dev/null c 1 3 && "
                       "mknod -m 666 /dev/zero c 1 5",
    "a neighbour's folder": f"mount -t tmpfs x /dev/shm && mkdir /dev/shm/gpuspy-{os.geteuid()} && "
                            f"chown 65534 /dev/shm/gpuspy-{os.geteuid()}",
    "a folder of 64 KiB": "mount -t tmpfs -o size=64k x /dev/shm",
}
for name, setup in NO_PLACE.items():
    add_case(name, in_a_namespace, setup)


@case("half of the threads count in private memory")
def half():
    crowd = (os.path.join(PROCESS, "crowd"), "64")
    report = in_a_namespace("mount -t tmpfs -o size=600k x /dev/shm", words=crowd)
    expect(b"no-record" in report or b"private memory" in report, report)
    same(run(*crowd, env={"SIM_LEDGER": None}).status, 0, "with room")


@case("ulimit -f")
def file_size():
    for blocks in (1, 16, 1024):
        without_file(prefix=(program("bash"), "-c", f'ulimit -f {blocks}; exec "$@"', "bash"))


@case("ulimit -f 0, and standard error is a file: the report is kept, or it is said that it was not")
def nothing_can_be_written():
    with tempfile.TemporaryDirectory() as folder:
        for limit, word in (("-S -f 0", b"gpuspy: GPU work: UNKNOWN  no kernel"), ("-f 0", b"gpuspy: GPU work: UNKNOWN  the report could not be written")):
            said = os.path.join(folder, "said")
            shell = f'ulimit {limit}; exec "$@" 2>{said}'
            prefix = (program("bash"), "-c", shell, "bash")
            done = Run([*prefix, GPUSPY, "run", "--", program("sh"), "-c", "exit 5"], spied=False)
            same((done.status, done.stderr), (5, b""), "status and standard error")
            later = done.tool("report", "--last")
            found = later.stdout.encode() if limit != "-S -f 0" else open(said, "rb").read()
            expect(word in found, (limit, later, open(said, "rb").read()))


@case("umask 0177 and 0777 of an ordinary user")
def umask():
    words = need_another_user()
    for mask in ("0177", "0777", "0077"):
        prefix = (*words, program("sh"), "-c", f'umask {mask}; exec "$@"', "sh")
        done = run(*WORK, prefix=prefix, env={"SIM_LEDGER": None}, prepare=as_nobody)
        if mask == "0077":
            same(done.status, 0, f"status {done.stderr!r}")
        else:
            expect(done.status in (0, 4), f"{mask}: {done.status} {done.stderr!r}")
            expect(NO not in done.stderr, done.stderr)


@case("gpuspy run setpriv --reuid: the process reports itself")
def another_user():
    words = need_another_user()
    report = without_file(words=(*words, *WORK))
    expect(b"no record was left" in report or b"another folder" in report, report)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        report = without_file(words=(*words, program("env"), f"GPUSPY_DIR={folder}/x", *WORK))
        expect(b"another folder" in report, report)


BECOME = {
    "setpriv": lambda: (program("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups"),
    "chroot --userspec": lambda: (program("chroot"), "--userspec=65534:65534", "/"),
    "runuser": lambda: (program("runuser"), "-u", "nobody", "--"),
    "su -c": lambda: (program("su"), "-s", "/bin/sh", "nobody", "-c", 'exec "$0" "$@"', "--"),
    "python's subprocess": lambda: (sys.executable, "-c",
                                    "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:], "
                                    "user=65534, group=65534, extra_groups=[]).returncode)"),
}


def apart(words):
    """The library begins in it, and it reports itself where it has a record: no word of a program
    without the library. It is not a gap where it did nothing."""
    need_another_user()
    words = words()
    if Run([*words, program("true")], spied=False).status:
        raise Skip("it cannot be done here")
    for script in ('exec "$@"', '"$@"; exit $?'):
        command = (program("sh"), "-c", script, "sh", *words)
        report = without_file(words=(*command, *WORK), prefix=())
        expect(b"was not loaded into" not in report, report)
        done = run(*command, program("sh"), "-c", "exit 0")
        # What closes its descriptors keeps what it starts from saying that it began.
        closes = words[0] == sys.executable
        same(done.status, 4 if closes else 3, done.stderr)
        expect(b"was not loaded into" not in done.stderr, done.stderr)


for name, words in BECOME.items():
    add_case(f"another user by {name}: no untrue word", apart, words)


@case("another user by halves takes no library along: a program without the library")
def by_halves():
    need_another_user()
    code = ("import os, subprocess, sys; os.seteuid(65534); "
            "subprocess.run(sys.argv[1:], close_fds=False)")
    done = run(sys.executable, "-c", code, *WORK, env={"SIM_LEDGER": None})
    expect(b"was not loaded into 1 program " in unknown(done), done.stderr)


@case("another GPUSPY_DIR inside, or another session: the process reports itself")
def elsewhere():
    with tempfile.TemporaryDirectory() as folder:
        report = without_file(words=(program("env"), f"GPUSPY_DIR={folder}", *WORK))
        expect(b"another folder" in report, report)
    without_file(words=(program("env"), "-u", "GPUSPY_SESSION", *WORK))


REMOVES = ("import os, shutil, sys\n"
           "sys.path.insert(0, os.environ['PYEXT'])\n"
           "import gpuspy_pyext\n"
           "gpuspy_pyext.forward(1)\n"
           "shutil.rmtree(os.path.join(os.environ['GPUSPY_DIR'], os.environ['GPUSPY_SESSION']))\n"
           "gpuspy_pyext.forward(3)\n"
           "if sys.argv[1:]: os.kill(os.getpid(), int(sys.argv[1]))\n")


def pyext():
    return {"PYEXT": os.path.dirname(client("gpuspy_pyext.so")), "SIM_LEDGER": None}


@case("the session's folder is removed while the program runs")
def removed():
    report = unknown(run(sys.executable, "-c", REMOVES, env=pyext()), own=1)
    expect(b"no record was left" in report, report)


@case("and the program is killed: nobody can tell, and nobody says NO")
def removed_and_killed():
    done = run(sys.executable, "-c", REMOVES, "9", env=pyext())
    same(done.status, 137, "status")
    expect(split_reports(done.stderr)[1][0].startswith(UNKNOWN), done.stderr)


@case("a child's segment is removed: the others are not enough for a NO")
def child_removed():
    shell = ('"$0" "$1" >/dev/null; rm -f "$GPUSPY_DIR/$GPUSPY_SESSION"/*; exec "$2" -c 1')
    done = run(program("sh"), "-c", shell, *WORK, sys.executable)
    expect(b"no record was left" in unknown(done), done.stderr)


@case("what was not seen is not forgotten by those who read the session later")
def later():
    code = ("import os, subprocess, sys\n"
            "subprocess.run(sys.argv[1:], env={**os.environ, 'GPUSPY_DIR': '/etc/passwd'})\n")
    done = run(sys.executable, "-c", code, *WORK)
    unknown(done, own=1)
    same((done.report["verdict"], done.report["reason"]), ("unknown", "no-record"), "later")
    expect(b"UNKNOWN" in done.tool("list").stdout.encode(), "gpuspy list")
    folder = os.path.join(done.gpuspy_dir, os.listdir(done.gpuspy_dir)[0])
    same(stat.S_IMODE(os.stat(os.path.join(folder, "run")).st_mode), 0o600, "mode")


# Where another folder has the path of the session's.

ANOTHER = 'mount -t tmpfs x "$GPUSPY_DIR" && '
NAMESPACES = {
    "a mount namespace": ("unshare", "-m", "--propagation", "private", "sh", "-c", ANOTHER + 'exec "$@"', "sh"),
    "one in which nothing can be written": (
        "unshare", "-m", "--propagation", "private", "sh", "-c",
        'mount -t tmpfs -o ro x "$GPUSPY_DIR" && exec "$@"', "sh"),
    "one of another user's": ("unshare", "-U", "-r", "-m", "sh", "-c", ANOTHER + 'exec "$@"', "sh"),
    "one with other numbers of processes": (
        "unshare", "-m", "-p", "-f", "--propagation", "private", "sh", "-c",
        ANOTHER + 'mount -t proc proc /proc && "$@"; true', "sh"),
    "one without /proc": (
        "unshare", "-m", "--propagation", "private", "sh", "-c", "umount -l /proc; " + ANOTHER + 'exec "$@"', "sh"),
    "one that loses /proc later": (
        "unshare", "-m", "--propagation", "private", "sh", "-c", ANOTHER + 'umount -l /proc; "$@"; true', "sh"),
    "one without /proc, and a program without the library": (
        "unshare", "-m", "--propagation", "private", "sh", "-c",
        ANOTHER + 'umount -l /proc; env -i LD_LIBRARY_PATH="$LD_LIBRARY_PATH" "$@"', "sh"),
    "one that starts a program without the library": (
        "unshare", "-m", "--propagation", "private", "sh", "-c",
        ANOTHER + 'env -i LD_LIBRARY_PATH="$LD_LIBRARY_PATH" "$@"; true', "sh"),
    "bwrap": ("sh", "-c", 'exec bwrap --dev-bind / / --tmpfs "$GPUSPY_DIR" --unshare-pid --proc /proc "$@"', "sh"),
}
STARTS = "import subprocess, sys; print(subprocess.run(sys.argv[1:], capture_output=True).stdout)"


def namespace(words):
    if words[0] == "sh":
        program("bwrap")
    command = (sys.executable, "-c", STARTS, *words, *WORK)
    env = {"SIM_LEDGER": None}
    for done in (run(*command, env=env), Run(command, env, output=False)):
        if b"work" not in done.stdout:
            raise Skip(f"there are no such namespaces here {done.stderr!r}")
        report = split_reports(done.stderr)[1][-1]
        expect(not report.startswith(NO), report)
        expect(done.report is None or done.report["verdict"] in ("unknown", "gpu-work"), done.report)


for name, words in NAMESPACES.items():
    add_case(f"{name}, with another folder in the session's place: no NO", namespace, words)


HIDES = """
import ctypes, os, subprocess, sys
libc, folder = ctypes.CDLL(None), os.environ["GPUSPY_DIR"].encode()
mounts = {"mount": lambda: libc.mount(b"x", folder, b"tmpfs", 0, None),
          "syscall": lambda: libc.syscall(MOUNT, b"x", folder, b"tmpfs", 0, None),
          "mount(8)": lambda: os.system("mount -t tmpfs x $GPUSPY_DIR")}
if mounts[sys.argv[1]](): sys.exit(77)
subprocess.run(sys.argv[2:])
for unmount in lambda: libc.umount(folder), lambda: libc.umount2(folder, 2): unmount()
""".replace("MOUNT", {"x86_64": "165", "aarch64": "40"}[os.uname().machine])


@case("a file system is over the session's folder for a while: no NO")
def hidden_for_a_while():
    private = (program("unshare"), "-m", "--propagation", "private")
    for how in ("mount", "syscall", "mount(8)"):
        words = (program("env"), f"LD_PRELOAD={LIBRARY}", sys.executable, "-c", HIDES, how, *WORK)
        done = Run([*private, *words], {"SIM_LEDGER": None}, spied=False, output=False)
        if b"work" not in done.stdout:
            raise Skip(f"no file system can be mounted here {done.stderr!r}")
        report = split_reports(done.stderr)[1][-1]
        expect(report.startswith(UNKNOWN), (how, report))
        expect(done.report is None or done.report["verdict"] == "unknown", (how, done.report))


@case("umount(8) of the session's file system finds it as busy as without gpuspy; a mount elsewhere is nothing")
def unmounts():
    private = (program("unshare"), "-m", "--propagation", "private", program("sh"), "-c")
    words = (program("env"), f"LD_PRELOAD={LIBRARY}", program("sh"), "-c")
    over = f'mount -t tmpfs x "$GPUSPY_DIR"; "$@" \'umount "$GPUSPY_DIR" && echo gone; {sys.executable} -c 1\''
    done = Run([*private, over, "sh", *words], spied=False, output=False)
    if b"gone" not in done.stdout:
        expect(b"permitted" in done.stderr or b"denied" in done.stderr, done.stderr)
        raise Skip(f"no file system can be mounted here {done.stderr!r}")
    elsewhere = f'd=$(mktemp -d); mount -t tmpfs x $d; umount $d; rmdir $d; {sys.executable} -c 1; true'
    done = Run([*private, '"$@"', "sh", *words, elsewhere], spied=False, output=False)
    expect(split_reports(done.stderr)[1][-1].startswith(NO), done.stderr)


def sandbox(how):
    """The namespaces are made by what few programs use."""
    sandboxes = os.path.join(PROCESS, "sandboxes")
    code = "import os, subprocess, sys; sys.exit(subprocess.run([*sys.argv[1:3], os.environ['GPUSPY_DIR'], *sys.argv[3:]]).returncode & 255)"
    done = Run((sys.executable, "-c", code, sandboxes, how, *WORK), {"SIM_LEDGER": None}, output=False)
    if done.status == 77 or b"work" not in done.stdout:
        raise Skip(f"there are no such namespaces here {done.stderr!r}")
    own, owner = split_reports(done.stderr)[1]
    expect(own.startswith(YES) and owner.startswith(UNKNOWN), done.stderr)
    same((done.report["verdict"], done.report["reason"]), ("unknown", "no-record"), "later")


for how in ("clone", "killed", "clone3", "syscall-clone", "unshare", "syscall-unshare", "setns", "unseen"):
    add_case(f"a sandbox by {how}: who started it knows", sandbox, how)


def root_folder(folder):
    """A root folder with the client, the library and what they need, and no more. Before glibc 2.34 the
    library needs libdl."""
    needed = subprocess.run(["ldd", WORK[0], LIBRARY], env={**clean_environment(), "LD_LIBRARY_PATH": SIM_LIB},
                            capture_output=True, check=True, text=True).stdout
    paths = [w for w in needed.split() if w.startswith("/") and not w.endswith(":")] + [WORK[0], LIBRARY]
    for path in paths:
        os.makedirs(os.path.dirname(folder + path), exist_ok=True)
        shutil.copy(path, folder + path)


@case("another root folder, without /proc and the session's folder: who started it knows")
def another_root():
    if os.geteuid() != 0:
        raise Skip("only root can change the root folder")
    changes = "import os, sys; os.chroot(sys.argv[1]); os.chdir('/')\n"
    fork = "if not os.fork():\n    {}os.execv(sys.argv[2], sys.argv[2:])\nos.wait()"
    raw = "import ctypes, os, sys; ctypes.CDLL(None).syscall({}, sys.argv[1].encode()); os.chdir('/')\n"
    number = {"x86_64": 161, "aarch64": 51}[os.uname().machine]
    ways = [("-c", STARTS, program("chroot")),
            ("-c", "import os, sys\n" + fork.format("os.chroot(sys.argv[1]); ")),
            ("-c", changes + fork.format("")),
            ("-c", STARTS, sys.executable, "-c", raw.format(number) + "os.execv(sys.argv[2], sys.argv[2:])")]
    with tempfile.TemporaryDirectory() as folder:
        root_folder(folder)
        for way in ways:
            done = Run((sys.executable, *way, folder, *WORK), {"SIM_LEDGER": None}, output=False)
            expect(b"work" in done.stdout, (way, done.stderr))
            owner = split_reports(done.stderr)[1][-1]
            expect(owner.startswith(UNKNOWN) and b"in another folder, if anywhere" in owner, (way, done.stderr))


@case("nobody has made the session's folder where its owner is, or that of all sessions: UNKNOWN")
def no_folder():
    # The shell has nothing to record, and what it goes on as has.
    asks = 'import ctypes; ctypes.CDLL("libcuda.so.1").cuInit(0)'
    for hidden, prepare in (("$GPUSPY_DIR", None),
                            ("${GPUSPY_DIR%/*}", lambda run_: os.rmdir(run_.gpuspy_dir))):
        script = f"""{program("bwrap")} --dev-bind / / --tmpfs "{hidden}" "$@"; exec "$0" -c '{asks}'"""
        done = Run((program("sh"), "-c", script, sys.executable, *WORK), {"SIM_LEDGER": None},
                   output=False, prepare=prepare)
        if b"work" not in done.stdout:
            raise Skip(f"there are no such namespaces here {done.stderr!r}")
        reports = split_reports(done.stderr)[1]
        same((len(reports), done.report["verdict"]), (1, "unknown"), (hidden, done.stderr))
        expect(reports[0].startswith(UNKNOWN), reports)


@case("a user namespace without users, and each user has a folder of sessions: no NO")
def no_users():
    words = ("unshare", "-U", "sh", "-c", '"$@"; true', "sh", *WORK)
    command = (sys.executable, "-c", STARTS, *words)
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "gpuspy.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"folder = {folder}/gpuspy-%u\n")
        env = {"SIM_LEDGER": None, "GPUSPY_DIR": None, "GPUSPY_CONFIG": config}
        for done in (run(*command, env=env), Run(command, env, output=False)):
            if b"work" not in done.stdout:
                raise Skip(f"there are no such namespaces here {done.stderr!r}")
            report = split_reports(done.stderr)[1][-1]
            expect(not report.startswith(NO), report)


@case("another user by what nobody sees, and then another program: no NO")
def unseen_user():
    need_another_user()
    numbers = {"x86_64": (106, 105), "aarch64": (144, 146)}[os.uname().machine]
    become = ("import ctypes, os, sys\nlibc = ctypes.CDLL('libc.so.6')\n"
              f"for number in {numbers}: libc.syscall(number, 65534)\n"
              "words = [w.encode() for w in sys.argv[1:]]\n"
              "libc.execv(words[0], (ctypes.c_char_p * (len(words) + 1))(*words))")
    command = (sys.executable, "-c", STARTS, sys.executable, "-c", become, *WORK)
    private = (program("unshare"), "-m", "--propagation", "private", program("sh"), "-c",
               'mount -t tmpfs -o mode=1777 x /dev/shm && exec "$@"', "sh")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o1777)
        config = os.path.join(folder, "gpuspy.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"folder = {folder}/of-%u-s/gpuspy\n")
        for env in {}, {"GPUSPY_DIR": None}, {"GPUSPY_DIR": None, "GPUSPY_CONFIG": config}:
            env = {"SIM_LEDGER": None, **env}
            preload = (program("env"), f"LD_PRELOAD={LIBRARY}")
            for done in (run(*command, env=env, prefix=private, output=False),
                         Run([*private, *preload, *command], env, spied=False, output=False)):
                if b"work" not in done.stdout:
                    raise Skip(f"it cannot be done here {done.stderr!r}")
                report = split_reports(done.stderr)[1][-1]
                expect(report.startswith(UNKNOWN), (env, done.stderr))


@case("in a mount namespace that has the session's folder, all is as without one")
def same_folder():
    words = (program("unshare"), "-m", "sh", "-c", '"$@"; true', "sh", *WORK)
    done = run(sys.executable, "-c", STARTS, *words)
    if b"work" not in done.stdout:
        raise Skip("there are no namespaces here")
    same(done.status, 0, done.stderr)
    same_counts(done.report, done.ledger)
    done = run(sys.executable, "-c", STARTS, *words[:6], program("true"))
    same(done.status, 3, done.stderr)


# Programs that the command starts without the library.

UNWATCHED = {
    "env -i in a script": 'env -i "$0" "$1"; true',
    "LD_PRELOAD= in a script": 'LD_PRELOAD= "$0" "$1"; true',
    "GPUSPY_DISABLE=1 in a script": 'GPUSPY_DISABLE=1 "$0" "$1"; true',
    "unset in a script": '(unset LD_PRELOAD; "$0" "$1"); true',
    "another folder in a script": 'GPUSPY_DIR=/dev/null/folder LD_PRELOAD= "$0" "$1"; true',
}


def unwatched(script, env=None):
    done = run(program("sh"), "-c", script, *WORK, env={"SIM_LEDGER": None, **(env or {})})
    expect(b"was not loaded into 1 program " in unknown(done, reason="no-record"), done.stderr)
    same(done.status, 4, "status")


for name, script in UNWATCHED.items():
    add_case(name, unwatched, script)


@case("children of Python without the variable, by every way to start one")
def python_children():
    for how in ("subprocess.run([w, a], env={})", "os.posix_spawn(w, [w, a], {})",
                "os.waitpid(os.spawnve(os.P_NOWAIT, w, [w, a], {}), 0)",
                "os.environ.clear(), os.system(w + ' ' + a)",
                "os.environ.clear(), os.popen(w + ' ' + a).read()"):
        code = f"import os, subprocess, sys; w, a = sys.argv[1:]; {how}"
        done = run(sys.executable, "-c", code, *WORK, env={"SIM_LEDGER": None})
        expect(b"was not loaded into 1 program " in unknown(done), how)


@case("by execl, execlp, execle, execv, execvp, execvpe and fexecve, with all arguments, popen and system")
def exec_family():
    starter = os.path.join(PROCESS, "executes")
    for how in ("execl", "execlp", "execle", "execv", "execvp", "execvpe", "fexecve", "execve"):
        plain = run(program("sh"), "-c", '"$0" "$1" "$2" one two three; true', starter, how, "keep")
        same((plain.stdout, plain.status), (b"one two three\n", 3), how)
        done = run(program("sh"), "-c", '"$0" "$1" "$2" "$3" "$4"; true', starter, how, "clear", *WORK,
                   env={"SIM_LEDGER": None})
        expect(b"was not loaded into 1 program " in unknown(done), (how, done.stderr))
    for how in ("popen", "system"):
        for keep, status in (("keep", 3), ("clear", 4)):
            done = run(program("sh"), "-c", '"$0" "$1" "$2" "$3" "$4"; true', starter, how, keep, "exit", "0")
            same(done.status, status, (how, keep, done.stderr))


@case("programs are started while other threads load and unload libraries")
def beside_loads():
    done = Run([os.path.join(PROCESS, "loads"), os.path.join(PROCESS, "ends.so"), "100"],
               spied=True, output=False)
    same((done.status, done.stdout), (0, b"0\n"), "how many ended badly")


def static_that_names_a_driver(folder, end=b"\0libcuda.so.1\0"):
    path = os.path.join(PROCESS, "static")
    if not os.path.exists(path):
        raise Skip("no static program can be built here")
    other = os.path.join(folder, "other")
    shutil.copy(path, other)
    with open(other, "ab") as file:
        file.write(end)
    return other


@case("a static program in a script: nobody knows, if it names a driver")
def static_inside():
    with tempfile.TemporaryDirectory() as folder:
        done = run(program("sh"), "-c", '"$0"; true', static_that_names_a_driver(folder, b""))
        same(done.status, 3, f"one that can do nothing {done.stderr!r}")
        for end in (b"\0libcuda.so.1\0", b"lib/dev/" * 300000 + b"/dev/nvidia0\0", b"llibnv"):
            done = run(program("sh"), "-c", '"$0"; true', static_that_names_a_driver(folder, end))
            expect(b"was not loaded into 1 program " in unknown(done), (end[-20:], done.stderr))


def in_other_namespaces(words, owner, evidence):
    """In the end `words` start a static program that names a driver."""
    with tempfile.TemporaryDirectory() as folder:
        done = Run((*owner, *words, static_that_names_a_driver(folder)), {"SIM_LEDGER": None}, output=False)
        if b"unshare failed" in done.stderr:
            raise Skip(f"there are no such namespaces here ({done.stderr!r})")
        same(done.status, 0, f"status ({done.stderr!r})")
        report = split_reports(done.stderr)[1][-1]
        expect(report.startswith(UNKNOWN) and evidence in report, done.stderr)


def starts_in_a_namespace(*starter):
    owner = (sys.executable, "-c", "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))")
    in_other_namespaces((program("unshare"), "--pid", *starter), owner, b"in another folder, if anywhere")


for how, code in {"system": "os.system(sys.argv[1])", "popen": "ctypes.CDLL(None).popen(sys.argv[1].encode(), b'r')",
                  "posix_spawn": "os.waitpid(os.posix_spawn('/bin/sh', ['sh', '-c', sys.argv[1] + '; true'], os.environ), 0)"}.items():
    add_case(f"a program that is started by {how} in another namespace of processes", starts_in_a_namespace,
             sys.executable, "-c", f"import ctypes, os, sys; {code}")
add_case("a shell's child by vfork(2), in another namespace of processes, tells the shell", starts_in_a_namespace,
         program("sh"), "-c", '"$0"; true')


@case("a thread that alone has children in another namespace of processes: no NO")
def thread_of_another():
    code = """import ctypes, os, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def work():
    if libc.unshare(0x20000000):
        print("unshare failed:", os.strerror(ctypes.get_errno()), file=sys.stderr)
    else:
        os.system(sys.argv[1])
thread = threading.Thread(target=work)
thread.start()
thread.join()"""
    in_other_namespaces((), (sys.executable, "-c", code), b"in another folder, if anywhere")


FIRST = """import ctypes, os, sys
if len(sys.argv) < 2:
    ctypes.CDLL("libcuda.so.1")
if ctypes.CDLL(None, use_errno=True).unshare(0x20000000):
    print("unshare failed:", os.strerror(ctypes.get_errno()), file=sys.stderr)
elif not os.fork():
    print(os.getpid(), flush=True)
    if sys.argv[1:]:
        os.execv(sys.argv[1], sys.argv[1:])
    os._exit(0)
else:
    os.wait()
"""


@case("a child of process 1 that is process 1 elsewhere is not its parent: no report of its own, and no NO")
def first_of_two():
    inside = (program("unshare"), *([] if os.geteuid() == 0 else ["-r"]), "--pid", "--fork", "--mount-proc")
    for words, verdict in ((), b"gpuspy: GPU work: NO"), (WORK, UNKNOWN):
        done = Run((*inside, program("sh"), "-c", 'LD_PRELOAD="$0"; export LD_PRELOAD; exec "$@"', LIBRARY,
                    sys.executable, "-c", FIRST, *words), {"SIM_LEDGER": None}, spied=False, output=False)
        if b"unshare" in done.stderr:
            raise Skip(f"there are no such namespaces here ({done.stderr!r})")
        reports = split_reports(done.stderr)[1]
        same((done.stdout[:2], len(reports)), (b"1\n", 1 + len(words[:1])), f"number, reports ({done.stderr!r})")
        expect(reports[-1].startswith(verdict), done.stderr)


@case("another namespace of users, and the session has no folder yet: no NO")
def users_without_folder():
    in_other_namespaces((program("unshare"), "--user"), (program("sh"), "-c", '"$@"; "$0" -c pass; true', sys.executable),
                        b"in another folder, if anywhere")


@case("who has forked into another namespace of processes has ended before its child starts a program: no NO")
def namespace_of_an_ended():
    wait = "import os, sys, time\nif not os.fork():\n    time.sleep(1)\n    os.execv(sys.argv[1], sys.argv[1:])"
    in_other_namespaces((program("unshare"), "--pid", sys.executable, "-c", wait),
                        (program("sh"), "-c", '"$@"; sleep 3; true', "sh"), b"was not loaded into 1 program")


@case("a static program that has others start programs, known by its name")
def static_launcher():
    path = os.path.join(PROCESS, "static")
    if not os.path.exists(path):
        raise Skip("no static program can be built here")
    with tempfile.TemporaryDirectory() as folder:
        for name, status in (("podman", 4), ("apptainer", 4), ("gosu", 4), ("another", 3)):
            shutil.copy(path, os.path.join(folder, name))
            done = run(program("sh"), "-c", f'PATH="$0"; {name}; true', folder)
            same(done.status, status, (name, done.stderr))


@case("the code of a static program is passed over where its constants are apart: it is most of it")
def static_code():
    path = os.path.join(PROCESS, "static")
    if not os.path.exists(path):
        raise Skip("no static program can be built here")
    with open(path, "rb") as file:
        image = bytearray(file.read())
    at, count = struct.unpack_from("<Q", image, 32)[0], struct.unpack_from("<H", image, 56)[0]
    parts = [struct.unpack_from("<IIQQQQQQ", image, at + i * 56) for i in range(count)]
    code = [p for p in parts if p[0] == 1 and p[1] & 1]
    if os.uname().machine != "x86_64" or not any(p[0] == 1 and p[1] == 4 and p[2] for p in parts):
        raise Skip("constants are not apart here")
    with tempfile.TemporaryDirectory() as folder:
        other = os.path.join(folder, "other")
        shutil.copy(path, other)
        for part, status in (code[0], 3), ([p for p in parts if p[0] == 1 and p[1] == 4 and p[2]][0], 4):
            changed = bytearray(image)
            end = part[2] + part[5]
            changed[end - 16:end] = b"\0/dev/nvidia0\0\0\0"
            with open(other, "wb") as file:
                file.write(changed)
            same(run(program("sh"), "-c", '"$0"; true', other).status, status, f"flags {part[1]}")


@case("a program that is not there is not started")
def not_there():
    become = "preexec_fn=lambda: os.setuid(65534)" if os.geteuid() == 0 else "env={}"
    for how, path in (("env={}", "/nowhere/at/all"), (become, "/nowhere/at/all"), ("env={}", "/tmp"),
                      ("env={}", __file__)):
        if os.path.isfile(path) and os.stat(path).st_mode & 0o111:
            continue
        code = f"import os, subprocess\ntry: subprocess.run([{path!r}], {how})\nexcept OSError: pass"
        done = Run((sys.executable, "-c", code), output=False)
        expect(split_reports(done.stderr)[1][-1].startswith(NO), (how, done.stderr))


@case("what can do nothing may be started as it likes")
def harmless():
    for script in ("env -i true; true", "env -i ls >/dev/null; true", "LD_PRELOAD= true; true", "/sbin/ldconfig -p >/dev/null; true"):
        done = run(program("sh"), "-c", script)
        same(done.status, 3, f"{script}: {done.stderr!r}")
    with tempfile.TemporaryDirectory() as folder:
        needs = os.path.join(folder, "needs")
        # Names of the same length in the tables of programs that are there; it need not start.
        own, other, libc = b"my_dlopen", b"tail_of_dlopen", b"\0libc.so.6\0"
        for program_, names, status in (
                (program("true"), {}, 3), (program("true"), {libc: b"\0libm.so.6\0"}, 4),
                (os.path.join(PROCESS, "needs"), {b"\0needed.so\0": b"\0libz.so.1\0"}, 3),
                (os.path.join(PROCESS, "needs"), {b"\0needed.so\0": b"\0libz.so.2\0"}, 4),
                (os.path.join(PROCESS, "tail"), {}, 4),
                (os.path.join(PROCESS, "tail"), {own: b"my_nothin", other: b"tail_of_nothin"}, 3),
                (os.path.join(PROCESS, "tail"), {own: b"my_nothin", other: b"crosscall2".ljust(14, b"\0")}, 4)):
            with open(program_, "rb") as file:
                image = file.read()
            for name, becomes in names.items():
                same((len(name), image.count(name) > 0), (len(becomes), True), f"{name} in {program_}")
                image = image.replace(name, becomes)
            with open(needs, "wb") as file:
                file.write(image)
            os.chmod(needs, 0o755)
            done = run(program("sh"), "-c", 'env -i "$0"; true', needs)
            same(done.status, status, f"{program_}, {names}: {done.stderr!r}")


@case("a static program may start others: they have its environment")
def static_starts():
    path = os.path.join(PROCESS, "static")
    if not os.path.exists(path):
        raise Skip("no static program can be built here")
    for before, status in (("", 3), ("env -i ", 4), ("LD_PRELOAD= ", 4), ("unset GPUSPY_SESSION GPUSPY_RUN; ", 4)):
        script = f'{sys.executable} -c pass; {before}"$0"; true'
        same(run(program("sh"), "-c", script, path).status, status, script)
        done = Run([program("sh"), "-c", script, path], output=False)
        expect(split_reports(done.stderr)[1][-1].startswith(NO if status == 3 else UNKNOWN), (script, done.stderr))


GO = """package main
import ("net"; "os"; "os/exec")
func main() {
	net.LookupHost("localhost")
	command := exec.Command(os.Args[1], os.Args[2:]...)
	command.Stdout = os.Stdout
	if command.Run() != nil { os.Exit(1) }
}
"""


@case("a program of Go's starts others without libc: they have its environment")
def go_starts():
    if not shutil.which("go"):
        raise Skip("there is no go")
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "main.go")
        with open(source, "w", encoding="ascii") as file:
            file.write(GO)
        for build in (("CGO_ENABLED=1",), ("CGO_ENABLED=0",), ("CGO_ENABLED=0", "-buildmode=pie")):
            starter = os.path.join(folder, "starter")
            subprocess.run(["env", build[0], f"HOME={folder}", f"GOCACHE={folder}/cache", "go", "build", *build[1:],
                            "-o", starter, source], check=True, capture_output=True)
            for before, status in (("", 0), ("env -i ", 4), ("LD_PRELOAD= ", 4), ("unset GPUSPY_SESSION GPUSPY_RUN; ", 4)):
                script = f'{sys.executable} -c pass; {before}"$@"; true'
                done = run(program("sh"), "-c", script, "sh", starter, *WORK)
                same(done.status, status, (build, before, done.stderr))


@case("without gpuspy run: the session's owner knows of it too")
def unwatched_preloaded():
    python = f"{sys.executable} -c pass"
    for script in (f'env -i "$0" "$1"; {python}', f'{python}; LD_PRELOAD= "$0" "$1"',
                   f'GPUSPY_DIR=/dev/null/folder GPUSPY_REPORT=never "$0" "$1"; {python}'):
        done = Run([program("sh"), "-c", script + "; true", *WORK], {"SIM_LEDGER": None},
                   output=False)
        reports = split_reports(done.stderr)[1]
        same(len(reports), 1, done.stderr)
        expect(reports[0].startswith(UNKNOWN), reports[0])


def with_device_files():
    """For run(): another /dev, with a file of a GPU's in it, and one that is none."""
    setup = ("mount -t tmpfs x /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/zero c 1 5 && "
             "touch /dev/nvidiactl /dev/other")
    return (program("unshare"), "-m", "--propagation", "private", program("sh"), "-c",
            f'{setup} || exit 99; exec "$@"', "sh")


@case("a driver is missing, and gpuspy itself looks at the device files that are there")
def own_look():
    code = "import ctypes\ntry:\n    ctypes.CDLL('libcuda.so.1')\nexcept OSError:\n    pass"
    done = run(sys.executable, "-c", code, env={"LD_LIBRARY_PATH": None, "SIM_LEDGER": None},
               prefix=with_device_files())
    if done.status in (1, 99):
        raise Skip(f"no file system can be mounted here {done.stderr!r}")
    same(done.status, 3, done.stderr)
    expect(b"libcuda.so.1) is missing" in done.stderr, done.stderr)


@case("a program opens a GPU's device files itself, and nobody is there to look at its end")
def raw_files():
    prefix = with_device_files()
    opens = os.path.join(PROCESS, "opens")
    script = '"$0" "$1" "$2" "$3"; true'
    ways = ("open", "openat", "syscall", "fopen", "open64", "openat64", "fopen64", "__open_2", "__open64_2",
            "__openat_2", "__openat64_2")
    for how in ways:
        for where in ("self", "self-kill", "child", "child-raw", "child-kill") if how in ways[:4] else ("child-kill",):
            words = (program("sh"), "-c", script, opens)
            done = run(*words, "/dev/other", how, where, prefix=prefix)
            if done.status in (1, 99):
                raise Skip(f"no file system can be mounted here {done.stderr!r}")
            same(done.status, 3, f"another file, {how} {where}: {done.stderr!r}")
            done = run(*words, "/dev/nvidiactl", how, where, prefix=prefix)
            same(done.status, 4, f"{how} {where}: {done.stderr!r}")
            expect(b"opened the GPU's device files" in done.stderr, done.stderr)
    # A program that has nothing to count, and so is not watched till then.
    for file, verdict in (("/dev/other", NO), ("/dev/nvidiactl", UNKNOWN), ("nvidiactl", UNKNOWN), ("other", NO),
                          ("/dev//nvidiactl", UNKNOWN), ("./nvidiactl", UNKNOWN), ("/dev/link", UNKNOWN)):
        done = Run([*prefix, program("env"), "-C", "/dev", f"LD_PRELOAD={LIBRARY}", program("sh"), "-c",
                    f"ln -s nvidiactl link; cat {file}; {sys.executable} -c pass; true"], spied=False, output=False)
        reports = split_reports(done.stderr)[1]
        same(len(reports), 1, done.stderr)
        expect(reports[0].startswith(verdict), (file, reports[0]))


@case("files that a watched program makes have the mode that it asked for")
def modes():
    with tempfile.TemporaryDirectory() as folder:
        done = run(os.path.join(PROCESS, "opens"), os.path.join(folder, "file"), "make")
        same(done.stdout.split(), [b"604", b"614", b"624", b"634"], "modes")


# What lives on.

@case("a process that outlives the command: so far is no NO")
def outlives():
    with tempfile.TemporaryDirectory() as folder:
        waits = f"while [ -d {folder} ]; do sleep 0.05; done"
        for script in (f"({waits}) >/dev/null 2>&1 &", f"env -i sh -c '{waits}' >/dev/null 2>&1 &"):
            report = unknown(run(program("sh"), "-c", script))
            expect(b"went on" in report, report)
        script = f'({waits}) >/dev/null 2>&1 & "$0" "$1"'
        done = run(program("sh"), "-c", script, *WORK)
        same(done.status, 0, done.stderr)
        expect(b"at least" in split_reports(done.stderr)[1][-1], done.stderr)


@case("a program without the library is not forgotten when gpuspy run is killed")
def run_is_killed():
    shell = '"$2" -c 1; env -i "$0" "$1" >/dev/null; kill -9 $PPID'
    done = run(program("sh"), "-c", shell, *WORK, sys.executable)
    same(done.status, -9, done.stderr)
    same((done.report["verdict"], done.report["reason"]), ("unknown", "no-record"), "later")


@case("a helper that ends with the command is waited for")
def helper():
    for _ in range(SLOWER):  # it is not waited for without end, and where all is slow takes longer
        done = run(program("sh"), "-c", "sleep 0.05 >/dev/null 2>&1 &")
        if done.status == 3:
            return
    expect(False, done.stderr)


@case("with kernels that were seen, it is a YES")
def seen():
    shell = 'GPUSPY_DIR=/etc/passwd "$0" "$1" >/dev/null 2>&1; "$0" "$1"'
    done = run(program("sh"), "-c", shell, *WORK, env={"SIM_LEDGER": None})
    same(done.status, 0, f"status {done.stderr!r}")
    done = Run([GPUSPY, "run", "--require=2", "sh", "-c", shell, *WORK], {"SIM_LEDGER": None},
               spied=False)
    same(done.status, 4, "two are asked for, and one was seen")
    shell = '"$0" "$1"; "$0" "$1"'
    for kernels, status in ((1, 0), (2, 0), (3, 3)):
        done = Run([GPUSPY, "run", f"--require={kernels}", "sh", "-c", shell, *WORK], spied=False)
        same(done.status, status, f"{kernels} are asked for")
        same_counts(done.report, done.ledger)


@case("GPUSPY_REPORT=never: the process is silent, too")
def never():
    done = run(*WORK, env={"SIM_LEDGER": None, "GPUSPY_DIR": "/etc/passwd",
                           "GPUSPY_REPORT": "never"})
    same((done.status, done.stderr), (4, b""), "status and standard error")


if __name__ == "__main__":
    main()
