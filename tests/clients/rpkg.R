# rpkg.R LIBRARY [ROUNDS [END]]: forward passes from R, through a package's shared library.
# END: how the script ends: "normal", "stop", "quit" (status 3) or "unload".
arguments <- commandArgs(trailingOnly = TRUE)
rounds <- if (length(arguments) > 1) as.integer(arguments[2]) else 1L
end <- if (length(arguments) > 2) arguments[3] else "normal"

dyn.load(arguments[1])
result <- .C("rpkg_forward", rounds = rounds, version = double(1), status = integer(1))
cat(sprintf("rounds %d: cuDNN %d, status %d\n", rounds, as.integer(result$version), result$status))
if (result$status != 0) quit(status = 1)
switch(end,
  normal = invisible(),
  stop = stop("as asked"),
  quit = quit(status = 3),
  unload = dyn.unload(arguments[1]),
  stop("unknown end: ", end))
