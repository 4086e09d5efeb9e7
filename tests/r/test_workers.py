#!/usr/bin/env python3
"""Workers of every kind are in gpu_report() of the R that started them."""

import json
import os
import shutil
import tempfile

from common import LIBRARY, WORK, needs, program, r, same, says, succeeded
from harness import SLOWER, case, expect, main, ptrace_scope


def counts(code, wanted, *packages, tail="", env=None):
    """R does `code` after gpu_watch(); the session then has so many kernels, and so the ledger."""
    if packages:
        needs(*packages)
    run = r(f"gpu_watch(report = FALSE)\n{code}\n"
            "r <- gpu_report()\ncat(gpu_kernels(), r$totals[['kernels']], r$headline, r$at_least, "
            f"nrow(r$gaps), '\\n')\n{tail}", env=env)
    says(run, f"{wanted} {wanted} YES FALSE 0 ")
    same(run.ledger["total"]["launches"], wanted, "launches in the ledger")
    same(run.report["totals"]["kernels"], wanted, "kernels")
    return run


@case("parallel::mclapply: forked children")
def forked():
    run = counts("invisible(parallel::mclapply(1:4, function(i) work(i), mc.cores = 2))", 24)
    expect(any(p["forked"] for p in run.report["processes"]), "a forked process")


@case("a forked child asks for the session's kernels and for its own")
def forked_asks():
    run = r("gpu_watch(report = FALSE)\n"
            "y <- parallel::mcparallel({a <- gpu_kernels('process'); work(1)\n"
            "  c(a, gpu_kernels('process'), gpu_kernels(), gpu_report()$no)})\n"
            "cat(unlist(parallel::mccollect(y)), gpu_kernels(), gpu_kernels('process'), '\\n')")
    says(run, "0 3 3 0 3 0 ")


@case("parallel::makePSOCKcluster: workers whose parent is init")
def psock():
    run = counts("cl <- parallel::makePSOCKcluster(2)\nparallel::clusterExport(cl, 'work')\n"
                 "invisible(parallel::clusterCall(cl, function() work(5)))\n"
                 "parallel::stopCluster(cl)\nSys.sleep(0.5)", 22)
    expect(len(run.report["processes"]) >= 3, "three processes")


@case("parallel::makeForkCluster")
def fork_cluster():
    counts("cl <- parallel::makeForkCluster(2)\n"
           "invisible(parallel::clusterCall(cl, function() work(5)))\nparallel::stopCluster(cl)", 22)


SESSION = f"callr::r_session$new(wait_timeout = {3000 * SLOWER})"


@case("callr::r, r_bg and r_session")
def callr():
    counts("invisible(callr::r(function(w) w(3), list(work)))\n"
           "p <- callr::r_bg(function(w) w(2), list(work)); p$wait()\n"
           f"s <- {SESSION}; invisible(s$run(function(w) w(1), list(work))); invisible(s$close())",
           15, "callr")


@case("future: multisession and multicore")
def future():
    counts("library(future)\nplan(multisession, workers = 2)\n"
           "f <- lapply(1:2, function(i) future(work(i)))\ninvisible(lapply(f, value))\n"
           "plan(multicore, workers = 2)\nf <- lapply(1:2, function(i) future(work(i)))\n"
           "invisible(lapply(f, value))\nplan(sequential)\ninvisible(value(future(work(1))))", 19,
           "future")


@case("future: cluster")
def future_cluster():
    counts("library(future)\nplan(cluster, workers = 2)\n"
           "invisible(value(future(work(4))))\nplan(sequential)", 9, "future")


@case("mirai: daemons")
def mirai():
    counts("mirai::daemons(1)\ninvisible(mirai::mirai(work(4), work = work)[])\n"
           "mirai::daemons(0)", 9, "mirai")


@case("system2(): another Rscript")
def system2():
    counts("file <- tempfile(); dump('work', file)\n"
           "system2('Rscript', c('-e', shQuote(sprintf(\"source('%s'); invisible(work(3))\", file))))", 7)


