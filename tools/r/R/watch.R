# ld.so(8): a space or a colon ends it.
can_be_preloaded <- function(path) !grepl("[ :]", path)

require_flags <- function(...) {
  flags <- list(...)
  for (name in names(flags))
    if (!isTRUE(flags[[name]]) && !isFALSE(flags[[name]]))
      stop(name, " must be TRUE or FALSE", call. = FALSE)
}

describe_watch <- function(how, library = NA_character_, words = NULL) {
  report <- if (how != "no") gpu_report()
  structure(list(
    watching = how != "no", how = how, library = library,
    session = if (how != "no") state$session else NA_character_,
    folder = if (how != "no") file.path(state$base, state$session) else NA_character_,
    driver_before = !is.null(report) && "attached-late" %in% report$gaps$gap,
    children = can_reach_children(), words = words), class = "gpu_watch")
}

can_reach_children <- function() {
  preloaded <- strsplit(Sys.getenv("LD_PRELOAD"), "[ :]")[[1L]]
  any(basename(preloaded) == "libgpuspy.so")
}

gpu_watch <- function(report = TRUE, record = FALSE, quiet = FALSE) {
  require_flags(report = report, record = record, quiet = quiet)
  if (!supported()) {
    if (!quiet) message(nothing_to_watch())
    return(invisible(describe_watch("no", words = nothing_to_watch())))
  }
  done <- if (is_watched()) attached_already() else attach_now(report)
  if (done$watching && record) done$record <- start_record(quiet)
  if (!quiet) tell_watch(done)
  invisible(done)
}

attached_already <- function() {
  describe_watch(if (came_late()) "already" else "preload", here()$library)
}

# The record knows, also after the package was unloaded and came again. A forked child may have none.
came_late <- function() {
  processes <- gpu_report()$processes
  any(processes$late[processes$pid == state$pid])
}

# What stands in the way is said once, as a warning, and the session goes on.
attach_now <- function(report) {
  if (!is.null(obstacle())) return(describe_watch("no", here()$library, obstacle()))
  library <- library_path()
  output <- Sys.getenv("GPUSPY_OUTPUT", NA)
  if (!report) {
    Sys.setenv(GPUSPY_OUTPUT = "/dev/null")
    on.exit(if (is.na(output)) Sys.unsetenv("GPUSPY_OUTPUT") else Sys.setenv(GPUSPY_OUTPUT = output))
  }
  problem <- tryCatch({
    dyn.load(library, local = FALSE)
    NULL
  }, error = conditionMessage)
  if (!is.null(problem)) return(describe_watch("no", library, problem))
  if (!find_session()) return(describe_watch("no", library, obstacle()))
  describe_watch("late", library)
}

tell_watch <- function(done) {
  if (!done$watching) {
    warning("gpuspy: this R is not watched: ", done$words, call. = FALSE)
  } else if (!done$children && can_be_preloaded(done$library)) {
    message("gpuspy: workers that are started anew are not counted: LD_PRELOAD does not name ",
            "libgpuspy.so (it was unset, or R runs in a program like sshd or tmux)")
  } else if (!done$children) {
    message("gpuspy: LD_PRELOAD cannot hold a path with spaces or colons, so workers that are ",
            "started anew are not counted: ", done$library, " (and TMPDIR has some, too)")
  } else if (done$driver_before && done$how == "late") {
    message("gpuspy: the GPU's driver was in use before gpu_watch(): what was before is not ",
            "counted. Call it at the top of the script, before library(keras3) or library(torch).")
  }
}

start_record <- function(quiet) {
  command <- gpuspy_command()
  if (is.na(command)) {
    if (!quiet) message("gpuspy: record = TRUE needs the command gpuspy, and there is none in PATH")
    return(NA_character_)
  }
  file <- tempfile("gpuspy-record-", fileext = ".jsonl")
  system2(command, c("record", "-o", shQuote(file), Sys.getpid()), wait = FALSE, stdout = FALSE,
          stderr = FALSE)
  file
}

gpuspy_command <- function() {
  found <- c(Sys.getenv("GPUSPY_COMMAND"), Sys.which("gpuspy"))
  found <- found[nzchar(found) & file.access(found, 1L) == 0L]
  if (length(found)) found[[1L]] else NA_character_
}

print.gpu_watch <- function(x, ...) {
  ways <- c(late = "by gpu_watch(), in the running R", already = "by an earlier gpu_watch()",
            preload = "from the start of R, by LD_PRELOAD")
  if (!x$watching) {
    cat("gpuspy: this R is not watched: ", x$words, "\n", sep = "")
    return(invisible(x))
  }
  cat("gpuspy: this R is watched ", ways[[x$how]], "\n", sep = "")
  if (x$driver_before) cat("  before    the GPU's driver was in use already\n")
  cat("  workers   ", if (x$children) "all are counted" else "forked ones are counted, others not",
      "\n  session   ", x$folder, "\n", sep = "")
  invisible(x)
}
