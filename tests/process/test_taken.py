"""What a program that is started takes along of the library and of the session: where one of them is
lost on the way, nobody in the session sees what it does, and a NO would be a guess."""

import os
import shutil
import struct
import sys
import tempfile

from common import (GPUSPY, LIBRARY, Run, Skip, add_case, as_nobody, case, client, expect, main, need_another_user,
                    program, same, split_reports)

WORK = (client("client-outcome"), "work")
YES, UNKNOWN, NO = (b"gpuspy: GPU work: " + word for word in (b"YES", b"UNKNOWN", b"NO"))


PYTHON = f"{sys.executable} -c pass; "  # without anybody like that a shell ends in silence


def both(*words, before=(), **options):
    """Under gpuspy run, and with the library alone: (status of --require, standard error)."""
    for starts in (GPUSPY, "run", "--require"), (program("env"), f"LD_PRELOAD={LIBRARY}"):
        done = Run([*before, *starts, *words], {"SIM_LEDGER": None}, spied=False, output=False, **options)
        yield done.status if starts[0] == GPUSPY else None, done.stderr


def of_another_user():
    """Who starts what an ordinary user starts, and a program of which there is always a report."""
    python = "/usr/bin/python3"
    if not os.path.exists(python):
        raise Skip(f"there is no {python}")
    return need_another_user(), python + " -c pass; "


def last_word(words, word, evidence=b"", status=4, **options):
    for ended, text in both(*words, **options):
        report = split_reports(text)[1][-1]
        expect(report.startswith(word) and evidence in report, (words, text))
        expect(ended in (None, status), (words, ended))


# The session is lost: the process has one of its own.

KEPT = 'LD_PRELOAD="$LD_PRELOAD" LD_LIBRARY_PATH="$LD_LIBRARY_PATH" GPUSPY_DIR="$GPUSPY_DIR"'
LOST = {
    "env -i, and the library given anew": f'env -i {KEPT} "$@"; true',
    "no session": 'unset GPUSPY_SESSION GPUSPY_RUN; "$@"; true',
    "another session": 'unset GPUSPY_RUN; GPUSPY_SESSION=part1 "$@"; true',
    "another owner": 'unset GPUSPY_RUN; GPUSPY_SESSION=1-2-3 "$@"; true',
}


def lost(script):
    words = (program("sh"), "-c", PYTHON + script, "sh")
    last_word((*words, *WORK), UNKNOWN, b"in another folder, if anywhere, is the record of 1 process")
    last_word((*words, program("true")), NO, status=3)


for name, script in LOST.items():
    add_case(name, lost, script)


@case("an environment that a program makes, with the library in it alone")
def made():
    keep = "{k: v for k, v in os.environ.items() if not k.startswith('GPUSPY') or k == 'GPUSPY_DIR'}"
    for how in (f"subprocess.run(sys.argv[1:], env={keep})", f"os.execve(sys.argv[1], sys.argv[1:], {keep})",
                f"os.waitpid(os.posix_spawn(sys.argv[1], sys.argv[1:], {keep}), 0)"):
        for stderr in ("", "os.dup2(os.open('/dev/null', 1), 2); " if "run" in how else ""):
            code = f"import os, subprocess, sys; kept = os.dup(2); {stderr}{how}; os.dup2(kept, 2)"
            if "execve" in how:
                code = f"import os, sys\nif os.fork() == 0: {how}\nos.wait()"
            last_word((sys.executable, "-c", code, *WORK), UNKNOWN, b"is the record of 1 process")


@case("the session stays where its variables do, also one that the user named")
def kept():
    script = 'env -i $0 GPUSPY_SESSION="$GPUSPY_SESSION" GPUSPY_OWNER="$GPUSPY_OWNER" "$@"; true'
    for env in {}, {"GPUSPY_SESSION": "mine"}:
        for folder in "", 'GPUSPY_RUN="$GPUSPY_RUN"':
            words = (program("sh"), "-c", script.replace("$0", f"{KEPT} {folder}"), "sh", *WORK)
            done = Run(words, {"SIM_LEDGER": None, **env}, output=False)
            reports = split_reports(done.stderr)[1]
            expect(len(reports) == 1 and reports[0].startswith(YES) and b"least" not in reports[0], done.stderr)


@case("a folder is the same however it is spelled")
def spelled():
    with tempfile.TemporaryDirectory() as folder:
        for at_first in folder + "//", f"/.{folder}", f"//{folder}/.":
            for later in "$GPUSPY_DIR", folder, folder + "/./":
                for words, word, status in (WORK, YES, 0), ((sys.executable, "-c", "pass"), NO, 3):
                    script = f'{PYTHON}GPUSPY_DIR={later} "$@"; true'
                    last_word((program("sh"), "-c", script, "sh", *words), word, status=status,
                              before=("env", f"GPUSPY_DIR={at_first}"))


