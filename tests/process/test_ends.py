"""Every way to end a process: output, status and files are as without gpuspy, the counts are those
of the ledger, and the report comes once, or is to be had by `gpuspy report` where nothing of the
process runs at its end."""

import os
import re
import signal
import time

from common import (ENDS, LIBRARY, PROCESS, SLOWER, Pair, Run, add_case, case, client, expect, main, program, python,
                    rscript, same, script, split_reports)

REPORTED, SILENT = 1, 0
THREADS = 4  # launching.c


def ended(pair, status):
    """The process that worked, as the session's record has it."""
    worked = [process for process in pair.report["processes"] if process["totals"]["kernels"]]
    same(len(worked), 1, "processes")
    process = worked[0]
    if status is None:
        same((process["state"], process["exit_status"]), ("ended", None), "state")
    else:
        same((process["state"], process["exit_status"]), ("exited", status), "state")


def check_end(command, env, status, reports, said=True):
    pair = Pair(command, env, reports=reports)
    same(pair.spied.status, status, "status")
    pair.counts()
    same(pair.report["verdict"], "gpu-work", "verdict")
    ended(pair, (status if status >= 0 else None) if reports and said else None)
    if reports:
        expect(pair.reports[0].startswith(b"gpuspy: GPU work: YES"), pair.reports[0])


@case("threads that launch until the process is gone: the figure of its own report is a lower bound")
def launching():
    program_ = os.path.join(PROCESS, "launching")
    told = 0
    for how in ("waits", "return", "exit", "_exit") * 3:
        run = Run([program_, how], output=False)
        same(run.status, 4, f"{how}: {run.stderr!r}")
        report = split_reports(run.stderr)[1][0].decode()
        found = re.match(r"gpuspy: GPU work: YES  SIMULATED  (at least )?([0-9,]+) kernels", report)
        least, kernels = found[1], int(found[2].replace(",", ""))
        launched = run.ledger["total"]["launches"]
        told += bool(least)
        expect(kernels <= launched, (how, report, launched))
        expect(how != "waits" or (not least and launched == kernels), (how, report, launched))
        same(bool(least), "of threads that went on while it was written" in report, report)
        # A call that was cut off is the driver's and was not ours yet.
        same(run.report["totals"]["kernels"] + THREADS >= launched, True, "what is read later")
    expect(told, "no thread was seen to go on; on a busy machine some are not")


@case("a process that shares its memory, and launches while it ends: no NO")
def shares():
    for us in (0, 100, 200, 300, 400, 800) * 3:
        run = Run([os.path.join(PROCESS, "launching"), "shared", str(us)], output=False)
        report = split_reports(run.stderr)[1][0]
        time.sleep(0.01)  # it may be there yet
        expect(b"GPU work: NO" not in report or not run.ledger["total"].get("launches"), (us, report, run.ledger))


CLIENT_ENDS = (
    # end, status, reports
    ("return", 0, REPORTED), ("exit", 8, REPORTED), ("_exit", 7, REPORTED),
    ("quick_exit", 6, SILENT), ("raw", 9, SILENT), ("abort", -signal.SIGABRT, SILENT),
    ("segv", -signal.SIGSEGV, SILENT), ("term", -signal.SIGTERM, SILENT),
    ("kill", -signal.SIGKILL, SILENT),
)

R_ENDS = (
    ("end", 0, REPORTED), ("no_last", 0, REPORTED), ("quit", 3, REPORTED), ("stop", 1, REPORTED),
    ("exit", 8, REPORTED), ("_exit", 7, REPORTED),
    ("SIGINT", 1, REPORTED), ("SIGUSR1", 2, REPORTED),
    ("quick_exit", 6, SILENT), ("exit_group", 9, SILENT), ("abort", -signal.SIGABRT, SILENT),
    ("crash", -signal.SIGSEGV, SILENT), ("SIGTERM", -signal.SIGTERM, SILENT),
    ("SIGHUP", -signal.SIGHUP, SILENT),
    ("SIGKILL", -signal.SIGKILL, SILENT),
)

PYTHON_ENDS = (
    ("end", 0, REPORTED), ("sys.exit", 3, REPORTED), ("raise", 1, REPORTED),
    ("os._exit", 5, REPORTED), ("exit", 8, REPORTED), ("handler", 0, REPORTED),
    ("SIGINT", -signal.SIGINT, SILENT), ("quick_exit", 8, SILENT),
    ("abort", -signal.SIGABRT, SILENT), ("crash", -signal.SIGSEGV, SILENT),
    ("SIGTERM", -signal.SIGTERM, SILENT),
    ("SIGKILL", -signal.SIGKILL, SILENT),
)


def how(end):
    """What the scripts are told: a signal by its number."""
    return str(int(getattr(signal, end))) if end.startswith("SIG") else end


def client_end(end, status, reports):
    check_end([client("client-outcome"), "work", end], None, status, reports)


def r_end(end, status, reports):
    check_end(rscript("ends.R", client("rpkg.so"), ENDS, how(end)), {"R_ENABLE_JIT": "0"}, status,
              reports)


def python_end(end, status, reports):
    folder = os.path.dirname(client("gpuspy_pyext.so"))
    check_end(python("ends.py", ENDS, how(end)), {"PYEXT": folder}, status, reports)


for row in CLIENT_ENDS:
    add_case(f"C program: {row[0]}", client_end, *row)
for row in R_ENDS:
    add_case(f"R: {row[0]}", r_end, *row)
for row in PYTHON_ENDS:
    add_case(f"Python: {row[0]}", python_end, *row)


@case("an _exit of another library, before gpuspy or behind it, is called once, and so is the end")
def another_exit():
    another = os.path.join(PROCESS, "exits.so")
    for preload in (LIBRARY, another), (another, LIBRARY):
        for kind in "work", "init":
            run = Run([client("client-outcome"), kind, "_exit"], preload=preload, output=False)
            same((run.status, run.stdout.count(b"another's\n")), (7, 1), f"status, calls ({preload})")
            same(len(split_reports(run.stderr)[1]), 1, run.stderr)
            same([p["state"] for p in run.report["processes"]], ["exited"], "state")


@case("R under timeout")
def under_timeout():
    command = [program("timeout"), str(3 * SLOWER), *rscript("ends.R", client("rpkg.so"), ENDS, "sleep")]
    # timeout lives on, and owns the session.
    check_end(command, None, 124, REPORTED, said=False)


@case("R out of memory (ulimit -v)")
def out_of_memory():
    shell = ("ulimit -v 600000; exec " + program("Rscript") +
             " --vanilla -e 'dyn.load(commandArgs(TRUE)[1]);"
             " r <- .C(\"rpkg_forward\", 1L, double(1), status = 1L);"
             " x <- numeric(3e9)' " + client("rpkg.so"))
    pair = Pair([program("bash"), "-c", shell])
    same(pair.spied.status, 1, "status")
    pair.counts()


@case("R CMD BATCH")
def batch():
    command = [program("R"), "CMD", "BATCH", "--vanilla", "--no-timing",
               f"--args {client('rpkg.so')} {ENDS} quit", script("ends.R"), "/dev/stderr"]
    pair = Pair(command)
    same(pair.spied.status, 3, "status")
    pair.counts()


if __name__ == "__main__":
    main()
