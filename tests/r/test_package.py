#!/usr/bin/env python3
"""library(gpuspy) in an R that was started as ever, on the simulated driver."""

import os
import subprocess
import tempfile

from common import PACKAGED, TRAIN, WORK, environment, needs, program, r, same, says, succeeded
from harness import GPUSPY, SIM_LIB, SLOWER, Run, Skip, case, expect, main, no_driver_here


def first_line(run):
    return run.stderr.decode().split("\n")[0]


@case("gpu_watch(), then train.R's work: YES with exactly 210 kernels")
def train():
    run = r(f"gpu_watch()\nsource({TRAIN!r})\nr <- gpu_report()\n"
            "cat(r$headline, r$reason, r$totals[['kernels']], gpu_kernels(), gpu_kernels('process'),"
            " nrow(r$gaps), '\\n')")
    succeeded(run)
    same(run.stdout.decode().splitlines()[-1], "YES completed 210 210 210 0 ", "what R says")
    same(run.ledger["total"]["launches"], 210, "launches in the ledger")
    same(run.report["totals"]["kernels"], 210, "kernels")
    same(run.report["verdict"], "gpu-work", "verdict")
    same(run.report["attached"], "late", "attached")
    expect(first_line(run).startswith("gpuspy: GPU work: YES  SIMULATED  210 kernels ran on"),
           f"the report at the end: {run.stderr!r}")


@case("the same after library(reticulate), and by Python inside")
def reticulate():
    needs("reticulate")
    run = r(f"library(reticulate)\ngpu_watch()\nsource({TRAIN!r})\ncat(gpu_kernels(), '\\n')\n"
            "reticulate::py_run_string('x = 1 + 1')\ncat(gpu_kernels(), '\\n')",
            env={"RETICULATE_PYTHON": "/usr/bin/python3", "RETICULATE_USE_MANAGED_VENV": "no"})
    succeeded(run)
    same(run.stdout.decode().splitlines()[-2:], ["210 ", "210 "], "kernels")
    same(run.report["verdict"], "gpu-work", "verdict")


@case("gpu_watch() after cuInit: UNKNOWN or YES, never NO, and it is said")
def after():
    run = r("invisible(work(3))\nw <- gpu_watch()\na <- gpu_report()\ninvisible(work(4))\n"
            "b <- gpu_report()\ncat(w$driver_before, a$headline, a$reason, a$no, '\\n')\n"
            "cat(b$no, b$headline, b$at_least, '\\n')")
    succeeded(run)
    lines = run.stdout.decode().splitlines()
    same(lines[0], "TRUE UNKNOWN attached-late FALSE ", "before more work")
    expect(lines[1] in ("FALSE YES TRUE ", "FALSE UNKNOWN FALSE "), f"after it: {lines[1]}")
    expect(b"was in use before gpu_watch()" in run.stderr, f"the message: {run.stderr!r}")


@case("gpu_watch() twice, and in an R that was preloaded")
def twice():
    run = r("a <- gpu_watch()\nb <- gpu_watch()\ninvisible(work(2))\n"
            "cat(a$how, b$how, b$watching, gpu_kernels(), '\\n')")
    says(run, "late already TRUE 5 ")
    same(run.report["totals"]["kernels"], 5, "kernels")
    run = r("a <- gpu_watch()\ninvisible(work(2))\ncat(a$how, gpu_kernels(), '\\n')", spied=True)
    says(run, "preload 5 ")
    run = r("a <- gpu_watch()\ninvisible(work(2))\ncat(a$how, gpu_kernels(), '\\n')", spied=True,
            preload=(PACKAGED,))
    says(run, "preload 5 ")


@case("nothing was watched: NA, UNKNOWN, and no test passes")
def unwatched():
    run = r("cat(gpu_kernels(), gpu_report()$verdict, gpu_report()$reason, '\\n')\n"
            "for (f in list(expect_gpu, expect_no_gpu))\n"
            "  cat(tryCatch({f(1); 'passed'}, error = conditionMessage), '\\n')")
    words = "this R is not watched: gpu_watch() at the top of the tests "
    says(run, "NA unknown not-watched ", words, words)


