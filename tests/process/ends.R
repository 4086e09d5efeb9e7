# ends.R RPKG ENDS HOW: one forward pass through a package's library, then an end of the given kind.
arguments <- commandArgs(trailingOnly = TRUE)
how <- arguments[3]
dyn.load(arguments[1])
dyn.load(arguments[2])
result <- .C("rpkg_forward", rounds = 1L, version = double(1), status = integer(1))
if (result$status != 0) stop("the forward pass failed")
cat("one pass\n")
writeLines("made before the end", "before.txt")
.Last <- function() writeLines("made by .Last", "last.txt")

signal_self <- function(number) {
  tools::pskill(Sys.getpid(), number)
  Sys.sleep(30)
}

switch(how,
  end = cat("the end\n"),
  quit = quit(status = 3),
  no_last = q(runLast = FALSE),
  stop = stop("as asked"),
  sleep = Sys.sleep(1000),
  exit = .C("end_exit", 8L),
  `_exit` = .C("end__exit", 7L),
  quick_exit = .C("end_quick_exit", 6L),
  exit_group = .C("end_exit_group", 9L),
  abort = .C("end_abort"),
  crash = .C("end_crash"),
  signal_self(as.integer(how)))
