# What happened when, from the record that gpu_watch(record = TRUE) or `gpuspy run --record` has
# made: gpuspy-record(5). Of each line only the session's own figures are wanted, which come first.

# The record of a session, NA where there is none. Its recorder says in the session's folder where.
record_file <- function(base, session) {
  note <- file.path(base, session, "record")
  file <- if (is_filled(note)) readLines(note, 1L, warn = FALSE) else character()
  if (length(file) && is_filled(file)) file else NA_character_
}

# A file with something in it: to open a FIFO would be to wait.
is_filled <- function(file) isTRUE(file.size(file) > 0) && !dir.exists(file)

beginning <- 4000L # of a line, in bytes: the session's figures take some 800

# Figures as they were, one row a sample; NULL: it is no record of that session.
read_timeline <- function(file, session) {
  from <- tryCatch(file(file, "rb"), error = function(e) NULL, warning = function(e) NULL)
  if (is.null(from)) return(NULL)
  on.exit(close(from))
  # Whatever bytes they are: in no locale is one of them wrong.
  some <- function(n) {
    lines <- readLines(from, n, warn = FALSE, skipNul = TRUE)
    Encoding(lines) <- "bytes"
    lines
  }
  start <- some(1L)
  if (!length(start) || !grepl(paste0("\"session\":\"", session, "\""), start, fixed = TRUE, useBytes = TRUE))
    return(NULL)
  lines <- character()
  while (length(more <- some(100L))) lines <- c(lines, substr(more, 1L, beginning))
  lines <- grep("^\\{\"type\":\"(sample|end)\",.*\"session\":\\{", lines, value = TRUE, useBytes = TRUE)
  began <- figure("\"monotonic_ns\":", start)
  if (!length(lines) || is.na(began)) return(NULL)
  own <- sub("^.*?\"session\":\\{", "", lines, perl = TRUE, useBytes = TRUE)
  made <- data.frame(
    seconds = (figure("\"monotonic_ns\":", lines) - began) / 1e9,
    time = as.POSIXct(found("\"time\":\"[0-9TZ:.-]{20,30}", lines), format = "\"time\":\"%Y-%m-%dT%H:%M:%OSZ",
                      tz = "UTC"),
    kernels = figure("\"kernels\":", own),
    errors = figure("\"errors\":", own), live_bytes = figure("\"live_bytes\":", own),
    host_to_device_bytes = copied("host_to_device", own), device_to_host_bytes = copied("device_to_host", own))
  attr(made$time, "tzone") <- NULL # shown as other times are
  made[stats::complete.cases(made[c("seconds", "kernels", "errors", "live_bytes")]), , drop = FALSE]
}

# What fits first in each line; NA: nothing does.
found <- function(pattern, lines) {
  at <- regexpr(pattern, lines, useBytes = TRUE)
  all <- rep(NA_character_, length(lines))
  all[at > 0] <- regmatches(lines, at)
  all
}

# The number after `name`, where it is first.
figure <- function(name, lines) {
  as.numeric(sub("^.*:", "", found(paste0(name, "[0-9]+"), lines), useBytes = TRUE))
}

copied <- function(direction, lines) {
  bytes <- figure(paste0("\"", direction, "\":\\{\"calls\":[0-9]+,\"bytes\":"), lines)
  ifelse(is.na(bytes), 0, bytes)
}

# The longest time between two samples with kernels in which there were none: c(from, to).
longest_pause <- function(seconds, kernels) {
  busy <- which(diff(kernels) > 0)
  if (length(busy) < 2L) return(NULL)
  from <- seconds[busy[-length(busy)] + 1L]
  to <- seconds[busy[-1L]]
  longest <- which.max(to - from)
  if (to[[longest]] > from[[longest]]) c(from[[longest]], to[[longest]])
}

# A line drawn in steps: between two samples it came evenly.
rates <- function(seconds, count) {
  passed <- pmax(diff(seconds), 1e-9)
  list(x = rep(seconds, each = 2L), y = c(0, rep(pmax(diff(count), 0) / passed, each = 2L), 0))
}

levels_of <- function(seconds, value) {
  list(x = c(seconds[[1L]], rep(seconds[-1L], each = 2L)), y = c(rep(value[-length(value)], each = 2L),
                                                                value[[length(value)]]))
}

