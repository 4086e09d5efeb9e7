gpu_sitrep <- function() {
  watched <- is_watched()
  loaded <- if (supported()) here()
  base <- if (supported()) base_folder() else NA_character_
  facts <- list(
    gpuspy = as.character(utils::packageVersion("gpuspy")),
    R = paste0(getRversion(), ", ", R.version$platform),
    host = r_host(),
    system = if (supported()) "CUDA can be counted here" else nothing_to_watch(),
    watched = if (!watched) "no: gpu_watch()"
              else if (came_late()) "yes, by gpu_watch()" else "yes, from the start of R",
    library = if (is.null(loaded) || is.na(loaded$library)) NA_character_
              else normalizePath(loaded$library, mustWork = FALSE),
    driver = if (is.null(loaded) || is.na(loaded$driver)) "libcuda is not loaded" else loaded$driver,
    session = if (watched) state$session else NA_character_,
    folder = if (is.na(base)) base else paste0(base, folder_words(base)),
    workers = if (!watched) NA_character_
              else if (can_reach_children()) "all are counted: LD_PRELOAD is set"
              else "forked ones only: LD_PRELOAD does not name libgpuspy.so",
    command = gpuspy_command(),
    report = if (watched) first_line(gpu_report()) else NA_character_)
  packages <- c("callr", "knitr", "reticulate", "testthat", "keras3", "tensorflow", "torch")
  found <- vapply(packages, function(name) {
    path <- system.file(package = name)
    if (nzchar(path)) as.character(utils::packageVersion(name)) else NA_character_
  }, "")
  structure(list(facts = facts, packages = found), class = "gpu_sitrep")
}

# In which program this R runs, as far as it says so.
r_host <- function() {
  program <- tryCatch(basename(normalizePath("/proc/self/exe")), error = function(e) "",
                      warning = function(w) "")
  known <- c(rsession = "RStudio", ark = "Positron", Rserve = "Rserve", r = "littler")
  if (program %in% names(known)) return(known[[program]])
  if (isNamespaceLoaded("IRkernel")) return("Jupyter (IRkernel)")
  if (isTRUE(getOption("knitr.in.progress"))) return("knitr")
  if (in_testthat()) return("testthat")
  if (nzchar(program)) program else "R"
}

folder_words <- function(base) {
  if (!dir.exists(base)) return(" (made when it is needed)")
  if (file.access(base, 2L) != 0L) return(" (cannot be written: set GPUSPY_DIR)")
  ""
}

print.gpu_sitrep <- function(x, ...) {
  facts <- vapply(x$facts, function(fact) if (is.na(fact)) "-" else fact, "")
  cat(sprintf("%-10s %s\n", names(facts), facts), sep = "")
  there <- x$packages[!is.na(x$packages)]
  cat("packages   ", if (length(there)) paste(names(there), there, collapse = ", ") else "-",
      "\n", sep = "")
  invisible(x)
}
