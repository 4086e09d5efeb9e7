"""gpuspy run: what a process keeps over an exec and its child does not get by a fork is the command's."""

import os
import select
import signal
import subprocess
import sys
import tempfile

from common import GPUSPY, SLOWER, Run, case, expect, main, same, split_reports

# The rest of a program of Python's: it becomes what its arguments say.
BECOMES = "\nimport os, sys\nos.execvp(sys.argv[1], sys.argv[1:])"


def kept(before, command):
    """What `command` prints, and its status, where `before` and an exec came before it."""
    words = [sys.executable, "-c", before + BECOMES]
    plain, watched = (Run([*words, *gpuspy, sys.executable, "-c", command], spied=False)
                      for gpuspy in ((), (GPUSPY, "run")))
    status = plain.status if plain.status >= 0 else 128 - plain.status
    same((watched.stdout, watched.status), (plain.stdout, status), "with gpuspy and without")
    return watched.stdout, status


@case("timers that the caller set are the command's: they go off, can be read, and can be cancelled")
def timers():
    works = f"import time; end = time.monotonic() + {10 * SLOWER}\nwhile time.monotonic() < end: pass"
    for which, number in (("REAL", signal.SIGALRM), ("VIRTUAL", signal.SIGVTALRM), ("PROF", signal.SIGPROF)):
        sets = f"import signal; signal.setitimer(signal.ITIMER_{which}, %s, 99)"
        same(kept(sets % 0.3, works), (b"", 128 + number), which)
        # To a time of the processor's the kernel adds one tick, at most 10 ms (Linux, kernel/time/itimer.c).
        show = ("import signal; value, again = signal.setitimer(signal.ITIMER_%s, 0)\n"
                "print(490 < value <= %s, again)" % (which, 500 if which == "REAL" else 500.01))
        same(kept(sets % 500, show), (b"True 99.0\n", 0), which)


@case("signals that were pending are the command's, also those that the kernel sent")
def pending():
    before = ("import os, signal, time\n"
              "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGTERM, signal.SIGUSR1])\n"
              "signal.setitimer(signal.ITIMER_REAL, 0.01); os.kill(os.getpid(), signal.SIGUSR1); time.sleep(0.1)")
    show = "import signal; print(sorted(map(int, signal.sigpending())))"
    same(kept(before, show), (b"[10, 14]\n", 0), "pending")


@case("a descriptor's owner (F_SETOWN), who orphans come to, and the signal of the parent's death are kept")
def kept_by_exec():
    before = ("import fcntl, os, signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])\n"
              "for fd, number in zip(os.pipe(), (50, 51)): os.dup2(fd, number)\n"
              "fcntl.fcntl(50, fcntl.F_SETOWN, os.getpid()); fcntl.fcntl(50, fcntl.F_SETFL, os.O_ASYNC)")
    show = (f"import os, signal; os.write(51, b'x'); info = signal.sigtimedwait([signal.SIGIO], {5 * SLOWER})\n"
            "print(info and info.si_signo)")
    same(kept(before, show), (b"29\n", 0), "SIGIO")
    for name, (sets, gets, value) in {"PR_SET_CHILD_SUBREAPER": (36, 37, 1), "PR_SET_PDEATHSIG": (1, 2, 15)}.items():
        show = f"from ctypes import *; n = c_int(); CDLL(None).prctl({gets}, byref(n)); print(n.value)"
        same(kept(f"import ctypes; ctypes.CDLL(None).prctl({sets}, {value})", show), (b"%d\n" % value, 0), name)
    # The command leaves an orphan, which is its own child then; when it has ended, gpuspy sees it.
    orphan = "(sleep %s; :) >/dev/null 2>&1 &" % (2 * SLOWER)
    done = Run([sys.executable, "-c", "import ctypes; ctypes.CDLL(None).prctl(36, 1)" + BECOMES, GPUSPY, "run",
                "sh", "-c", orphan], spied=False)
    expect(split_reports(done.stderr)[1][0].startswith(b"gpuspy: GPU work: UNKNOWN"), done.stderr)


@case("variables by which a process knows that it is meant (LISTEN_PID and others) have the command's number")
def meant():
    names = ["LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID", "GIO_LAUNCHED_DESKTOP_FILE_PID"]
    sets = f"import os\nfor name in {names}: os.environ[name] = str(os.getpid())"
    show = f"import os; print([name for name in {names} if os.environ[name] == str(os.getpid())])"
    same(kept(sets, show)[0], f"{names}\n".encode(), "own number")
    # The other number of the process that is meant goes with it; those of others stay.
    for number, told in (("os.getpid()", b"None\n"), ("1", b"7\n")):
        sets = f"import os; os.environ.update(LISTEN_PID=str({number}), LISTEN_PIDFDID='7')"
        show = "import os; print(os.environ.get('LISTEN_PIDFDID'))"
        done = Run([sys.executable, "-c", sets + BECOMES, GPUSPY, "run", sys.executable, "-c", show], spied=False)
        same(done.stdout, told, f"LISTEN_PIDFDID where LISTEN_PID is {number}")


@case("who kills gpuspy by the signal of its parent's death kills the command")
def death_signal():
    with tempfile.TemporaryDirectory() as folder:
        code = "import ctypes; ctypes.CDLL(None).prctl(1, 9)" + BECOMES
        ours, theirs = os.pipe()
        parent = subprocess.Popen(["sh", "-c", '"$@"; :', "sh", sys.executable, "-c", code, GPUSPY, "run", "sh", "-c",
                                   f"echo ready >&{theirs}; exec sleep {20 * SLOWER}"], pass_fds=[theirs],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  env={**os.environ, "GPUSPY_DIR": folder})
        os.close(theirs)
        same(os.read(ours, 100), b"ready\n", "first line")
        parent.kill()
        parent.wait()
        ends = select.poll()
        ends.register(ours, select.POLLHUP)
        expect(ends.poll(10000 * SLOWER), "the command goes on")
        os.close(ours)


if __name__ == "__main__":
    main()