@case("a record that was removed is no NO")
def removed():
    run = r("w <- gpu_watch()\nunlink(w$folder, recursive = TRUE)\nr <- gpu_report()\n"
            "cat(r$headline, r$no, gpu_kernels(), '\\n')\nunlink(list.files(w$folder))")
    says(run, "UNKNOWN FALSE NA ")
    run = r("w <- gpu_watch()\nunlink(list.files(w$folder, full.names = TRUE))\nr <- gpu_report()\n"
            "cat(r$headline, r$reason, r$no, gpu_kernels('process'), '\\n')")
    says(run, "UNKNOWN no-record FALSE NA ")


@case("no folder for the record: it is said, and R goes on")
def no_folder():
    run = r("w <- gpu_watch()\ncat(w$watching, is.na(gpu_kernels()), gpu_report()$no, '\\n')",
            env={"GPUSPY_DIR": "/proc/nothing"})
    succeeded(run)
    same(run.stdout, b"FALSE TRUE FALSE \n", "output")
    expect(b"left no record" in run.stderr, f"the warning: {run.stderr!r}")


@case("GPUSPY_DISABLE=1: nothing is watched, and that is said")
def disabled():
    run = r("w <- gpu_watch()\ncat(w$watching, w$how, '\\n')", env={"GPUSPY_DISABLE": "1"})
    says(run, "FALSE no ")
    expect(b"GPUSPY_DISABLE=1" in run.stderr, f"the warning: {run.stderr!r}")


@case("the words of a session that goes on")
def present():
    run = r("gpu_watch()\nx <- format(gpu_report())\ncat(x[1], x[length(x)], sep = '\\n')\n"
            "invisible(work(2))\ncat(format(gpu_report())[1], '\\n')")
    succeeded(run)
    lines = run.stdout.decode().splitlines()
    expect(lines[0].startswith("gpuspy: GPU work so far: NO  the program never asked for the GPU")
           and "(since " in lines[0], lines[0])
    expect("torch::cuda_is_available()" in lines[1], lines[1])
    expect(lines[2].startswith("gpuspy: GPU work so far: YES  SIMULATED  5 kernels ran"), lines[2])


@case("the report at R's end names R's functions for the next step, as gpu_report() does")
def end_in_r():
    def steps(said):
        return [line for line in said.decode().splitlines() if line.startswith("  next ")]
    run = r("gpu_watch()\ngpu_report()")
    succeeded(run)
    same(steps(run.stderr), steps(run.stdout), "the next step")
    expect("gpu_doctor()" in steps(run.stderr)[0] and b"gpuspy doctor" not in run.stderr, run.stderr)
    run = r("", spied=True, env={"GPUSPY_OUTPUT": None})
    expect(b"what is wrong: gpuspy doctor)" in run.stderr, f"preloaded: {run.stderr!r}")


@case("no driver: the reason and the step")
def no_driver():
    no_driver_here()
    run = r("gpu_watch()\ntry(work(1), silent = TRUE)\nr <- gpu_report()\n"
            "cat(r$headline, r$reason, is.na(r$doubt), '\\n')", sim=False)
    says(run, "NO driver-missing TRUE ")


@case("the second witness of a session that goes on: an open device, a driver elsewhere")
def witness():
    needs("reticulate")
    python = {"RETICULATE_PYTHON": "/usr/bin/python3", "RETICULATE_USE_MANAGED_VENV": "no"}
    for code in ("import os; os.memfd_create('gpuspy-simulated-device')",
                 "import ctypes; c = ctypes.CDLL(None); c.dlmopen.restype = ctypes.c_void_p; "
                 f"c.dlmopen(ctypes.c_long(-1), b'{SIM_LIB}/libcuda.so.1', 2)"):
        run = r("gpu_watch(report = FALSE)\nreticulate::py_run_string('x = 1')\n"
                "cat(gpu_report()$headline, '\\n')\n"
                f"reticulate::py_run_string({code!r})\n"
                "r <- gpu_report()\ncat(r$headline, r$reason, r$no, grepl('at its end', r$summary), "
                "'\\n')", env=python)
        says(run, "NO ", "UNKNOWN seen-otherwise FALSE FALSE ")


