"""Standard error in every state. The program's output and status never change, nothing hangs,
nobody else's file gets our text; a report that cannot be written is in the session's folder, and
`gpuspy report` finds the session."""

import os
import sys
import tempfile
import time

from common import (LIBRARY, PROCESS, SLOWER, Pair, Run, add_case, case, client, expect, program, python, same,
                    same_counts, script, split_reports, main)

WORK = [("client-outcome", "work")]


def fallback(run):
    """The reports that went to session folders."""
    found = []
    for session in os.listdir(run.gpuspy_dir):
        path = os.path.join(run.gpuspy_dir, session, "report.txt")
        if os.path.exists(path):
            with open(path, "rb") as file:
                found.append(file.read())
    return found


def has_report(run, where, fault=""):
    same_counts(run.report, run.ledger)
    reports = split_reports(where)[1]
    same(len(reports), 1, f"reports {fault}")
    expect(reports[0].startswith(b"gpuspy: GPU work: YES"), reports[0])


def unusable(what, command, status):
    command = [sys.executable, script("streams.py"), what, *command]
    plain = Run(command, {"PRELOAD": ""}, spied=False)
    spied = Run(command, {"PRELOAD": LIBRARY}, spied=False)
    same((spied.stdout, spied.status), (plain.stdout, plain.status), "output and status")
    same(spied.status, status, "status")
    same(spied.stderr, b"", "standard error of the test itself")
    has_report(spied, b"".join(fallback(spied)), "in the session's folder")


def c_unusable(what, end, status):
    unusable(what, [client("client-outcome"), "work", end], status)


def r_unusable(what):
    code = ("dyn.load(commandArgs(TRUE)[1]);"
            "invisible(.C('rpkg_forward', 1L, double(1), integer(1))); cat('done\\n');"
            "quit(status = 3)")
    unusable(what, [program("Rscript"), "--vanilla", "-e", code, client("rpkg.so")], 3)


for state in ("closed", "broken", "full", "no-space"):
    add_case(f"standard error is {state}: return", c_unusable, state, "return", 0)
    add_case(f"standard error is {state}: _exit", c_unusable, state, "_exit", 7)
    add_case(f"standard error is {state}: R", r_unusable, state)


@case("standard error is the terminal of a background job that may not write")
def background():
    command = [sys.executable, script("streams.py"), "background", client("client-outcome"), "work"]
    spied = Run(command, {"PRELOAD": LIBRARY}, spied=False)
    same(spied.status, 0, f"status ({spied.stderr!r})")
    has_report(spied, spied.stdout, "on the terminal")


@case("descriptor 2 is closed, and a file of the program's gets its number")
def reused():
    code = ("import ctypes, os, sys\n"
            "cuda = ctypes.CDLL('libcuda.so.1')\n"
            "cuda.cuInit(0)\n"
            "os.close(2)\n"
            "table = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)\n"
            "assert table == 2\n"
            "os.write(table, b'a,b\\n1,2\\n')\n"
            "os._exit(4) if sys.argv[2] == '_exit' else sys.exit(4)\n")
    for end in ("exit", "_exit"):
        with tempfile.TemporaryDirectory() as folder:
            table = os.path.join(folder, "table.csv")
            run = Run([sys.executable, "-c", code, table, end], output=False)
            same(run.status, 4, "status")
            with open(table, "rb") as file:
                same(file.read(), b"a,b\n1,2\n", "the program's file")
        same(len(fallback(run)), 1, "reports in the session's folder")


@case("standard output and standard error are one file: the report is the last thing in it")
def one_file():
    shell = [program("sh"), "-c", 'exec "$@" 2>&1', "sh", client("client-linked"), "1"]
    plain, spied = Run(shell, spied=False), Run(shell, output=False)
    expect(plain.stdout, "the client says nothing")
    expect(spied.stdout.startswith(plain.stdout + b"gpuspy: GPU work:"), spied.stdout)


WRITES = os.path.join(PROCESS, "writes")