# In bytes of 1024s, in thousands, in seconds: c(unit = divisor) so that the axis has short numbers.
unit_of <- function(highest, units) {
  fits <- units[units <= max(highest, units[[1L]])]
  fits[length(fits)]
}
bytes_units <- c(B = 1, KiB = 1024, MiB = 1024^2, GiB = 1024^3, TiB = 1024^4)
count_units <- c(1, thousand = 1e4, million = 1e7) # from 10,000 on
time_units <- c(seconds = 1, minutes = 300, hours = 14400)
divisors <- c(thousand = 1e3, million = 1e6, seconds = 1, minutes = 60, hours = 3600)

divisor_of <- function(unit) if (names(unit) %in% names(divisors)) divisors[[names(unit)]] else unit[[1L]]

draw_timeline <- function(timeline, title) {
  seconds <- timeline$seconds
  panels <- list(
    list(label = "kernels per second", units = count_units, lines = list(rates(seconds, timeline$kernels)),
         colours = "#0b66a8"),
    list(label = "memory in use", units = bytes_units, lines = list(levels_of(seconds, timeline$live_bytes)),
         colours = "#00806a"),
    list(label = "copies per second", units = bytes_units,
         lines = list("to the device" = rates(seconds, timeline$host_to_device_bytes),
                      back = rates(seconds, timeline$device_to_host_bytes)),
         colours = c("#b45309", "#7a4fa3")),
    list(label = "failed calls per second", units = count_units, lines = list(rates(seconds, timeline$errors)),
         colours = "#c2273a"))
  # What never came is not drawn; that no kernel ran is what people want to see.
  shown <- c(TRUE, vapply(panels[-1L], function(panel) highest_of(panel) > 0, NA))
  panels <- panels[shown]
  old <- graphics::par(mfrow = c(length(panels), 1L), mar = c(2, 5, 1.6, 1), oma = c(2, 0, 3, 0), cex = 0.8)
  on.exit(graphics::par(old))
  across <- unit_of(max(seconds) - min(seconds), time_units)
  pause <- longest_pause(seconds, timeline$kernels)
  for (panel in panels) draw_panel(panel, seconds, pause, divisor_of(across))
  graphics::mtext(paste(names(across), "since the record began"), side = 1L, line = 0.6, outer = TRUE, cex = 0.8)
  put_title(title, 1)
}

highest_of <- function(panel) max(vapply(panel$lines, function(line) max(line$y), 0))

draw_panel <- function(panel, seconds, pause, across) {
  unit <- unit_of(highest_of(panel), panel$units)
  divisor <- divisor_of(unit)
  label <- if (nzchar(names(unit))) paste0(panel$label, ", ", names(unit)) else panel$label
  top <- max(highest_of(panel) / divisor, 1e-9)
  graphics::plot(range(seconds) / across, c(0, top), type = "n", bty = "n", las = 1L, xlab = "", ylab = "",
                 yaxs = "i", ylim = c(0, if (highest_of(panel) > 0) top * 1.05 else 1))
  if (!is.null(pause))
    graphics::rect(pause[[1L]] / across, 0, pause[[2L]] / across, top * 1.05, col = "#0000001a", border = NA)
  for (i in seq_along(panel$lines)) {
    line <- panel$lines[[i]]
    if (length(panel$lines) == 1L)
      graphics::polygon(c(line$x, rev(range(line$x))) / across, c(line$y, 0, 0) / divisor,
                        col = paste0(panel$colours[[i]], "33"), border = NA)
    graphics::lines(line$x / across, line$y / divisor, col = panel$colours[[i]], lty = i, lwd = 1.5)
  }
  put_label(label, panel, pause)
}

# Above the panel: what it is, and what its lines and its shade are.
put_label <- function(label, panel, pause) {
  graphics::mtext(label, side = 3L, line = 0.2, adj = 0, cex = 0.8, font = 2L)
  if (length(panel$lines) > 1L)
    graphics::legend(graphics::par("usr")[[2L]], graphics::par("usr")[[4L]], names(panel$lines), xjust = 1,
                     yjust = 0.2, col = panel$colours, lty = seq_along(panel$lines), lwd = 1.5, bty = "n",
                     horiz = TRUE, xpd = NA, cex = 0.9)
  else if (!is.null(pause) && startsWith(label, "kernels"))
    graphics::mtext(sprintf("shaded: the longest pause, %.1f s", pause[[2L]] - pause[[1L]]), side = 3L,
                    line = 0.2, adj = 1, cex = 0.8)
}

# A plot with a word in its middle.
draw_word <- function(word, title) {
  graphics::plot.new()
  put_title(title)
  graphics::text(0.5, 0.5, word)
}