@case("gpu_watch(report = FALSE): no report at R's end")
def quiet():
    run = r("gpu_watch(report = FALSE)\ninvisible(work(1))\ncat(gpu_kernels(), '\\n')\n"
            "cat(Sys.getenv('GPUSPY_OUTPUT', 'unset'), '\\n')")
    says(run, "3 ", "unset ")
    same(run.stderr, b"", "standard error")
    same(run.report["totals"]["kernels"], 3, "kernels")


@case("expect_gpu() and expect_no_gpu()")
def expectations():
    run = r("""gpu_watch()
tell <- function(e) cat(tryCatch({e; "passed"}, error = conditionMessage), "\\n")
cat(expect_gpu(work(1)), "\\n")
tell(expect_gpu(work(1), kernels = 3))
tell(expect_gpu(work(1), kernels = 4))
tell(expect_gpu(sqrt(4)))
tell(expect_no_gpu(sqrt(4)))
tell(expect_no_gpu(work(1)))
tell(expect_gpu(stop("mine")))
""")
    says(run, "3 ", "passed ", "work(1) ran 3 kernels on the GPU, not 4 or more ",
         "sqrt(4) ran 0 kernels on the GPU, not 1 or more ", "passed ",
         "work(1) ran 3 kernels on the GPU ", "mine ")


@case("expect_no_gpu() does not pass where the driver was there before")
def late_expectation():
    run = r("""invisible(work(1))
gpu_watch(quiet = TRUE)
cat(tryCatch({expect_no_gpu(sqrt(4)); "passed"}, error = conditionMessage), "\\n")""")
    succeeded(run)
    expect(run.stdout.startswith(b"nobody knows whether sqrt(4) used the GPU (attached-late"),
           run.stdout)


@case("inside testthat they are expectations, and a failure is a failure")
def testthat():
    needs("testthat")
    run = r("""library(testthat)
gpu_watch()
file <- tempfile("test-", fileext = ".R")
writeLines(c('test_that("a", { expect_gpu(work(1)); expect_no_gpu(1) })',
  'test_that("b", { expect_gpu(1) })', 'test_that("c", { expect_no_gpu(work(1)) })'), file)
x <- as.data.frame(test_file(file, reporter = "silent", env = globalenv()))
cat(x$nb, "\\n", x$failed, "\\n")""")
    says(run, "2 1 1 ", " 0 1 1 ")


@case("expect_gpu(): words for long code and large numbers, and no test that cannot fail")
def expectation_words():
    run = r("""gpu_watch(report = FALSE)
tell <- function(e) cat(tryCatch({e; "passed"}, error = conditionMessage), "\\n")
tell(expect_gpu({a <- 1; sqrt(a)}, kernels = 1e5))
for (wrong in list(0, NA, "a", 1:2)) tell(expect_gpu(work(1), kernels = wrong))
""")
    says(run, "{ ... } ran 0 kernels on the GPU, not 100,000 or more: the program never asked for the GPU "
         "since gpuspy was loaded into it ", *["kernels must be one number, 1 or more "] * 4)


@case("the package unloaded and loaded again: the same session, and how it began")
def reload():
    run = r("""gpu_watch(report = FALSE)
invisible(work(3))
for (i in 1:20) gpu_report()
detach("package:gpuspy", unload = TRUE)
for (i in 1:3) gc()
invisible(work(1))
library(gpuspy)
cat(gpu_watch()$how, gpu_kernels(), gpu_sitrep()$facts$watched, "\\n")""")
    says(run, "already 10 yes, by gpu_watch() ")