@case("gpuspy run inside of a session has one of its own: the outer one knows of what it does not know")
def nested():
    for words, word, status in ((WORK, UNKNOWN, 4), ((client("client-outcome"), "idle", "return"), NO, 3)):
        for script in ('"$@" 2>/dev/null; true', PYTHON + '"$@" 2>/dev/null; true'):
            inner = (program("sh"), "-c", script, "sh", GPUSPY, "run", *words)
            done = Run([GPUSPY, "run", "--require", *inner], {"SIM_LEDGER": None}, spied=False, output=False)
            reports = split_reports(done.stderr)[1]
            expect(done.status == status and len(reports) == 1 and reports[0].startswith(word), (inner, done.stderr))
        done = Run(inner, {"SIM_LEDGER": None}, output=False)
        reports = split_reports(done.stderr)[1]
        expect(len(reports) == 1 and reports[0].startswith(word), (inner, done.stderr))
        # As the command itself.
        for inner in (GPUSPY, "run", *words), (GPUSPY, "record", "-o", "/dev/null", "--", *words):
            done = Run([GPUSPY, "run", "--require", *inner], {"SIM_LEDGER": None}, spied=False, output=False)
            report = split_reports(done.stderr)[1][-1]
            expect(done.status == status and report.startswith(word), (inner, done.stderr))
            expect(b"did not begin" not in report, report)
    # One that is killed has told it before, and one that starts nothing takes it back.
    for inner, word in (("sh", "-c", "kill -9 $PPID"), UNKNOWN), (("/nonexistent/x",), NO):
        done = Run([GPUSPY, "run", GPUSPY, "run", *inner], {"SIM_LEDGER": None}, spied=False, output=False)
        expect(split_reports(done.stderr)[1][-1].startswith(word), (inner, done.stderr))
    # In a session that the user named it is the same one.
    done = Run([GPUSPY, "run", "--require", program("sh"), "-c", '"$@" 2>/dev/null; true', "sh", GPUSPY, "run", *WORK],
               {"SIM_LEDGER": None, "GPUSPY_SESSION": "mine"}, spied=False, output=False)
    expect(done.status == 0 and split_reports(done.stderr)[1][-1].startswith(YES), done.stderr)


# Whatever function it is started by.

BY_CALL = """import ctypes, os, sys
libc = ctypes.CDLL(None)
def array(words): return (ctypes.c_char_p * (len(words) + 1))(*words, None)
path, words = os.fsencode(sys.argv[1]), array([os.fsencode(word) for word in sys.argv[1:]])
env = array([k + b"=" + v for k, v in os.environb.items() if k != b"LD_PRELOAD"])
folder, name = os.open(os.path.dirname(path), os.O_PATH), os.path.basename(path)
itself = os.open(path, os.O_RDONLY)
if os.fork() == 0:
    HOW
    os._exit(1)
os.wait()
"""
EXECVE, EXECVEAT = (59, 322) if os.uname().machine == "x86_64" else (221, 281)


@case("by execveat(2), and by system calls of the program's own")
def by_call():
    for how in ("libc.execveat(-100, path, words, env, 0)", "libc.execveat(folder, name, words, env, 0)",
                "libc.execveat(itself, b'', words, env, 0x1000)", f"libc.syscall({EXECVE}, path, words, env)",
                f"libc.syscall({EXECVEAT}, folder, name, words, env, 0)",
                f"libc.syscall({EXECVEAT}, itself, b'', words, env, 0x1000)"):
        code = BY_CALL.replace("HOW", how)
        not_loaded((sys.executable, "-c", code, *WORK))
        last_word((sys.executable, "-c", code, program("true")), NO, status=3)
        last_word((sys.executable, "-c", code.replace('b"LD_PRELOAD"', 'b""'), *WORK), YES, status=0)


@case("by wordexp(3)")
def words_of_a_shell():
    code = ("import ctypes, os, sys\n"
            "libc, result = ctypes.CDLL(None), ctypes.create_string_buffer(1024)\n"
            "os.environ.pop('LD_PRELOAD' if sys.argv[3:] else '', None)\n"
            "print(libc.wordexp(f'$({sys.argv[1]} {sys.argv[2]})'.encode(), result, 0))")
    not_loaded((sys.executable, "-c", code, *WORK, "lost"))
    last_word((sys.executable, "-c", code, *WORK), YES, status=0)


# ld.so does not find the library.

def not_loaded(words, **options):
    last_word(words, UNKNOWN, b"was not loaded into 1 program ", **options)


