# What this R session did on the GPU so far, asked from within. Base R alone.
#
#   source("gpuspy.R")          # in an R that was started with LD_PRELOAD=.../libgpuspy.so
#   gpuspy()                    # counters of this process and of the whole session, or NULL
#   gpu_kernels()               # how many kernels the session ran; 0 if none, NULL if not watched
#   expect_gpu(predict(model))  # fails unless that ran kernels; works inside testthat's tests
#   knitr::knit_hooks$set(gpuspy = gpuspy_knit_hook)   # notes the kernels of chunks with gpuspy=TRUE
#
# The command gpuspy is looked for in GPUSPY_COMMAND, beside the preloaded library, and in PATH.

# ---- The report

gpuspy_library <- function() {
  preloaded <- strsplit(Sys.getenv("LD_PRELOAD"), "[ :]")[[1]]
  found <- preloaded[basename(preloaded) == "libgpuspy.so"]
  if (length(found)) found[1] else NULL
}

gpuspy_command <- function() {
  library <- gpuspy_library()
  beside <- if (!is.null(library))
    file.path(dirname(library), c("../tools", "../bin", "../../bin"), "gpuspy")
  places <- c(Sys.getenv("GPUSPY_COMMAND"), beside, Sys.which("gpuspy"))
  found <- places[nzchar(places) & file.access(places, 1) == 0]
  if (length(found)) found[[1]] else NULL
}

# JSON, as `gpuspy report --json` writes it, to lists. Numbers are doubles: exact up to 2^53.
gpuspy_parse <- function(text) {
  pattern <- "\"(?:[^\"\\\\]|\\\\.)*\"|[-0-9.eE+]+|true|false|null|[]\\[{},:]"
  tokens <- regmatches(text, gregexpr(pattern, text, perl = TRUE))[[1]]
  at <- 0L
  take <- function() {
    at <<- at + 1L
    tokens[[at]]
  }
  unescape <- function(token) {
    inner <- substr(token, 2L, nchar(token) - 1L)
    if (!grepl("\\", inner, fixed = TRUE)) return(inner)
    # R reads the same escapes, but for "\/".
    inner <- gsub("\\/", "/", inner, fixed = TRUE)
    tryCatch(eval(parse(text = paste0("\"", inner, "\""))), error = function(e) inner)
  }
  members <- function(close, named) {
    made <- list()
    repeat {
      token <- take()
      if (token == close) return(made)
      if (token == ",") next
      if (named) {
        take() # the colon
        made[unescape(token)] <- list(value(take()))
      } else {
        made[length(made) + 1L] <- list(value(token))
      }
    }
  }
  value <- function(token) {
    switch(substr(token, 1L, 1L),
      "{" = members("}", TRUE),
      "[" = members("]", FALSE),
      "\"" = unescape(token),
      t = TRUE,
      f = FALSE,
      n = NULL,
      as.numeric(token))
  }
  value(take())
}

# The whole report of this session as a list; NULL where nothing is watched or nothing is there.
gpuspy_report <- function() {
  command <- gpuspy_command()
  if (is.null(gpuspy_library()) || is.null(command)) return(NULL)
  said <- suppressWarnings(system2(command, c("report", "--json", Sys.getpid()),
                                   stdout = TRUE, stderr = FALSE, env = "LD_PRELOAD="))
  if (!length(said) || !is.null(attr(said, "status"))) return(NULL)
  gpuspy_parse(paste(enc2utf8(said), collapse = "\n"))
}

# ---- The counters

gpuspy_figures <- function(scope, pid, totals) {
  data.frame(
    scope = scope, pid = pid,
    kernels = totals$kernels, launches = totals$launches, graph_kernels = totals$graph_kernels,
    confirmed = totals$confirmed_kernels, errors = totals$errors,
    driver_calls = totals$calls$driver, runtime_calls = totals$calls$runtime,
    cudnn_calls = totals$calls$cudnn, cublas_calls = totals$calls$cublas,
    live_bytes = totals$memory$live_bytes, peak_bytes = totals$memory$peak_bytes,
    to_device_bytes = totals$copies$host_to_device$bytes,
    back_bytes = totals$copies$device_to_host$bytes)
}

# Two rows, of this process and of the session: what started it and all that it started.
gpuspy <- function() {
  report <- gpuspy_report()
  own <- Filter(function(process) process$pid == Sys.getpid(), report$processes)
  if (!length(own)) return(NULL)
  rbind(gpuspy_figures("process", own[[1]]$pid, own[[1]]$totals),
        gpuspy_figures("session", NA, report$totals))
}

# scope "session" has the workers of parallel and the like in it, "process" has not.
gpu_kernels <- function(scope = c("session", "process")) {
  figures <- gpuspy()
  if (is.null(figures)) NULL else figures$kernels[figures$scope == match.arg(scope)]
}

# ---- Tests

# The value of the expression. Fails if it ran less than so many kernels, in any process of the
# session, and if nobody could know, for a test that cannot see must not pass.
expect_gpu <- function(expr, kernels = 1) {
  label <- paste(deparse(substitute(expr), nlines = 1L), collapse = "")
  before <- gpu_kernels()
  value <- force(expr)
  ran <- if (!is.null(before)) gpu_kernels() - before
  words <- if (is.null(ran))
    "this R is not watched: start it with LD_PRELOAD=.../libgpuspy.so"
  else
    sprintf("%s ran %.0f kernel%s on the GPU, not %.0f or more", label, ran,
            if (ran == 1) "" else "s", kernels)
  good <- !is.null(ran) && ran >= kernels
  if (isNamespaceLoaded("testthat")) testthat::expect(good, words)
  else if (!good) stop(words, call. = FALSE)
  invisible(value)
}

# ---- Documents

# For knitr::knit_hooks$set(gpuspy = gpuspy_knit_hook): a line under each chunk with gpuspy=TRUE.
gpuspy_knit_hook <- local({
  started <- NULL
  function(before, options, envir) {
    if (before) {
      started <<- gpu_kernels()
      return(NULL)
    }
    if (is.null(started)) return("\n\n*GPU kernels: not watched by gpuspy*\n\n")
    sprintf("\n\n*GPU kernels: %s*\n\n",
            format(gpu_kernels() - started, big.mark = ",", scientific = FALSE))
  }
})
