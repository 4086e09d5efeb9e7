# In a new R that is not watched: the driver is asked in forked children of that one, so nothing of
# it is counted here, and what hangs there hangs nobody here.
gpu_doctor <- function(pid = NULL) {
  if (!supported()) stop(nothing_to_watch(), call. = FALSE)
  file <- tempfile("gpuspy-doctor-", fileext = ".rds")
  on.exit(unlink(file))
  code <- sprintf(
    "loadNamespace(\"gpuspy\", lib.loc = %s); saveRDS(gpuspy:::examine(%d), %s)",
    deparse(dirname(package_folder())), if (is.null(pid)) 0L else as.integer(pid), deparse(file))
  said <- suppressWarnings(system2(
    file.path(R.home("bin"), "Rscript"), c("--vanilla", "-e", shQuote(code)),
    stdout = TRUE, stderr = TRUE, env = "GPUSPY_DISABLE=1"))
  if (!file.exists(file)) stop(utils::tail(c("the examination failed", said), 1L), call. = FALSE)
  found <- readRDS(file)
  found$findings <- as.data.frame(found$findings, stringsAsFactors = FALSE)
  structure(found, class = "gpu_doctor")
}

examine <- function(pid) .Call(C_package_doctor, pid, normalizePath("/proc/self/exe"))

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