@case("a folder without room: not known is not 0")
def full():
    folder = tempfile.mkdtemp(prefix="gpuspy-full-")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder],
                          capture_output=True, check=False)
    if done.returncode:
        os.rmdir(folder)
        raise Skip("no file system may be mounted here")
    try:
        run = r("w <- gpu_watch()\ninvisible(work(3))\ncat(w$watching, gpu_kernels(), "
                "gpu_report()$verdict, gpu_watch()$watching, '\\n')\n"
                "cat(tryCatch(expect_gpu(work(1)), error = conditionMessage), '\\n')",
                env={"GPUSPY_DIR": folder})
    finally:
        subprocess.run(["umount", folder], check=False)
        os.rmdir(folder)
    lines = run.stdout.decode().splitlines()
    same(lines[0], "FALSE NA unknown FALSE ", f"what R says ({run.stderr!r})")
    expect("left no record that can be read" in lines[1], lines[1])
    expect(b"YES  SIMULATED  at least 10 kernels" in run.stderr, run.stderr)


@case("gpu_run(): the value, the report, and only the child's")
def run_child():
    needs("callr") # which shows the errors of children in its older versions
    run = r("""done <- gpu_run(function(work, n) work(n), list(work, 10))
cat(done$result, done$report$headline, done$report$totals[["kernels"]], done$report$running, "\\n")
cat(is.na(gpu_kernels()), nrow(done$report$gaps), "\\n")
cat(gpu_run(sum, list(0, 1))$report$headline, "\\n")
x <- gpu_run(function(work) { work(2); stop("mine") }, list(work), show = FALSE, error = "return")
cat(inherits(x$error, "error"), x$report$totals[["kernels"]], "\\n")
x <- tryCatch(gpu_run(function() stop("mine"), show = FALSE), error = identity)
cat(x$report$headline, "\\n")
gpu_watch(report = FALSE)
invisible(work(1))
done <- gpu_run(function(work) work(3), list(work))
cat(gpu_kernels(), done$report$totals[["kernels"]], "\\n")""")
    says(run, "21 YES 21 FALSE ", "TRUE 0 ", "NO ", "TRUE 5 ", "NO ", "3 7 ")


@case("gpu_run() without callr")
def run_without_callr():
    run = r("""ns <- asNamespace("gpuspy")
child <- get("run_by_rscript", ns)
assign("run_by_callr", child, envir = environment())
unlockBinding("run_by_callr", ns); assign("run_by_callr", child, envir = ns)
done <- gpu_run(function(work, n) work(n), list(work, 4), show = FALSE)
cat(done$result, done$report$totals[["kernels"]], Sys.getenv("LD_PRELOAD"), "\\n")
cat(tryCatch(gpu_run(function() stop("mine"), show = FALSE), error = conditionMessage), "\\n")
cat(gpu_run(function() quit(status = 3), error = "return")$report$headline, "\\n")""")
    says(run, "9 9  ", "mine ", "NO ")


# Each of three ways to watch the R that calls gpu_run(): its first lines of output, and its last word.
def in_watched(code):
    code = "gpu_watch(quiet = TRUE)\n" + BY_RSCRIPT + code
    script = tempfile.NamedTemporaryFile("w", suffix=".R")
    script.write("library(gpuspy)\n" + WORK + code)
    script.flush()
    command = [program("Rscript"), script.name]
    for way, run in (("late", r("", command=command)), ("preload", r("", command=command, spied=True, env={"GPUSPY_OUTPUT": None})),
                     ("run", r("", command=[GPUSPY, "run", *command]))):
        words = [line for line in run.stderr.decode().splitlines() if line.startswith("gpuspy: GPU work: ")]
        expect(words, f"{way}: no report: {run.stderr!r}")
        yield way, run.stdout.decode().splitlines(), words[-1]
    script.close()


BY_RSCRIPT = """
by_rscript <- function() {
  ns <- asNamespace("gpuspy")
  unlockBinding("run_by_callr", ns)
  assign("run_by_callr", get("run_by_rscript", ns), envir = ns)
}
tell <- function(x) cat(x$report$headline, gpu_report()$headline, "\\n")
"""


@case("gpu_run() in a watched R: a NO leaves that one's NO, a YES does not")
def run_in_watched():
    no = "tell(gpu_run(function() 1 + 1, show = FALSE))\n"
    for way, said, last in in_watched(no + no + "by_rscript()\n" + no):
        same(said, ["NO NO "] * 3, f"{way}: child and caller")
        expect(last.startswith("gpuspy: GPU work: NO "), f"{way}: {last}")
    for how in "", "by_rscript()\n":
        for way, said, last in in_watched(how + no + "tell(gpu_run(function(w) w(2), list(work), show = FALSE))\n" + no):
            same(said, ["NO NO ", "YES UNKNOWN ", "NO UNKNOWN "], f"{way}: child and caller")
            expect(last.startswith("gpuspy: GPU work: UNKNOWN "), f"{way}: {last}")


