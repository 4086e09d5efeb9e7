# Under a chunk with the option gpuspy = TRUE (or "line") comes a line, with gpuspy = "plot" the
# time line of the chunk if there is a record with more than a moment of it, else the kernels as bars.
# The hook is there as soon as gpuspy and knitr are.

gpu_knitr <- function() {
  if (!requireNamespace("knitr", quietly = TRUE)) stop("there is no package knitr", call. = FALSE)
  knitr::knit_hooks$set(gpuspy = chunk_hook)
  invisible(TRUE)
}

chunk_hook <- function(before, options, envir = NULL) {
  if (is.null(options$gpuspy) || isFALSE(options$gpuspy)) return(NULL)
  if (before) {
    # A stack: a chunk may knit a child document.
    state$chunks <- c(state$chunks, list(gpu_report()))
    return(NULL)
  }
  # The chunk that attached gpuspy had no hook before it.
  started <- if (length(state$chunks)) state$chunks[[length(state$chunks)]]
             else no_report("not-watched", "", NA_character_)
  state$chunks <- state$chunks[-length(state$chunks)]
  now <- gpu_report()
  seconds <- as.numeric(difftime(now$taken, started$taken, units = "secs"))
  line <- chunk_line(started, now, seconds)
  if (identical(options$gpuspy, "plot")) chunk_plot(started, now, line, options)
  else emphasised(line)
}

# In the document's own language: LaTeX stops at an underscore, as in CUDA_VISIBLE_DEVICES.
emphasised <- function(line) {
  marks <- switch(c(knitr::opts_knit$get("out.format"), "markdown")[[1L]],
    latex = , sweave = , listings = c("\\end{kframe}\\emph{", "}\\begin{kframe}"),
    html = c("<p><em>", "</em></p>"), c("*", "*"))
  line <- if (grepl("emph", marks[[1L]])) gsub("([_%&#$])", "\\\\\\1", line)
          else gsub("<", "&lt;", gsub("&", "&amp;", line, fixed = TRUE), fixed = TRUE)
  paste0("\n\n", marks[[1L]], line, marks[[2L]], "\n\n")
}

chunk_line <- function(started, now, seconds) {
  before <- started$totals[["kernels"]]
  ran <- now$totals[["kernels"]] - if (is.na(before)) 0 else before
  if (is.na(ran)) return("GPU: not watched by gpuspy")
  chunk <- if (is.na(before)) "in this chunk, since gpu_watch()" else "in this chunk"
  of <- if (now$simulated) "GPU (SIMULATED)" else "GPU"
  if (ran > 0)
    return(sprintf("%s: %s ran %s, in %.1f s", of, counted(ran), chunk, seconds))
  if (!is.na(now$doubt)) return(paste0(of, ": not known: ", now$summary))
  paste0(of, ": no kernel ran ", chunk, if (now$no) paste0(" (so far: ", now$summary, ")"))
}

by_kernel <- function(report) {
  if (!nrow(report$kernels)) return(numeric())
  sums <- tapply(report$kernels$launches, report$kernels$kernel, sum)
  stats::setNames(as.numeric(sums), names(sums))
}

kernels_between <- function(started, now) {
  old <- by_kernel(started)
  new <- by_kernel(now)
  shared <- intersect(names(new), names(old))
  new[shared] <- new[shared] - old[shared]
  new
}

chunk_plot <- function(started, now, line, options) {
  timeline <- timeline_of(now)
  timeline <- timeline[which(timeline$time >= started$taken & timeline$time <= now$taken), ]
  recorded <- nrow(timeline) > 2L
  bars <- kernels_between(started, now)
  file <- knitr::fig_path("-gpuspy.png", options, number = NULL)
  dir.create(dirname(file), recursive = TRUE, showWarnings = FALSE)
  grDevices::png(file, width = 7, height = if (recorded) 5 else 3.5, units = "in", res = 96)
  tryCatch(if (recorded) draw_timeline(timeline, line) else draw_bars(bars, line),
           finally = grDevices::dev.off())
  options$fig.cap <- NULL
  options$out.width <- options$out.height <- NULL
  options$fig.num <- 1L
  paste0("\n\n", knitr::knit_hooks$get("plot")(file, options), "\n\n")
}
