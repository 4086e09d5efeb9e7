# The R package as people meet it: gpu_watch(), gpu_run(), gpu_report() around the example's work.
#
#   Rscript package.R watch|late|run|nothing
#
# watch: at the top; late: after a first time of work; run: the work in a watched child; nothing: a
# child that does not touch the GPU. Prints what was launched and what the package says of it.

how <- commandArgs(trailingOnly = TRUE)[[1L]]
if (!requireNamespace("gpuspy", quietly = TRUE)) {
  message("package.R: no R package gpuspy: ", paste(.libPaths(), collapse = " "))
  quit(status = 77)
}
library(gpuspy)

# n rounds of training; gives the number of launched kernels. It has to work in a child, too.
work <- function(n, library = Sys.getenv("GPUSPY_EXAMPLE_LIBRARY")) {
  if (!is.loaded("gpu_open")) dyn.load(library)
  x <- matrix(as.double(1:80) / 80, 10L)
  opened <- .C("gpu_open", x, as.double(1:10), 10L, 8L, name = strrep(" ", 255), opened = 0L)$opened
  if (!opened) stop("the GPU cannot be had")
  did <- .C("gpu_train", as.integer(n), 0.01, loss = 0, launched = 0L, status = 0L)
  .C("gpu_close")
  if (did$status) stop("the GPU failed: ", did$status)
  did$launched
}

say <- function(report, launched, own = NA) {
  cat(sprintf(paste0('RESULT {"headline": "%s", "reason": "%s", "kernels": %.0f, "launched": %d, ',
                     '"own": %s, "gaps": %d, "simulated": %s, "device": "%s"}\n'),
              report$headline, report$reason, report$totals[["kernels"]], launched,
              if (is.na(own)) "null" else sprintf("%.0f", own), nrow(report$gaps),
              if (report$simulated) "true" else "false",
              c(report$devices$name[report$devices$kernels > 0], "none")[[1L]]))
  print(report)
}

if (how == "run" || how == "nothing") {
  done <- if (how == "run") gpu_run(work, list(10L)) else gpu_run(function() 42L)
  say(done$report, if (how == "run") done$result else 0L)
} else {
  if (how == "late") invisible(work(3L))
  watching <- gpu_watch()
  if (!watching$watching) stop("this R is not watched")
  launched <- work(10L)
  report <- gpu_report()
  say(report, launched, gpu_kernels())
  stopifnot(is.data.frame(as.data.frame(report)), nrow(as.data.frame(report)) > 0L || how == "late")
}