@case("gpu_run() whose child left something running, or that did not come to its end: no NO")
def run_unsettled():
    for command, child in (f"sleep {3 * SLOWER}; exec Rscript -e 1", "UNKNOWN"), (f"exec sleep {3 * SLOWER}", "NO"):
        left = f"({command}) >/dev/null 2>&1 </dev/null &"
        for way, said, last in in_watched(f"tell(gpu_run(function() system({left!r}), show = FALSE))"):
            same(said, [f"{child} UNKNOWN "], f"{way}, {command}: child and caller")
            expect(last.startswith("gpuspy: GPU work: UNKNOWN "), f"{way}: {last}")
    killer = ("gpu_run(function(w, caller) { w(2); tools::pskill(caller, 9) }, list(work, Sys.getpid()))\n")
    script = "library(gpuspy)\n" + WORK + killer
    run = r("", command=[GPUSPY, "run", program("Rscript"), "-e", script])
    expect(b"gpuspy: GPU work: UNKNOWN " in run.stderr, run.stderr)


@case("arguments that are none: one line says so, and nothing was done")
def odd_arguments():
    run = r("""tell <- function(e) cat(tryCatch({e; "no error"}, error = conditionMessage), "\\n")
tell(gpu_watch(report = NA)); tell(gpu_watch(record = "x")); tell(gpu_watch(quiet = c(TRUE, TRUE)))
cat(gpu_kernels(), "\\n")
tell(gpu_run(sum, 1:3)); tell(gpu_run(sum, show = NA))
for (pid in list("abc", NA, -1, 0, 2^31, 1.5, c(1, 2), character(), TRUE)) tell(gpu_doctor(pid))
cat(gpu_run(`if`, list(TRUE, 1, 2))$result, "\\n")""")
    says(run, "report must be TRUE or FALSE ", "record must be TRUE or FALSE ",
         "quiet must be TRUE or FALSE ", "NA ", "args must be a list ", "show must be TRUE or FALSE ",
         *["pid must be the number of one process "] * 9, "1 ")


@case("a child that crashes leaves a report")
def crash():
    needs("callr")
    run = r("""x <- gpu_run(function(work) { work(2); tools::pskill(Sys.getpid(), 9) }, list(work),
  error = "return")
cat(is.null(x$error), x$report$totals[["kernels"]], x$report$headline, "\\n")""")
    says(run, "FALSE 5 YES ")


@case("a document of knitr's: a line under a chunk, and a plot")
def knitr():
    needs("knitr")
    run = r("""library(knitr)
setwd(tempdir())
writeLines(c("```{r}", "library(gpuspy); gpu_watch(report = FALSE)", "```", "",
  "```{r, gpuspy=TRUE}", "invisible(work(2))", "```", "",
  "```{r, gpuspy=TRUE}", "1", "```", "", "```{r bars, gpuspy='plot'}", "invisible(work(1))", "```"),
  "a.Rmd")
invisible(knit("a.Rmd", quiet = TRUE, envir = globalenv()))
x <- readLines("a.md")
cat(sub(", in [0-9.]+ s", "", grep("^[*]GPU", x, value = TRUE)), sep = "\\n")
cat(sum(grepl("gpuspy.*png", x)), file.size(list.files(pattern = "gpuspy.*png$", recursive = TRUE,
  full.names = TRUE)) > 1000, "\\n")""")
    says(run, "*GPU (SIMULATED): 5 kernels ran in this chunk*",
         "*GPU (SIMULATED): no kernel ran in this chunk*", "1 TRUE ")


