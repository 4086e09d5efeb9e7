# The next step is C's sentence, the same that `gpuspy report` prints. Only the commands in it are
# put as R's functions, for the package needs no command.
in_r <- c("gpuspy report --json lists all" = "as.data.frame(gpu_report(), what = \"functions\")",
          "gpuspy run --record FILE, gpuspy report --html FILE" = "gpu_watch(record = TRUE)",
          "(gpuspy run, or LD_PRELOAD)" = "(gpu_run())",
          "gpuspy doctor" = "gpu_doctor()")

advice_for_r <- function(report) {
  for (said in names(in_r)) report$advice <- sub(said, in_r[[said]], report$advice, fixed = TRUE)
  report$advice
}