@case("streams that exit(3) writes out: in its order, before the report, whatever stdout is")
def order():
    for how in ("no-stdout", "closed-stdout", "gone-stdout", "second", "error"):
        shell = [program("sh"), "-c", 'exec "$@" 2>&1', "sh", WRITES, how]
        plain, spied = Run(shell, spied=False), Run(shell, output=False)
        same((plain.status, spied.status), (3, 3), f"{how}: status")
        same(plain.stdout.splitlines(), {"second": [b"second", b"first"], "error": [b"error", b"output"]}.get(how, []),
             f"{how}: output")
        expect(spied.stdout.startswith(plain.stdout + b"gpuspy: GPU work:"), (how, spied.stdout))


@case("a program of GNU's manner whose file has the number of our copy of standard error")
def our_number():
    run = Pair([WRITES, "descriptors"], reports=0).spied
    same(len(fallback(run)), 1, "reports in the session's folder")


@case("a program of GNU's manner that becomes a daemon: nobody waits for the daemon's end")
def becomes_daemon():
    lasts = 4 * SLOWER
    for spied in (False, True):
        start = time.monotonic()
        run = Run([WRITES, "daemon", str(lasts)], spied=spied, output=False)
        same((run.status, run.stdout), (0, b"started\n"), "status, output")
        expect(time.monotonic() - start < lasts, f"{time.monotonic() - start} s, spied: {spied}")


@case("standard output is closed or broken: as without gpuspy")
def output_closed():
    reader_gone = 'coproc read; exec 6>&"${COPROC[1]}"; echo >&6; wait "$COPROC_PID"; "$@" >&6'
    # 120: Python could not write what was left (its documentation, sys.exit()).
    for line, status in (('"$@" >&-', 0), ('"$@" >/dev/full', 120), (reader_gone, 120)):
        shell = [program("bash"), "-c", line, "bash", *python("children.py", "one")]
        env = {"PYEXT": os.path.dirname(client("gpuspy_pyext.so"))}
        plain, spied = Run(shell, env, spied=False), Run(shell, env, output=False)
        same((plain.status, spied.status), (status, status), f"status of {line}")
        own, reports = split_reports(spied.stderr)
        same(own, plain.stderr, "standard error")
        same(len(reports), 1, "reports")


@case("a file size limit of 0: no signal, the report is on standard error")
def no_file_size():
    shell = [program("bash"), "-c", 'ulimit -f 0; exec "$@"', "bash", client("client-outcome"),
             "work", "exit"]
    with tempfile.TemporaryDirectory() as folder:
        wanted = os.path.join(folder, "report.txt")
        run = Run(shell, {"GPUSPY_OUTPUT": wanted, "SIM_LEDGER": None}, output=False)
    same((run.status, run.stdout), (8, b"work\n"), "status and output")
    expect(b"gpuspy: warning: GPUSPY_OUTPUT cannot be written" in run.stderr, run.stderr)
    same(len(split_reports(run.stderr)[1]), 1, "reports")


@case("GPUSPY_OUTPUT is relative to where the program was started")
def relative_output():
    code = "import ctypes, os; ctypes.CDLL('libcuda.so.1').cuInit(0); os.chdir('/')"
    with tempfile.TemporaryDirectory() as folder:
        run = Run([sys.executable, "-c", code], {"GPUSPY_OUTPUT": "r-%p.txt"}, output=False,
                  cwd=folder)
        same((run.status, run.stderr), (0, b""), "status and standard error")
        same(len([n for n in os.listdir(folder) if n.startswith("r-")]), 1, "reports")


@case("GPUSPY_REPORT=never; always: one for each process")
def rules():
    command = [client("client-fork"), "after", 2]
    same(Run(command, {"GPUSPY_REPORT": "never"}, output=False).stderr, b"", "never")
    run = Run(command, {"GPUSPY_REPORT": "always"}, output=False)
    same(len(split_reports(run.stderr)[1]), 3, "always")


if __name__ == "__main__":
    main()