@case("knitr: a chunk that begins the watch, one with a child document, errors")
def knitr_odd():
    needs("knitr")
    run = r("""library(knitr)
setwd(tempdir())
writeLines(c("```{r, gpuspy=TRUE}", "invisible(work(1))", "```"), "child.Rmd")
unwatched <- gpu_report()
writeLines(c("```{r a, gpuspy=TRUE}", "gpu_watch(report = FALSE); invisible(work(1))", "```", "",
  "```{r, gpuspy=TRUE}", "invisible(work(2)); x <- knit_child('child.Rmd', quiet = TRUE)", "```", "",
  "`r x`", "", "```{r, gpuspy=TRUE, error=TRUE}", "invisible(work(1)); stop('mine')", "```", "",
  "```{r, gpuspy=TRUE}", "invisible(work(3))", "```"), "a.Rmd")
invisible(knit("a.Rmd", quiet = TRUE, envir = globalenv()))
x <- readLines("a.md")
cat(sub(", in [0-9.]+ s", "", grep("^[*]GPU", x, value = TRUE)), sep = "\\n")
cat(gpuspy:::kernels_between(unwatched, gpu_report()), "\\n")
try(knit(text = c("```{r, gpuspy=TRUE}", "stop('mine')", "```"), quiet = TRUE), silent = TRUE)
x <- knit(text = c("```{r, gpuspy=TRUE}", "invisible(work(2))", "```"), quiet = TRUE)
cat(grepl("5 kernels ran in this chunk,", x), "\\n")""")
    succeeded(run)
    lines = run.stdout.decode().splitlines()
    same(lines[:6], ["*GPU (SIMULATED): 3 kernels ran in this chunk, since gpu_watch()*",
                     *[f"*GPU (SIMULATED): {n} kernels ran in this chunk*" for n in (8, 3, 3, 7)], "8 5 8 "],
         "lines under chunks")
    same(lines[-1], "TRUE ", "after an error")


@case("an R whose decimal mark is a comma")
def comma():
    run = r("""options(OutDec = ",", warn = 2)
gpu_watch(report = FALSE)
invisible(work(2)); x <- capture.output(summary(gpu_report()), print(gpu_report()))
cat(tryCatch(expect_gpu(work(1), 1e6), error = conditionMessage), "\\n")""")
    says(run, "work(1) ran 3 kernels on the GPU, not 1,000,000 or more ")


@case("knitr: a document that nobody watches says so")
def knitr_unwatched():
    needs("knitr")
    run = r("""library(knitr)
x <- knit(text = c("```{r, gpuspy=TRUE}", "1", "```", ""), quiet = TRUE)
cat(grep("GPU", strsplit(x, "\\n")[[1]], value = TRUE), "\\n")""")
    says(run, "*GPU: not watched by gpuspy* ")


@case("knitr: the chunk that attaches gpuspy, a document in LaTeX, and after the package was unloaded")
def knitr_attached():
    needs("knitr")
    run = r("""unloadNamespace("gpuspy")
chunk <- c("```{r, gpuspy=TRUE}", "library(gpuspy); gpu_watch(report = FALSE); invisible(work(1))", "```", "")
library(knitr)
cat(grepl("3 kernels ran in this chunk, since gpu_watch()", knit(text = chunk, quiet = TRUE), fixed = TRUE), "")
opts_knit$set(out.format = "latex")
cat(grepl("\\\\emph{a\\\\_b}", gpuspy:::emphasised("a_b"), fixed = TRUE), "")
opts_knit$set(out.format = "markdown")
unloadNamespace("gpuspy")
cat(grepl("GPU", knit(text = c("```{r, gpuspy=TRUE}", "1", "```", ""), quiet = TRUE)))""")
    says(run, "TRUE TRUE FALSE")


@case("no /proc: nobody can look, so no NO, and expect_no_gpu() does not pass")
def without_proc():
    code = "mount -t tmpfs none /proc && exec \"$0\" -"
    if os.geteuid() or subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/proc"],
                                      capture_output=True, check=False).returncode:
        raise Skip("only root can hide /proc")
    run = Run(["unshare", "-m", "sh", "-c", code, program("Rscript")], environment(), spied=False,
              input=b"library(gpuspy)\ngpu_watch(report = FALSE)\nr <- gpu_report()\n"
              b"cat(r$headline, r$reason, inherits(try(expect_no_gpu(1), silent = TRUE), 'try-error'), '\\n')")
    says(run, "UNKNOWN no-witness TRUE ")


