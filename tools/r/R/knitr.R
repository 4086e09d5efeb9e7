# Under a chunk with the option gpuspy = TRUE (or "line") comes a line, with gpuspy = "plot" the
# kernels as bars. The hook is there as soon as gpuspy and knitr are.

gpu_knitr <- function() {
  if (!requireNamespace("knitr", quietly = TRUE)) stop("there is no package knitr", call. = FALSE)
  knitr::knit_hooks$set(gpuspy = chunk_hook)
  invisible(TRUE)
}

chunk_hook <- function(before, options, envir = NULL) {
  if (is.null(options$gpuspy) || isFALSE(options$gpuspy)) return(NULL)
  if (before) {
    state$chunk <- gpu_report()
    return(NULL)
  }
  started <- state$chunk
  now <- gpu_report()
  seconds <- as.numeric(difftime(now$taken, started$taken, units = "secs"))
  line <- chunk_line(started, now, seconds)
  if (identical(options$gpuspy, "plot")) chunk_plot(started, now, line, options)
  else paste0("\n\n*", line, "*\n\n")
}

chunk_line <- function(started, now, seconds) {
  ran <- now$totals[["kernels"]] - started$totals[["kernels"]]
  if (is.na(ran)) return("GPU: not watched by gpuspy")
  of <- if (now$simulated) "GPU (SIMULATED)" else "GPU"
  if (ran > 0)
    return(sprintf("%s: %s ran in this chunk, in %.1f s", of, counted(ran), seconds))
  if (!is.na(now$doubt)) return(paste0(of, ": not known: ", now$summary))
  paste0(of, ": no kernel ran in this chunk", if (now$no) paste0(" (so far: ", now$summary, ")"))
}

kernels_between <- function(started, now) {
  old <- stats::setNames(started$kernels$launches, started$kernels$kernel)
  new <- tapply(now$kernels$launches, now$kernels$kernel, sum)
  new <- stats::setNames(as.numeric(new), names(new))
  old <- tapply(old, names(old), sum)
  shared <- intersect(names(new), names(old))
  new[shared] <- new[shared] - old[shared]
  new
}

chunk_plot <- function(started, now, line, options) {
  bars <- if (nrow(now$kernels)) kernels_between(started, now) else numeric()
  file <- knitr::fig_path("-gpuspy.png", options, number = NULL)
  dir.create(dirname(file), recursive = TRUE, showWarnings = FALSE)
  grDevices::png(file, width = 7, height = 3.5, units = "in", res = 96)
  tryCatch(draw_bars(bars, line), finally = grDevices::dev.off())
  options$fig.cap <- NULL
  options$out.width <- options$out.height <- NULL
  options$fig.num <- 1L
  paste0("\n\n", knitr::knit_hooks$get("plot")(file, options), "\n\n")
}
