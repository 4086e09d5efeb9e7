"""children.py HOW: forward passes, by the extension module in the folder PYEXT, in processes that
Python starts."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.environ["PYEXT"])


def forward(rounds):
    import gpuspy_pyext

    return gpuspy_pyext.forward(rounds)[1]


def forward_slowly(rounds):
    status = forward(rounds)
    time.sleep(0.7)  # so that the other worker gets some of it, too
    return status


def by_multiprocessing(method):
    with multiprocessing.get_context(method).Pool(2) as pool:
        print(pool.map(forward_slowly, [1, 2, 1], chunksize=1))


def launch_workers():
    """As torchrun does: a worker for each rank; one of them fails, and its status is the result."""
    workers = [subprocess.Popen([sys.executable, __file__, "worker"],
                                env=dict(os.environ, RANK=str(rank))) for rank in range(3)]
    statuses = [worker.wait() for worker in workers]
    print(statuses)
    sys.exit(max(statuses))


def work_as_rank():
    rank = int(os.environ["RANK"])
    forward(rank + 1)
    os._exit(9) if rank == 2 else sys.exit(0)


def leave_one_behind():
    """A worker that is at work still when this process ends; it reports by a file that it is."""
    with tempfile.TemporaryDirectory() as folder:
        ready = os.path.join(folder, "ready")
        subprocess.Popen([sys.executable, __file__, "late", ready], start_new_session=True,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not os.path.exists(ready):
            time.sleep(0.01)
    print(forward(1))


def work_late():
    forward(1)
    open(sys.argv[2], "w").close()
    time.sleep(2)
    forward(1)


def become_another():
    forward(1)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, __file__, "one"])


def become_a_tool():
    forward(1)
    os.execv("/bin/sh", ["sh", "-c", "echo done; exit 6"])


WAYS = {
    "launcher": launch_workers, "worker": work_as_rank, "behind": leave_one_behind,
    "late": work_late, "exec": become_another, "exec-sh": become_a_tool,
    "one": lambda: print(forward(1)),
}

if __name__ == "__main__":
    way = WAYS.get(sys.argv[1])
    way() if way else by_multiprocessing(sys.argv[1])