@case("the tables, the summary and the plots")
def tables():
    run = r("""gpu_watch()
invisible(work(5))
r <- gpu_report()
k <- as.data.frame(r)
cat(k$kernel[1], k$launches, sum(k$launches), "\\n")
f <- as.data.frame(r, what = "functions")
cat(f$calls[f$name == "cuLaunchKernel"], "\\n")
t <- as.data.frame(r, what = "totals")
cat(t$value[t$figure == "kernels"], t$value[t$figure == "host_to_device_bytes"] > 0, "\\n")
p <- as.data.frame(r, what = "processes")
cat(p$pid == Sys.getpid(), p$late, p$kernels, abs(as.numeric(Sys.time() - p$started)) < 60, "\\n")
cat(as.data.frame(r, what = "devices")$name, "\\n")
s <- summary(r)
cat(class(s), s$totals[["kernels"]], s$processes_with_kernels, s$devices, "\\n")
png(file.path(tempdir(), "a.png"))
for (what in c("kernels", "processes", "devices")) stopifnot(identical(plot(r, what), r))
plot(gpu_report(), top = 1, main = "mine", xlab = "runs", col = "red")
stopifnot(all(r$functions$calls > 0))
invisible(dev.off())
""")
    says(run, "gpuspy_example_gradient 5 5 1 11 ", "11 ", "11 TRUE ", "TRUE TRUE 11 TRUE ",
         "Simulated GPU 0 ", "summary.gpu_report 11 1 Simulated GPU 0 ")


@case("gpu_kernels() takes less than a millisecond, with some workers too")
def fast():
    run = r("""gpu_watch()
invisible(work(5))
invisible(parallel::mclapply(1:4, function(i) Sys.getpid(), mc.cores = 2))
# The least of many short looks: a machine that tests is busy with other things, too.
took <- min(replicate(200, system.time(for (i in 1:5) gpu_kernels())[["elapsed"]] / 5))
limit <- 0.001 * as.numeric(Sys.getenv("SLOWER"))
cat(took < limit, "\\n", file = stdout())
if (took >= limit) cat(took, "\\n", file = stderr())""", env={"SLOWER": str(SLOWER)})
    says(run, "TRUE ")


@case("gpu_doctor(): the command's findings, and nothing of it is counted")
def doctor():
    run = r("""gpu_watch()
d <- gpu_doctor()
cat(d$usable, d$simulated, nrow(d$findings) > 3, all(d$findings$level %in% c("ok", "problem", "note")),
  "\\n")
cat(gpu_kernels(), gpu_report()$reason, nrow(gpu_report()$processes), "\\n")
d <- gpu_doctor(Sys.getpid())
cat(is.na(d$summary), grepl(Sys.getpid(), d$summary), "\\n")
cat(inherits(tryCatch(gpu_doctor(2^22 - 1), error = identity), "error"), "\\n")""")
    says(run, "TRUE TRUE TRUE TRUE ", "0 never-asked 1 ", "FALSE TRUE ", "TRUE ")


@case("gpu_sitrep()")
def sitrep():
    run = r("""x <- gpu_sitrep()$facts
cat(x$watched, x$session, "\\n")
gpu_watch(report = FALSE)
x <- gpu_sitrep()
cat(x$facts$watched, basename(x$facts$library), x$facts$workers, "\\n")
print(x)""")
    succeeded(run)
    lines = run.stdout.decode().splitlines()
    same(lines[:2], ["no: gpu_watch() NA ",
                     "yes, by gpu_watch() libgpuspy.so all are counted: LD_PRELOAD is set "], "facts")


