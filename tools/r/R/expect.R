# A test that cannot see must not pass: where nobody watches, both fail. Where there is nothing to
# watch at all, tests are skipped.

expect_gpu <- function(expr, kernels = 1) {
  label <- label_of(substitute(expr))
  if (!is.numeric(kernels) || length(kernels) != 1L || is.na(kernels) || kernels < 1)
    stop("kernels must be one number, 1 or more", call. = FALSE)
  refuse_elsewhere()
  before <- gpu_kernels()
  value <- force(expr)
  ran <- gpu_kernels() - before
  words <- if (is.na(ran)) why_unwatched()
           else sprintf("%s %s %s on the GPU, not %s or more%s", label,
                        if (nzchar(doubt <- why_doubted())) "was seen to run" else "ran",
                        counted(ran), whole(kernels), if (nzchar(doubt)) doubt else why_not())
  conclude(!is.na(ran) && ran >= kernels, words)
  invisible(value)
}

expect_no_gpu <- function(expr) {
  label <- label_of(substitute(expr))
  refuse_elsewhere()
  before <- gpu_kernels()
  value <- force(expr)
  report <- gpu_report()
  ran <- gpu_kernels() - before
  words <- if (is.na(ran)) why_unwatched()
           else if (ran > 0) sprintf("%s ran %s on the GPU", label, counted(ran))
           else if (!is.na(report$doubt)) sprintf(
             "nobody knows whether %s used the GPU (%s)", label, doubt_words(report))
           else ""
  conclude(!nzchar(words), words)
  invisible(value)
}

why_unwatched <- function()
  paste0("this R is not watched: ", c(obstacle(), "gpu_watch() at the top of the tests")[[1L]])

label_of <- function(expr) {
  lines <- deparse(expr, nlines = 2L)
  if (length(lines) == 1L) return(lines)
  paste0(lines[[1L]], if (is.call(expr) && identical(expr[[1L]], as.name("{"))) " ... }" else " ...")
}

counted <- function(n) {
  paste(whole(n), if (n == 1) "kernel" else "kernels")
}

# With a decimal comma as R's option, format() would warn.
whole <- function(n) format(n, big.mark = ",", decimal.mark = ".", scientific = FALSE, trim = TRUE)

# What the session as a whole says, if it says NO.
why_not <- function() {
  report <- gpu_report()
  if (report$no) paste0(": ", report$summary) else ""
}

doubt_words <- function(report)
  paste(c(report$doubt, report$gaps$text[!is.na(report$gaps$hides)]), collapse = ": ")

# There may have been more, and nobody knows.
why_doubted <- function() {
  report <- gpu_report()
  if (is.na(report$doubt)) "" else paste0(" (there may have been more: ", doubt_words(report), ")")
}

refuse_elsewhere <- function() {
  if (supported()) return(invisible())
  if (in_testthat()) testthat::skip(nothing_to_watch())
  stop(nothing_to_watch(), call. = FALSE)
}

in_testthat <- function() isNamespaceLoaded("testthat") && testthat::is_testing()

conclude <- function(good, words) {
  if (in_testthat()) testthat::expect(good, words)
  else if (!good) stop(words, call. = FALSE)
}
