# Linear regression by gradient descent, on the GPU if it can be had, else on the CPU, without a
# word about it: as frameworks do, and so that gpuspy has something to find out.
#
#   Rscript train.R [--epochs=N] [--pause=SECONDS] [--no-launch] [--cpu]
#
# --epochs=N   train for N epochs (100)
# --pause=S    wait S seconds after half of them, as if for data: a record shows two phases of work
# --no-launch  put the data on the GPU but train on the CPU
# --cpu        leave the GPU alone

arguments <- commandArgs(trailingOnly = TRUE)
unknown <- grep("^--(epochs=[0-9]+|pause=[0-9.]+|no-launch|cpu)$", arguments, value = TRUE, invert = TRUE)
if (length(unknown)) {
  message("train.R: unknown argument: ", unknown[1])
  quit(status = 2)
}
no_launch <- "--no-launch" %in% arguments
cpu_only <- "--cpu" %in% arguments
option <- function(name, default) {
  start <- paste0("^--", name, "=")
  given <- sub(start, "", c(default, grep(start, arguments, value = TRUE)))
  as.numeric(given[length(given)])
}
epochs <- as.integer(option("epochs", "100"))
pause <- option("pause", "0")

# ---- The data: what y depends on is known, so the weights can be compared with the truth.

set.seed(1)
rows <- 1000L
truth <- c(2, -1, 0.5, 3, 0, -2.5, 1, 0.25)
columns <- length(truth)
x <- matrix(rnorm(rows * columns), rows)
y <- as.vector(x %*% truth) + rnorm(rows, sd = 0.1)
rate <- 0.03

# ---- Two trainers. Each is a list of train(n), which trains n epochs more and gives the loss.

library_path <- function() {
  script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
  script <- gsub("~+~", " ", script, fixed = TRUE) # which is how Rscript passes spaces on
  beside <- file.path(dirname(script), "..", "build", "examples", "gpu.so")
  path <- Sys.getenv("GPUSPY_EXAMPLE_LIBRARY", beside)
  if (file.exists(path)) return(path)
  message("train.R: ", path, " is not there: build the project first")
  quit(status = 1)
}

gpu_trainer <- function() {
  dyn.load(library_path())
  room <- strrep(" ", 255)
  gpu <- .C("gpu_open", as.double(x), y, rows, columns, name = room, opened = 0L)
  if (!gpu$opened) return(NULL)
  launched <- 0L
  train <- function(n) {
    did <- .C("gpu_train", as.integer(n), rate, loss = 0, launched = 0L, status = 0L)
    launched <<- launched + did$launched
    if (did$status) stop("the GPU failed: ", .C("gpu_error", did$status, name = room)$name)
    did$loss
  }
  summary <- function() sprintf("launched %d kernels on %s", launched, gpu$name)
  list(train = train, summary = summary, close = function() .C("gpu_close"))
}

cpu_trainer <- function() {
  weights <- numeric(columns)
  train <- function(n) {
    for (epoch in seq_len(n)) {
      gradient <- 2 / rows * crossprod(x, x %*% weights - y)
      weights <<- weights - rate * as.vector(gradient)
    }
    mean((x %*% weights - y)^2)
  }
  list(train = train, summary = function() "trained on the CPU", close = function() NULL)
}

# ---- The training.

gpu <- if (!cpu_only) gpu_trainer()
trainer <- if (is.null(gpu) || no_launch) cpu_trainer() else gpu
done <- 0L
step <- min(max(10L, epochs %/% 10L), 2000L)
repeat {
  now <- min(step, epochs - done)
  loss <- trainer$train(now)
  if (pause > 0 && done < epochs / 2 && done + now >= epochs / 2) Sys.sleep(pause)
  done <- done + now
  cat(sprintf("epoch %4d  loss %.4f\n", done, loss))
  if (done >= epochs) break
}
cat(trainer$summary(), "\n", sep = "")
if (!is.null(gpu)) invisible(gpu$close())