@case("gpu_watch(record = TRUE): a record by the command, or a word")
def record():
    run = r("w <- gpu_watch(record = TRUE, report = FALSE)\ncat(is.na(w$record), '\\n')",
            env={"PATH": "/usr/bin:/bin"})
    says(run, "TRUE ")
    expect(b"needs the command gpuspy" in run.stderr, run.stderr)
    run = r("w <- gpu_watch(record = TRUE, report = FALSE)\n" f"Sys.sleep({1 * SLOWER})\ninvisible(work(3))\n"
            f"Sys.sleep({2.5 * SLOWER})\nx <- readLines(w$record)\ncat(length(x) > 2, any(grepl('kernels', x)), '\\n')",
            env={"GPUSPY_COMMAND": GPUSPY})
    says(run, "TRUE TRUE ")
    for pause in 0, 0.5:  # the recorder begins, or looks on, when R ends
        run = r(f"invisible(gpu_watch(record = TRUE, quiet = TRUE))\nSys.sleep({pause})", env={"GPUSPY_COMMAND": GPUSPY})
        succeeded(run)
        expect(b"gpuspy: GPU work: NO " in run.stderr, (pause, run.stderr))


@case("plot() of what is recorded is its time line: two phases and a pause; knitr draws it under a chunk")
def timeline():
    run = r("""Sys.sleep <- function(seconds) base::Sys.sleep(seconds * as.numeric(Sys.getenv("SLOWER")))
w <- gpu_watch(record = TRUE, report = FALSE)
Sys.sleep(1)
state <- asNamespace("gpuspy")$state
invisible(asNamespace("gpuspy")$chunk_hook(TRUE, list(gpuspy = TRUE)))
for (i in 1:8) { invisible(work(3)); Sys.sleep(0.1) }
Sys.sleep(1.5)
for (i in 1:8) { invisible(work(5)); Sys.sleep(0.1) }
Sys.sleep(0.5)
x <- gpu_report()
t <- as.data.frame(x, what = "timeline")
cat(x$record == w$record, max(t$kernels) == x$totals[["kernels"]], sum(diff(t$kernels)) == max(t$kernels),
    max(t$host_to_device_bytes) == x$totals[["host_to_device_bytes"]], "\\n")
pause <- asNamespace("gpuspy")$longest_pause(t$seconds, t$kernels)
cat(diff(pause) > 1.2 && pause[2] < max(t$seconds), abs(as.numeric(Sys.time() - max(t$time), units = "secs")) < 60, "\\n")
drawn <- function(what) {
  file <- tempfile()
  svg <- grDevices::pdf(file, compress = FALSE)
  if (missing(what)) plot(x) else plot(x, what)
  frames <<- par("mfrow")
  invisible(dev.off())
  grepl("longest pause", paste(readLines(file, warn = FALSE), collapse = ""), useBytes = TRUE)
}
cat(drawn(), drawn("timeline"), drawn("kernels"), frames, "\\n")
now <- gpu_report()
chunk <- as.data.frame(now, what = "timeline")
cat(sum(chunk$time >= state$chunks[[1]]$taken) > 5, "\\n")
x$record <- tempfile() # for to the other the recorder still writes
writeBin(c(charToRaw(readLines(w$record, 1)), as.raw(c(10, 255, 0, 10)), charToRaw('{"type":"sample"')), x$record)
cat(nrow(as.data.frame(x, what = "timeline")), drawn(), drawn("timeline"), "\\n")
start <- paste0('{"type":"start","monotonic_ns":5,"session":"', x$session, '"}')
few <- '{"type":"sample","monotonic_ns":1000000005,"session":{"live_bytes":1,"kernels":7,"errors":0}}'
writeLines(c(start, few, sub(":7", ":true", few)), x$record)
t <- as.data.frame(x, what = "timeline")
cat(nrow(t), t$seconds, t$kernels, is.na(t$time), t$host_to_device_bytes, "\\n")
invisible(file.remove(w$record, x$record))
cat(is.na(gpu_report()$record), nrow(as.data.frame(x, what = "timeline")), "\\n")
""", env={"GPUSPY_COMMAND": GPUSPY, "SLOWER": str(SLOWER)})
    says(run, "TRUE TRUE TRUE TRUE ", "TRUE TRUE ", "TRUE TRUE FALSE 1 1 ", "TRUE ", "0 FALSE FALSE ", "1 1 7 TRUE 0 ", "TRUE 0 ")


if __name__ == "__main__":
    main()
