# A program of its own looks, with this R's environment: the driver is asked in forked children, and
# nothing of that is to be counted here: the library does nothing in a program of that name.
gpu_doctor <- function(pid = NULL) {
  if (!is.null(pid) && !is_pid(pid))
    stop("pid must be the number of one process", call. = FALSE)
  if (!supported()) stop(nothing_to_watch(), call. = FALSE)
  about <- if (is.null(pid)) this_program() else c("-p", as.integer(pid))
  said <- suppressWarnings(system2(file.path(package_folder(), "bin", "gpuspy-doctor"),
                                   shQuote(about), stdout = TRUE))
  if (!is.null(attr(said, "status")))
    stop(if (is.null(pid)) "the examination failed" else paste("there is no process", pid),
         call. = FALSE)
  lines <- strsplit(enc2utf8(paste0(said, "\t.")), "\t", fixed = TRUE)
  known <- function(text) ifelse(nzchar(text), text, NA_character_)
  column <- function(i) vapply(lines[-1L], `[[`, "", i)
  structure(list(
    usable = lines[[1L]][[1L]] == "1", simulated = lines[[1L]][[2L]] == "1",
    summary = known(lines[[1L]][[3L]]),
    findings = data.frame(level = column(1L), subject = column(2L), text = column(3L),
                          fix = known(column(4L)), reason = known(column(5L)),
                          stringsAsFactors = FALSE)), class = "gpu_doctor")
}

# Where there is no /proc, R is taken for what it is called.
this_program <- function() {
  if (file.exists("/proc/self/exe")) normalizePath("/proc/self/exe")
  else file.path(R.home("bin"), "exec", "R")
}

is_pid <- function(pid) {
  is.numeric(pid) && length(pid) == 1L &&
    !is.na(pid) && pid >= 1 && pid <= .Machine$integer.max && pid == round(pid)
}

print.gpu_doctor <- function(x, ...) {
  if (!is.na(x$summary)) cat("gpuspy doctor: ", x$summary, "\n", sep = "")
  found <- x$findings
  fix <- ifelse(is.na(found$fix), "", paste0(" -- ", found$fix))
  cat(sprintf("%-8s %-10s %s%s\n", found$level, found$subject, found$text, fix), sep = "")
  if (is.na(x$summary)) {
    first <- found$text[found$level == "problem"]
    cat("gpuspy doctor: R ",
        if (x$usable) paste0("could use the GPU", if (x$simulated) " (SIMULATED)")
        else paste0("could not use a GPU here: ", c(first, "no reason found")[[1L]]),
        "\n", sep = "")
  }
  invisible(x)
}