@case("Python's subprocess by reticulate, and Python itself")
def python():
    run = r("""library(reticulate)
gpu_watch(report = FALSE)
py_run_string("
import ctypes, subprocess, sys, os
code = '''
import ctypes, os
gpu = ctypes.CDLL(os.environ['GPUSPY_EXAMPLE_LIBRARY'])
x = (ctypes.c_double * 80)(*[i / 80 for i in range(80)]); y = (ctypes.c_double * 10)(*range(10))
name = ctypes.create_string_buffer(b' ' * 255, 256); opened = ctypes.c_int(0)
i = lambda v: ctypes.byref(ctypes.c_int(v))
gpu.gpu_open(x, y, i(10), i(8), ctypes.byref(ctypes.cast(name, ctypes.c_char_p)), ctypes.byref(opened))
n = ctypes.c_int(0)
gpu.gpu_train(i(4), ctypes.byref(ctypes.c_double(0.01)), ctypes.byref(ctypes.c_double(0)), ctypes.byref(n), i(0))
gpu.gpu_close()
'''
exec(code)
subprocess.run(['/usr/bin/python3', '-c', code], check=True)
")
cat(gpu_kernels(), gpu_kernels("process"), "\\n")""",
            env={"RETICULATE_PYTHON": "/usr/bin/python3", "RETICULATE_USE_MANAGED_VENV": "no"})
    needs("reticulate")
    says(run, "18 9 ")


@case("testthat in parallel: the workers' kernels, and expectations in them")
def testthat_parallel():
    needs("testthat", "callr")
    run = r("""gpu_watch(report = FALSE)
library(testthat)
folder <- tempfile(); dir.create(file.path(folder, "tests", "testthat"), recursive = TRUE)
writeLines(c("Package: a", "Version: 1.0", "Config/testthat/edition: 3",
  "Config/testthat/parallel: true"), file.path(folder, "DESCRIPTION"))
helper <- file.path(folder, "tests", "testthat", "helper.R")
dump("work", helper)
cat("environment(work) <- globalenv()\n", file = helper, append = TRUE)
for (i in 1:2) writeLines(c(sprintf("test_that('t%d', { gpuspy::gpu_watch(quiet = TRUE)", i),
  sprintf("gpuspy::expect_gpu(work(%d)) })", i)), file.path(folder, "tests", "testthat",
  sprintf("test-%d.R", i)))
Sys.setenv(TESTTHAT_CPUS = 2)
x <- as.data.frame(test_dir(file.path(folder, "tests", "testthat"), reporter = "silent",
  package = "gpuspy", load_package = "installed"))
cat(sum(x$nb), sum(x$failed), gpu_kernels(), "\\n")""")
    says(run, "2 0 8 ")


@case("R CMD BATCH")
def batch():
    needs("parallel")
    run = r("""gpu_watch(report = FALSE)
setwd(tempdir())
dump("work", "work.R")
writeLines(c("source('work.R')", "library(gpuspy)", "invisible(work(3))", "cat(gpu_kernels('process'))"),
  "a.R")
status <- system2("R", c("CMD", "BATCH", "--vanilla", "a.R"))
cat(status, gpu_kernels(), any(readLines("a.Rout") == "7> "), "\\n")""")
    succeeded(run)
    expect(run.stdout.decode().startswith("0 7 "), run.stdout)


# Every kind of worker that is started anew: 7, 3, 5 and 7 kernels.
ANEW = """
file <- tempfile(); dump("work", file)
system2("Rscript", c("-e", shQuote(sprintf("source('%s'); invisible(work(3))", file))))
cl <- parallel::makePSOCKcluster(1); parallel::clusterExport(cl, "work")
invisible(parallel::clusterCall(cl, function() work(1))); parallel::stopCluster(cl)
if (nzchar(system.file(package = "callr"))) invisible(callr::r(function(w) w(2), list(work))) else invisible(work(2))
if (nzchar(system.file(package = "future"))) {
  future::plan("multisession", workers = 2)
  invisible(future::value(future::future(work(3)))); future::plan("sequential")
} else invisible(work(3))
"""


def in_library(name, code, env=None):
    """R with the package in a folder of that name alone."""
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, name)
        shutil.copytree(os.path.join(LIBRARY, "gpuspy"), os.path.join(library, "gpuspy"))
        return r(code, env={"R_LIBS": "", **(env or {})}, command=[
            program("Rscript"), "-e", f"library(gpuspy, lib.loc = {json.dumps(library, ensure_ascii=False)})\n{WORK}\n{code}"])


@case("a library whose path has spaces, colons, quotes or letters beyond ASCII: all workers are counted")
def odd_paths():
    for name, locale in (("with space", "C.UTF-8"), ("Bibliothèque", "C"), ("日本 語:", "C.UTF-8"),
                         ("it's \"quoted\"", "C.UTF-8"), ("tab\there", "C.UTF-8")):
        run = in_library(name, "w <- gpu_watch(report = FALSE)" + ANEW + """
r <- gpu_report()
cat(w$children, gpu_kernels(), r$headline, nrow(r$gaps), basename(gpu_sitrep()$facts$library), "\\n")
cat(gpu_run(function(w) w(4), list(work))$report$totals[["kernels"]], "\\n")""", {"LC_ALL": locale})
        says(run, "TRUE 22 YES 0 libgpuspy.so ", "9 ")
        same(run.stderr, b"", f"standard error, {name}")


