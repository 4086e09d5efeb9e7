# Which session this process counts in, and reading it. The verdict is made in C, by the code that
# the command `gpuspy` and the library at a program's end use.

state <- new.env(parent = emptyenv())
state$session <- NULL # its name
state$base <- NULL # the folder that it lies in
state$pid <- NULL # the process that was found to be watched: a forked child has another number

# Was the package built where there is something to watch?
supported <- function() exists("C_package_here", envir = topenv(), inherits = FALSE)

nothing_to_watch <- function() {
  paste0("gpuspy counts NVIDIA's CUDA on Linux (x86-64, aarch64); on ", Sys.info()[["sysname"]],
         " there is nothing to watch")
}

# libgpuspy.so and gpuspy-doctor are not R's, and have folders of their own.
# LD_PRELOAD cannot quote, so a path with a space or a colon is reached by a link without.
library_path <- function() {
  path <- file.path(package_folder(), "lib", "libgpuspy.so")
  link <- file.path(tempdir(), "gpuspy", "libgpuspy.so")
  if (can_be_preloaded(path) || !can_be_preloaded(link)) return(path)
  dir.create(dirname(link), showWarnings = FALSE)
  if (!file.exists(link)) suppressWarnings(file.symlink(path, link))
  if (file.exists(link)) link else path
}

package_folder <- function() getNamespaceInfo("gpuspy", "path")

here <- function() .Call(C_package_here)

base_folder <- function() .Call(C_package_base, Sys.getenv("GPUSPY_DIR"))

# Looks for the session of this process and keeps it. TRUE: there is one. A forked child, which has
# no record before its first call, goes on with what its parent found.
find_session <- function() {
  if (!supported()) return(FALSE)
  if (!is.null(state$session)) return(TRUE)
  base <- base_folder()
  name <- .Call(C_package_find, base)
  # With no room for the record there is a folder, and nothing of this process in it.
  if (!is.na(name) && !is.na(.Call(C_package_kernels, base, name, Sys.getpid())[[2L]])) {
    state$session <- name
    state$base <- base
    state$pid <- Sys.getpid()
  }
  !is.null(state$session)
}

# Is the library in this process, and counting? It is not if GPUSPY_DISABLE was set.
is_watched <- function() supported() && !is.na(here()$library) && find_session()

# Why nothing is known of this R, though somebody may have asked for it. NULL: nobody did.
obstacle <- function() {
  if (identical(Sys.getenv("GPUSPY_DISABLE"), "1"))
    return("GPUSPY_DISABLE=1 is set: nothing is counted")
  if (is.na(here()$library) || find_session()) return(NULL)
  paste0("libgpuspy.so was loaded and left no record that can be read in ", base_folder(),
         ": is that a folder of yours with room? GPUSPY_DIR names another, for an R started anew")
}

# The report of a session as C gives it, NULL where there is none. `pid`: that process is known to
# be watched; `look`: it is this one.
read_session <- function(base, name, pid = 0L, look = FALSE) {
  said <- .Call(C_package_report, base, name, as.integer(pid), look)
  if (is.null(said)) return(NULL)
  tables <- c("devices", "kernels", "functions", "libraries", "processes", "gaps")
  said[tables] <- lapply(said[tables], as.data.frame, stringsAsFactors = FALSE)
  # What gpuspy alone called is no call of this session.
  said$functions <- said$functions[said$functions$calls > 0, , drop = FALSE]
  row.names(said$functions) <- NULL
  moments <- c("started", "taken")
  said[moments] <- lapply(said[moments], as.POSIXct, origin = "1970-01-01")
  said$processes$started <- as.POSIXct(said$processes$started, origin = "1970-01-01")
  flags <- c("forked", "late")
  said$processes[flags] <- lapply(said$processes[flags], as.logical)
  said$libraries$loaded <- as.logical(said$libraries$loaded)
  said$record <- record_file(base, name)
  structure(said, class = "gpu_report")
}

# The columns of C's tables (src/tables.c), and no row: code that reads them need not ask first.
no_rows <- function(words = character(), numbers = character()) {
  columns <- c(rep(list(character()), length(words)), rep(list(numeric()), length(numbers)))
  data.frame(stats::setNames(columns, c(words, numbers)), stringsAsFactors = FALSE)
}

# A report where nothing was counted, for want of a session: it claims nothing.
no_report <- function(reason, summary, advice) {
  structure(list(
    verdict = "unknown", reason = reason, headline = "UNKNOWN", summary = summary,
    evidence = NA_character_, advice = advice, also = character(), at_least = FALSE, thin = FALSE,
    no = FALSE, doubt = reason, framework = NA_character_, session = NA_character_,
    simulated = FALSE, running = TRUE, started = as.POSIXct(NA), taken = Sys.time(),
    seconds = NA_real_, folded = 0, totals = c(kernels = NA_real_),
    devices = no_rows("name", c("device", "kernels", "live_bytes", "peak_bytes", "total_bytes")),
    kernels = no_rows("kernel", c("launches", "captured", "device")),
    functions = no_rows(c("layer", "library", "name"), c("calls", "errors", "last_error")),
    libraries = no_rows(c("name", "path", "error", "asked_by"), c("loaded", "version")),
    processes = no_rows(c("command", "state"), c("pid", "parent", "forked", "late", "started",
                                                 "kernels", "confirmed", "errors", "peak_bytes")),
    gaps = no_rows(c("gap", "hides", "text"), "count"),
    text = paste0("\n  next      ", advice), record = NA_character_), class = "gpu_report")
}
