"""streams.py WHAT COMMAND...: becomes COMMAND with standard error as WHAT says; for what a shell
cannot do."""

import fcntl
import os
import pty
import signal
import sys
import termios

TOSTOP_SECONDS = 20


def closed():
    os.close(2)


def broken():
    reading, writing = os.pipe()
    os.close(reading)
    os.dup2(writing, 2)


def full():
    """Its reader never reads."""
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 65536)
    except BlockingIOError:
        pass
    os.set_blocking(writing, True)
    os.dup2(writing, 2)


def no_space():
    os.dup2(os.open("/dev/full", os.O_WRONLY), 2)


def background():
    """A background job of a terminal that stops those that write (stty tostop). The program is a
    child here; its status is taken over, and what it wrote to the terminal goes to our output."""
    master, slave = pty.openpty()
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    attributes = termios.tcgetattr(slave)
    attributes[3] |= termios.TOSTOP
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.dup2(slave, 2)
        return
    signal.alarm(TOSTOP_SECONDS)
    status = os.waitpid(child, os.WUNTRACED)[1]
    if os.WIFSTOPPED(status):
        os.kill(child, signal.SIGKILL)
        sys.exit("it was stopped")
    os.set_blocking(master, False)
    os.write(1, os.read(master, 65536).replace(b"\r\n", b"\n"))
    os._exit(os.waitstatus_to_exitcode(status))


signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # which Python ignores, and a child inherits
{"closed": closed, "broken": broken, "full": full, "no-space": no_space,
 "background": background}[sys.argv[1]]()
os.environ["LD_PRELOAD"] = os.environ.pop("PRELOAD")
os.execvp(sys.argv[2], sys.argv[2:])
