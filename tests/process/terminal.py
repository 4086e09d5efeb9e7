"""terminal.py [TEXT KEY]... -- COMMAND...: what a shell with job control does with a command in the
foreground of a terminal. When TEXT has appeared, KEY (C or Z, with Ctrl) is typed. A job that stops
is looked at and put in the foreground again, or with LEAVE in the environment left to itself. Prints
what the terminal showed, and as the last line what happened to the job: "stopped T T, exited 3"."""

import fcntl
import os
import pty
import signal
import sys
import termios
import threading
import time

KEYS = {"C": b"\x03", "Z": b"\x1a", "line": b"a line\n"}
SECONDS = 30


def states(group):
    """The states of all processes of a process group, as ps shows them; S: not stopped."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
            if fields[2] == str(group):
                found.append(fields[0].translate({ord("R"): "S", ord("D"): "S"}))
        except (OSError, IndexError):
            pass
    return sorted(found)


def start(command, slave):
    job = os.fork()
    if job:
        return job
    os.setpgid(0, 0)
    os.tcsetpgrp(slave, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    for fd in range(3):
        os.dup2(slave, fd)
    if os.environ.get("PRELOAD"):
        os.environ["LD_PRELOAD"] = os.environ.pop("PRELOAD")
    os.execvp(command[0], command)


def shell(command, slave):
    """The life of the job, in words."""
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.alarm(SECONDS)
    job, events = start(command, slave), []
    while True:
        status = os.waitpid(job, os.WUNTRACED | (os.WCONTINUED if "LEAVE" in os.environ else 0))[1]
        if os.WIFCONTINUED(status):
            events.append("continued")
            continue
        if not os.WIFSTOPPED(status):
            break
        os.tcsetpgrp(slave, os.getpid())
        time.sleep(0.1)
        events.append("stopped " + " ".join(states(job)))
        if "LEAVE" in os.environ:
            continue
        os.tcsetpgrp(slave, job)
        os.killpg(job, signal.SIGCONT)
    if os.WIFSIGNALED(status):
        events.append(f"killed {os.WTERMSIG(status)}")
    else:
        events.append(f"exited {os.WEXITSTATUS(status)}")
    return ", ".join(events)


def type_keys(master, keys, shown):
    """A thread that reads the terminal, and types."""
    while True:
        try:
            shown.extend(os.read(master, 4096))
        except OSError:
            return
        if keys and keys[0].encode() in shown:
            os.write(master, KEYS[keys[1]])
            del keys[:2]


def main():
    split = sys.argv.index("--")
    master, slave = pty.openpty()
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(master)
        os.write(writing, shell(sys.argv[split + 1:], slave).encode())
        os._exit(0)
    os.close(writing)
    os.close(slave)
    shown = bytearray()
    thread = threading.Thread(target=type_keys, args=(master, sys.argv[1:split], shown))
    thread.start()
    events = os.read(reading, 4096).decode()
    thread.join()
    text = shown.decode(errors="replace").replace("\r\n", "\n")
    print(text, end="" if text.endswith("\n") else "\n")
    print(events or "nothing: it took too long")


main()
