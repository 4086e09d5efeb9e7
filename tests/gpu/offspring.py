"""What a case started and left behind."""

import ctypes
import os
import signal
import time

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
PATIENCE_SECONDS = 2


def adopt():
    """Processes whose parent ends become children of this one."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):  # then only those that still have their parents are found
        pass


def parents():
    """{pid: parent} of all that can be seen."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state not in "ZX":
            found[int(name)] = int(parent)
    return found


def of(root):
    """Children, their children and so on."""
    known, found = parents(), {root}
    while True:
        more = {pid for pid, parent in known.items() if parent in found} - found
        if not more:
            return found - {root}
        found |= more


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def kill(root=None):
    """All of them; who hangs in the driver cannot be killed, and is not waited for."""
    root = root or os.getpid()
    end = time.monotonic() + PATIENCE_SECONDS
    left = of(root)
    while left and time.monotonic() < end:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        time.sleep(0.01)
        if root == os.getpid():
            reap()
        left = of(root)
