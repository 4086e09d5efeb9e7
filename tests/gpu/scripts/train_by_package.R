# train.R in an R that is watched by the package:
#
#   Rscript train_by_package.R watch|run TRAIN.R
#
# Prints what gpu_report() says, as package.R does.

how <- commandArgs(trailingOnly = TRUE)[[1L]]
script <- commandArgs(trailingOnly = TRUE)[[2L]]
if (!requireNamespace("gpuspy", quietly = TRUE)) {
  message("train_by_package.R: no R package gpuspy: ", paste(.libPaths(), collapse = " "))
  quit(status = 77)
}
library(gpuspy)

commandArgs <- function(...) character() # train.R's own are none
train <- function(script) source(script, local = new.env(parent = globalenv()))
if (how == "watch") {
  gpu_watch()
  train(script)
  report <- gpu_report()
} else {
  report <- gpu_run(function(script) {
    environment <- new.env(parent = globalenv())
    environment$commandArgs <- function(...) character()
    sys.source(script, environment)
  }, list(script))$report
}
cat(sprintf('RESULT {"headline": "%s", "reason": "%s", "kernels": %.0f, "gaps": %d}\n', report$headline,
            report$reason, report$totals[["kernels"]], nrow(report$gaps)))
print(report)
