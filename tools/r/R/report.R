gpu_report <- function() {
  if (!supported())
    return(no_report("not-supported", nothing_to_watch(), NA_character_))
  if (!is_watched())
    return(no_report("not-watched", "this R session is not watched",
                     c(obstacle(), "gpu_watch(), at the top of the script")[[1L]]))
  own <- identical(state$pid, Sys.getpid())
  report <- read_session(state$base, state$session, if (own) Sys.getpid() else 0L, own)
  if (is.null(report))
    return(no_report("no-record", paste0("the session's record cannot be read: ",
                                         file.path(state$base, state$session)),
                     "was it removed? start R anew"))
  # This session has no end yet: it was looked at now.
  now <- c("at its end the program had" = "this session has", "nobody could look at its end" = "nobody can look")
  for (words in names(now)) report$summary <- sub(words, now[[words]], report$summary, fixed = TRUE)
  report
}

gpu_kernels <- function(scope = c("session", "process")) {
  scope <- match.arg(scope)
  if (!supported()) return(NA_real_)
  # The library is never unloaded, so what was found once stays.
  if (is.null(state$session) && !is_watched()) return(NA_real_)
  counted <- .Call(C_package_kernels, state$base, state$session, Sys.getpid())
  forked <- !identical(state$pid, Sys.getpid())
  # Without this R's own record, which somebody removed, the session's number would be too low.
  if (!forked && is.na(counted[[2L]])) return(NA_real_)
  if (scope == "session") return(counted[[1L]])
  if (is.na(counted[[2L]]) && forked) 0 else counted[[2L]]
}

# "12:03", with the day where it is another one.
moment <- function(time) {
  if (is.na(time)) return(NA_character_)
  format(time, if (as.Date(time) == Sys.Date()) "%H:%M:%S" else "%Y-%m-%d %H:%M:%S")
}

first_line <- function(x) {
  now <- if (x$running) " so far" else ""
  since <- if (x$running && !is.na(x$started)) paste0(", since ", moment(x$started)) else ""
  paste0("gpuspy: GPU work", now, ": ", x$headline, "  ", if (x$simulated) "SIMULATED  ",
         x$summary, if (nzchar(since)) paste0("  (", sub("^, ", "", since), ")"))
}

# The lines below the first are C's.
format.gpu_report <- function(x, ...) {
  lines <- strsplit(x$text, "\n", fixed = TRUE)[[1L]]
  if (x$running) lines[[1L]] <- first_line(x)
  lines
}

print.gpu_report <- function(x, ...) {
  writeLines(format(x))
  invisible(x)
}

summary.gpu_report <- function(object, ...) {
  used <- object$processes[object$processes$kernels > 0, , drop = FALSE]
  structure(list(
    verdict = object$verdict, reason = object$reason, headline = object$headline,
    line = first_line(object), totals = object$totals,
    processes = nrow(object$processes), processes_with_kernels = nrow(used),
    devices = object$devices$name[object$devices$kernels > 0],
    kernels = utils::head(object$kernels[, c("kernel", "launches")], 5L),
    gaps = object$gaps), class = "summary.gpu_report")
}

print.summary.gpu_report <- function(x, ...) {
  cat(x$line, "\n", sep = "")
  shown <- x$totals[!is.na(x$totals) & x$totals > 0]
  if (length(shown))
    cat(sprintf("  %-22s %s\n", names(shown), whole(shown)), sep = "")
  cat(sprintf("  %d of %d processes ran kernels\n", x$processes_with_kernels, x$processes))
  if (nrow(x$gaps)) cat(sprintf("  not seen: %s\n", x$gaps$text), sep = "")
  invisible(x)
}

as.data.frame.gpu_report <- function(x, row.names = NULL, optional = FALSE, what = c("kernels",
    "devices", "functions", "libraries", "processes", "gaps", "totals", "timeline"), ...) {
  what <- match.arg(what)
  if (what == "timeline") return(timeline_of(x))
  if (what != "totals") return(x[[what]])
  data.frame(figure = names(x$totals), value = unname(x$totals), stringsAsFactors = FALSE)
}

# Without a record: no row.
timeline_of <- function(x) {
  timeline <- if (is.null(x$record) || is.na(x$record)) NULL else read_timeline(x$record, x$session)
  if (!is.null(timeline)) return(timeline)
  none <- numeric()
  data.frame(seconds = none, time = as.POSIXct(none, origin = "1970-01-01"), kernels = none, errors = none,
             live_bytes = none, host_to_device_bytes = none, device_to_host_bytes = none)
}

# The time line, where there is one and nothing else is asked for.
plot.gpu_report <- function(x, what = c("timeline", "kernels", "processes", "devices"), top = 10L, ...) {
  asked <- !missing(what)
  what <- match.arg(what)
  if (what == "timeline") {
    timeline <- timeline_of(x)
    drawable <- nrow(timeline) > 1L
    if (drawable) draw_timeline(timeline, first_line(x))
    else if (asked) draw_word("not recorded: gpu_watch(record = TRUE)", first_line(x))
    if (drawable || asked) return(invisible(x))
    what <- "kernels"
  }
  bars <- switch(what,
    kernels = stats::setNames(x$kernels$launches, x$kernels$kernel),
    processes = stats::setNames(x$processes$kernels,
                                paste(x$processes$pid, substr(x$processes$command, 1L, 20L))),
    devices = stats::setNames(x$devices$kernels, x$devices$name))
  draw_bars(bars, first_line(x), top, what, ...)
  invisible(x)
}

draw_bars <- function(bars, title, top = 10L, unit = "kernels", ...) {
  bars <- utils::head(sort(bars[bars > 0], decreasing = TRUE), top)
  asked <- list(...)
  if (!is.null(asked$main)) title <- asked$main
  asked$main <- NULL
  if (!length(bars)) {
    draw_word("no kernel", title)
    return(invisible())
  }
  names(bars) <- shortened(names(bars))
  room <- min(20, max(nchar(names(bars))) * 0.55, graphics::par("din")[[1L]] / graphics::par("csi") / 2)
  old <- graphics::par(mar = c(4, room + 1, 4, 1) + 0.1)
  on.exit(graphics::par(old))
  settings <- list(horiz = TRUE, las = 1L, cex.names = 0.8, xlab = "kernels")
  do.call(graphics::barplot, c(list(rev(bars)), utils::modifyList(settings, asked)))
  put_title(title)
}

# In the middle of the page, for the bars are at its right.
put_title <- function(title, line = -3) {
  width <- max(20, floor(graphics::par("din")[[1L]] * 10))
  lines <- paste(strwrap(title, width), collapse = "\n")
  graphics::mtext(lines, side = 3L, line = line, outer = TRUE, cex = 0.9 * graphics::par("cex"), font = 2L)
}

# Kernels of one template differ at their ends.
shortened <- function(names) {
  n <- nchar(names)
  ifelse(n > 40L, paste0(substr(names, 1L, 20L), "...", substr(names, n - 16L, n)), names)
}
