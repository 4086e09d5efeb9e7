#!/usr/bin/env python3
"""examples/gpuspy.R: R's own questions, in an R that uses the GPU through a package's library."""

import os
import sys

SOURCE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(SOURCE), "e2e"))
from harness import GPUSPY, Run, case, client, main, program, same, succeeded

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(SOURCE)), "examples", "gpuspy.R")


def r(lines, spied=True, env=None):
    """Runs R with gpuspy.R read and forward(n): n forward passes of three kernels each."""
    head = [f"source({SCRIPT!r})", f"dyn.load({client('rpkg.so')!r})",
            "forward <- function(n) .C('rpkg_forward', rounds = as.integer(n), "
            "version = double(1), status = integer(1))$status"]
    code = "\n".join(head + lines)
    return Run([program("Rscript"), "-e", code], {"GPUSPY_COMMAND": GPUSPY, **(env or {})},
               spied=spied)


def says(run, *lines):
    succeeded(run)
    same(run.stdout.decode().splitlines(), list(lines), f"output (and {run.stderr!r})")


@case("gpuspy(): NULL where nothing is watched")
def unwatched():
    says(r(["print(gpuspy())", "print(gpu_kernels())", "print(is.null(gpuspy_report()))"],
           spied=False), "NULL", "NULL", "[1] TRUE")


@case("gpuspy(): NULL without the command")
def no_command():
    says(r(["print(gpuspy())"], env={"GPUSPY_COMMAND": "/nonexistent", "PATH": "/usr/bin:/bin",
                                     "LD_PRELOAD": "/nonexistent/libgpuspy.so"}), "NULL")


@case("gpu_kernels(): none before, as many as the ledger counts after")
def kernels():
    run = r(["a <- gpu_kernels()", "stopifnot(forward(2) == 0)", "cat(a, gpu_kernels(), '\\n')",
             "cat(gpu_kernels('process'), '\\n')"])
    launched = run.ledger["total"]["launches"]
    same(run.report["totals"]["kernels"], launched, "kernels of the report")
    says(run, f"0 {launched} ", f"{launched} ")


@case("gpuspy(): the figures of the report")
def figures():
    run = r(["stopifnot(forward(3) == 0)", "f <- gpuspy()", "print(dim(f))",
             "print(f$scope)", "stopifnot(f$pid[1] == Sys.getpid(), is.na(f$pid[2]))",
             "cat(f$kernels, f$cudnn_calls, f$peak_bytes, f$to_device_bytes, '\\n')"])
    totals = run.report["totals"]
    copied = totals["copies"]["host_to_device"]["bytes"]
    twice = [totals["kernels"], totals["calls"]["cudnn"], totals["memory"]["peak_bytes"], copied]
    says(run, "[1]  2 15", '[1] "process" "session"',
         " ".join(f"{x} {x}" for x in twice) + " ")


@case("the session has what children ran, the process has not")
def children():
    run = r([f"system2({client('client-outcome')!r}, 'work')",
             "cat(gpu_kernels(), gpu_kernels('process'), '\\n')"])
    says(run, "work", "1 0 ")


@case("expect_gpu(): passes, and gives the value")
def expect_passes():
    says(r(["print(expect_gpu(forward(1)))", "invisible(expect_gpu(forward(2), kernels = 2))"]),
         "[1] 0")


@case("expect_gpu(): fails without kernels, and where nobody knows")
def expect_fails():
    ask = ["m <- tryCatch({expect_gpu(sqrt(4)); 'passed'}, error = conditionMessage)",
           "cat(m, '\\n')"]
    says(r(ask), "sqrt(4) ran 0 kernels on the GPU, not 1 or more ")
    says(r(ask, spied=False),
         "this R is not watched: start it with LD_PRELOAD=.../libgpuspy.so ")


@case("expect_gpu(): an error of the expression is its own")
def expect_error():
    says(r(["m <- tryCatch(expect_gpu(stop('mine')), error = conditionMessage)", "print(m)"]),
         '[1] "mine"')


@case("the knitr hook notes a chunk's kernels")
def knit():
    run = r(["hook <- gpuspy_knit_hook", "stopifnot(is.null(hook(TRUE, list(), NULL)))",
             "stopifnot(forward(1) == 0)", "n <- gpu_kernels()",
             "x <- hook(FALSE, list(), NULL)",
             "stopifnot(identical(x, sprintf('\\n\\n*GPU kernels: %d*\\n\\n', n)), n > 0)",
             "invisible(hook(TRUE, list(), NULL))", "cat(hook(FALSE, list(), NULL))"])
    says(run, "", "", "*GPU kernels: 0*", "")
    says(r(["invisible(gpuspy_knit_hook(TRUE, list(), NULL))",
            "cat(gpuspy_knit_hook(FALSE, list(), NULL))"], spied=False),
         "", "", "*GPU kernels: not watched by gpuspy*", "")


@case("the parser of JSON")
def parser():
    text = r'{"a": [1, -2.5e3, true, false, null], "b": {"c\"\n": "\u00e9 [,]{}:"}, "d": [], "e": {}}'
    says(r([f"x <- gpuspy_parse('{text}')".replace("\\", "\\\\"),
            "stopifnot(identical(x$a, list(1, -2500, TRUE, FALSE, NULL)))",
            "stopifnot(identical(names(x$b), 'c\"\\n'), length(x$d) == 0, length(x$e) == 0)",
            "stopifnot(identical(names(x), c('a', 'b', 'd', 'e')))",
            "stopifnot(utf8ToInt(substr(x$b[[1]], 1, 1)) == 233)", "cat('good\\n')"]), "good")


if __name__ == "__main__":
    main()
