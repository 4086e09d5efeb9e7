# The child's session has a name of its own, so that its report is of it alone. `told`: this R's session
# knows of it, and the library need not say so; "": it does.
child_variables <- function(session, output, told) {
  preloaded <- strsplit(Sys.getenv("LD_PRELOAD"), "[ :]")[[1L]]
  preloaded <- preloaded[nzchar(preloaded) & basename(preloaded) != "libgpuspy.so"]
  c(LD_PRELOAD = paste(c(library_path(), preloaded), collapse = ":"), GPUSPY_SESSION = session,
    GPUSPY_OWNER = "", GPUSPY_REPORT = "auto", GPUSPY_OUTPUT = output, GPUSPY_DISABLE = "",
    GPUSPY_TOLD = told, if (nzchar(told)) c(GPUSPY_RUN = ""))
}

# Who reports this R's session learns that there is a child of which it has nothing, whatever becomes of
# this R. Gives the session's name, "" if none was told.
tell_of_child <- function() {
  if (is_watched() && .Call(C_package_tell, state$base, state$session, TRUE)) state$session else ""
}

# A child that is known to have left the GPU alone, with all that it started, is no reason to doubt.
settle_child <- function(told, report, lives_on) {
  if (nzchar(told) && report$no && !report$running && !lives_on &&
      nrow(report$processes) + report$folded > 0)
    .Call(C_package_tell, state$base, told, FALSE)
}

# Does a process go on that has this session in its environment? What ends because R did gets a moment.
# Without /proc nobody knows.
session_lives_on <- function(session) {
  name <- charToRaw(paste0("GPUSPY_SESSION=", session))
  has_name <- function(file) {
    text <- tryCatch(suppressWarnings(readBin(file, "raw", 2^20)), error = function(e) raw())
    length(grepRaw(name, text, fixed = TRUE)) > 0L
  }
  for (i in 1:10) {
    files <- Sys.glob("/proc/[0-9]*/environ")
    if (length(files) && !any(vapply(files, has_name, NA))) return(FALSE)
    Sys.sleep(0.01)
  }
  TRUE
}

gpu_run <- function(func, args = list(), show = TRUE, error = c("stop", "return")) {
  error <- match.arg(error)
  func <- match.fun(func)
  require_flags(show = show)
  if (!is.list(args)) stop("args must be a list", call. = FALSE)
  # A function like sum() has no environment, and callr wants one.
  if (is.primitive(func))
    func <- eval(bquote(function(...) do.call(.(str2lang(deparse(func))), list(...))), globalenv())
  if (!supported()) stop(nothing_to_watch(), call. = FALSE)
  if (!can_be_preloaded(library_path()))
    stop("LD_PRELOAD cannot hold a path with spaces or colons: ", library_path(),
         " (and TMPDIR has some, too)", call. = FALSE)
  state$runs <- c(state$runs, 1L)
  session <- sprintf("gpu_run-%d-%d-%d", Sys.getpid(), as.integer(Sys.time()), length(state$runs))
  output <- tempfile("gpuspy-")
  on.exit(unlink(output))
  told <- tell_of_child()
  variables <- child_variables(session, output, told)
  child <- if (requireNamespace("callr", quietly = TRUE)) run_by_callr else run_by_rscript
  failed <- NULL
  result <- tryCatch(child(func, args, variables, show), error = function(e) failed <<- e)
  lives_on <- nzchar(told) && session_lives_on(session)
  report <- read_session(base_folder(), session)
  if (is.null(report))
    report <- no_report("no-record", "the child left no record that can be read",
                        "GPUSPY_DIR= a folder of your own with room; gpu_sitrep() shows it")
  settle_child(told, report, lives_on)
  done <- structure(list(result = if (is.null(failed)) result, report = report, error = failed),
                    class = "gpu_run")
  if (is.null(failed) || error == "return") return(done)
  failed$report <- report
  stop(failed)
}

run_by_callr <- function(func, args, variables, show) {
  callr::r(func, args = args, env = c(callr::rcmd_safe_env(), variables), show = show,
           spinner = FALSE)
}

# What callr does, in short: without callr.
run_by_rscript <- function(func, args, variables, show) {
  files <- file.path(tempfile("gpu_run-"), c("call.rds", "result.rds", "script.R"))
  dir.create(dirname(files[[1L]]))
  on.exit(unlink(dirname(files[[1L]]), recursive = TRUE))
  environment(func) <- globalenv()
  saveRDS(list(func = func, args = args, libraries = .libPaths()), files[[1L]])
  writeLines(c(
    sprintf("call <- readRDS(%s)", deparse(files[[1L]])), ".libPaths(call$libraries)",
    "said <- tryCatch(list(value = do.call(call$func, call$args)),",
    "  error = function(e) list(error = conditionMessage(e)))",
    sprintf("saveRDS(said, %s)", deparse(files[[2L]]))), files[[3L]])
  old <- Sys.getenv(names(variables), NA, names = TRUE)
  on.exit(restore_variables(old), add = TRUE)
  do.call(Sys.setenv, as.list(variables))
  status <- system2(file.path(R.home("bin"), "Rscript"), shQuote(files[[3L]]),
                    stdout = if (show) "" else FALSE, stderr = if (show) "" else FALSE)
  restore_variables(old)
  if (!file.exists(files[[2L]])) stop("the child ended with status ", status, call. = FALSE)
  said <- readRDS(files[[2L]])
  if (!is.null(said$error)) stop(said$error, call. = FALSE)
  said$value
}

restore_variables <- function(old) {
  Sys.unsetenv(names(old)[is.na(old)])
  if (any(!is.na(old))) do.call(Sys.setenv, as.list(old[!is.na(old)]))
}

print.gpu_run <- function(x, ...) {
  if (is.null(x$error)) print(x$result, ...)
  else cat("Error:", conditionMessage(x$error), "\n")
  print(x$report)
  invisible(x)
}