@case("where no path will do: it is said, and no NO")
def odd_temporary():
    # R 4.5 does not begin where the name of its folder has a space.
    with tempfile.TemporaryDirectory(suffix=":x") as folder:
        run = in_library("with space", "w <- gpu_watch()\ncat(w$children, gpu_report()$headline, "
                         "gpu_report()$gaps$gap, '\\n')\n"
                         "cat(tryCatch(gpu_run(sum), error = conditionMessage), '\\n')", {"TMPDIR": folder})
    succeeded(run)
    lines = run.stdout.decode().splitlines()
    same(lines[0], "FALSE UNKNOWN children-not-watched ", run.stderr)
    expect(lines[1].startswith("LD_PRELOAD cannot hold a path with spaces or colons"), lines[1])
    expect(b"are not counted" in run.stderr, run.stderr)


@case("workers whose environment R takes away are noticed, and no NO is said about them")
def without_environment():
    needs("processx")
    train = "c('-e', 'invisible(1)')"
    for code in (f"Sys.unsetenv('LD_PRELOAD'); system2('Rscript', {train})",
                 "Sys.unsetenv('LD_PRELOAD'); invisible(system('Rscript -e 1', intern = TRUE))",
                 f"processx::run('Rscript', {train}, env = c(PATH = '/usr/bin:/bin'))",
                 "Sys.setenv(GPUSPY_DISABLE = '1'); system('Rscript -e 1')"):
        run = r(f"gpu_watch(report = FALSE)\ninvisible({{ {code} }})\nr <- gpu_report()\n"
                "cat(r$headline, r$gaps$gap, '\\n')")
        succeeded(run)
        same(run.stdout.decode().splitlines()[-1], "UNKNOWN unwatched-programs ", code)


@case("a PSOCK worker that was there before gpu_watch() is not counted, and no NO is said")
def before():
    run = r("cl <- parallel::makePSOCKcluster(1)\nparallel::clusterExport(cl, 'work')\n"
            "gpu_watch(report = FALSE)\n"
            "invisible(parallel::clusterCall(cl, function() work(5)))\n"
            "r <- gpu_report()\ncat(gpu_kernels(), r$headline, r$gaps$gap, r$gaps$count, '\\n')\n"
            "parallel::stopCluster(cl)")
    says(run, "0 UNKNOWN workers-before 1 ")
    same(run.report["reason"], "not-counted", "the report at the end")


@case("what goes on after R's end: no NO of it, nor of a worker's call; one that waits for R alone is no reason")
def lives_on():
    needs("callr")
    run = r(f"gpu_watch()\np <- callr::r_bg(function() Sys.sleep({5 * SLOWER}), cleanup = FALSE)\n"
            f"Sys.sleep({SLOWER})")  # till it has read what R removes at its end
    expect(b"GPU work: UNKNOWN" in run.stderr and b"went on" in run.stderr, run.stderr)
    cluster = "gpu_watch()\ncl <- parallel::makePSOCKcluster(1)\n"
    for calls in ("", "invisible(parallel::clusterCall(cl, sum))"):
        run = r(cluster + calls)
        expect((b"GPU work: UNKNOWN" if ptrace_scope() else b"GPU work: NO") in run.stderr, run.stderr)
    run = r(cluster + f"parallel:::sendCall(cl[[1]], Sys.sleep, list({2 * SLOWER}))")
    expect(b"GPU work: UNKNOWN" in run.stderr and b"went on" in run.stderr, run.stderr)


@case("callr's worker that was there before, and a worker beside this one")
def before_by_callr():
    needs("callr")
    run = r(f"s <- {SESSION}\ngpu_watch(report = FALSE)\nr <- gpu_report()\n"
            "cat(r$headline, r$gaps$gap, '\\n')\ninvisible(s$close())")
    says(run, "UNKNOWN workers-before ")
    run = r("cl <- parallel::makePSOCKcluster(2)\n"
            "watch <- function() { gpuspy::gpu_watch(report = FALSE); gpuspy::gpu_report()$headline }\n"
            "environment(watch) <- globalenv()\n"
            "cat(unlist(parallel::clusterCall(cl, watch)), '\\n')\nparallel::stopCluster(cl)")
    says(run, "NO NO ")


if __name__ == "__main__":
    main()