@case("LD_PRELOAD with a path that is not there, or not there any more")
def gone():
    for value in ("/nowhere/libgpuspy.so", "nowhere/libgpuspy.so", "libgpuspy-nowhere.so:/nowhere/libgpuspy.so", ""):
        not_loaded((program("sh"), "-c", PYTHON + f'LD_PRELOAD={value} "$@" 2>/dev/null; true', "sh", *WORK))
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "libgpuspy.so")
        shutil.copy(LIBRARY, copy)
        done = Run((program("sh"), "-c", PYTHON + 'rm "$0"; "$@" 2>/dev/null; true', copy, *WORK),
                   {"LD_PRELOAD": copy, "SIM_LEDGER": None}, spied=False, output=False)
        expect(UNKNOWN in done.stderr, done.stderr)


@case("a relative path is meant from where a program is started")
def relative():
    folder, file = os.path.split(LIBRARY)
    for change, word in (("", YES), ("cd /; ", UNKNOWN)):
        script = f'{PYTHON}{change}"$@" 2>/dev/null; true'
        done = Run((program("env"), "-C", folder, f"LD_PRELOAD=./{file}", program("sh"), "-c", script, "sh", *WORK),
                   {"SIM_LEDGER": None}, spied=False, output=False)
        reports = split_reports(done.stderr)[1]
        expect(len(reports) == 1 and reports[0].startswith(word), (change, done.stderr))


@case("the bare name needs the folder in LD_LIBRARY_PATH where it was found by that")
def bare():
    path = os.environ.get("LD_LIBRARY_PATH", "")
    with tempfile.TemporaryDirectory() as folder:
        name = "libgpuspy-copy.so"
        shutil.copy(LIBRARY, os.path.join(folder, name))
        for change, word in (("", YES), (f"LD_LIBRARY_PATH=/nowhere:{folder}/:/tmp:{path}; ", YES),
                             (f"LD_LIBRARY_PATH={path}; ", UNKNOWN)):
            done = Run((program("sh"), "-c", f'{PYTHON}{change}"$@" 2>/dev/null; true', "sh", *WORK),
                       {"LD_PRELOAD": name, "LD_LIBRARY_PATH": f"{folder}:{path}", "SIM_LEDGER": None},
                       spied=False, output=False)
            reports = split_reports(done.stderr)[1]
            expect(len(reports) == 1 and reports[0].startswith(word), (change, done.stderr))


@case("of two LD_PRELOAD in an environment ld.so takes the last one")
def twice():
    execute = ("import ctypes, os, sys\n"
               "libc = ctypes.CDLL(None)\n"
               "def array(words): return (ctypes.c_char_p * (len(words) + 1))(*words, None)\n"
               "env = [k + b'=' + v for k, v in os.environb.items()]\n"
               "env = {}\n"
               "if os.fork() == 0: libc.execve(sys.argv[1].encode(), array([a.encode() for a in sys.argv[1:]]), array(env))\n"
               "os.wait()")
    not_loaded((sys.executable, "-c", execute.format("env + [b'LD_PRELOAD=']"), *WORK))
    last_word((sys.executable, "-c", execute.format("[b'LD_PRELOAD='] + env"), *WORK), YES, status=0)


# ld.so takes no library along.

@case("a program with capabilities of its file, started by an ordinary user")
def capabilities():
    before, python = of_another_user()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "work")
        shutil.copy(WORK[0], path)
        started = (program("sh"), "-c", python + '"$@"; true', "sh", path, *WORK[1:])
        last_word(started, YES, status=0, before=before, prepare=as_nobody)
        try:
            os.setxattr(path, "security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))
        except OSError as error:
            raise Skip(f"files have no capabilities here: {error}") from error
        if os.statvfs(folder).f_flag & os.ST_NOSUID:
            raise Skip("files' capabilities are nothing in " + folder)
        not_loaded(started, before=before, prepare=as_nobody)
        # Root gains nothing by them.
        last_word(started, YES, status=0)


@case("a setuid program that may be run and not be read")
def unreadable():
    before, python = of_another_user()
    with tempfile.TemporaryDirectory() as folder:
        if os.statvfs(folder).f_flag & os.ST_NOSUID:
            raise Skip("there are no setuid programs in " + folder)
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "work")
        shutil.copy(WORK[0], path)
        for mode, word, status in ((0o711, YES, 0), (0o4711, UNKNOWN, 4)):
            os.chmod(path, mode)
            last_word((program("sh"), "-c", python + '"$@"; true', "sh", path, *WORK[1:]), word, status=status,
                      before=before, prepare=as_nobody)


if __name__ == "__main__":
    main()
