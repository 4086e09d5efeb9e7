# The question of train.R asked of a real framework: Keras on TensorFlow, through reticulate.
#
#   LD_PRELOAD=.../libgpuspy.so Rscript keras.R [EPOCHS]
#
# Needs the R package reticulate and a Python with keras and tensorflow, which RETICULATE_PYTHON
# names. Where something is missing: one line about it and status 77, "skipped" to test drivers.

epochs <- suppressWarnings(as.integer(c(commandArgs(trailingOnly = TRUE), "100")[1]))
if (is.na(epochs) || epochs < 1) {
  message("keras.R: not a number of epochs")
  quit(status = 2)
}

missing <- function(...) {
  message("keras.R: ", ...)
  quit(status = 77)
}

if (!requireNamespace("reticulate", quietly = TRUE))
  missing("no R package reticulate: install.packages(\"reticulate\")")
# What is there has to do: newer reticulates would otherwise download a Python of their own.
Sys.setenv(RETICULATE_USE_MANAGED_VENV = "no", TF_CPP_MIN_LOG_LEVEL = "3")
if (!isTRUE(tryCatch(reticulate::py_available(initialize = TRUE), error = function(e) FALSE)))
  missing("no Python that reticulate can use: set RETICULATE_PYTHON")
for (module in c("numpy", "tensorflow", "keras"))
  if (!reticulate::py_module_available(module))
    missing("no Python module ", module, ": ", reticulate::py_config()$python,
            " -m pip install ", module)

# The data of train.R.
set.seed(1)
rows <- 1000L
truth <- c(2, -1, 0.5, 3, 0, -2.5, 1, 0.25)
x <- matrix(rnorm(rows * length(truth)), rows)
y <- x %*% truth + rnorm(rows, sd = 0.1)

keras <- reticulate::import("keras")
model <- keras$Sequential(list(
  keras$Input(shape = list(length(truth))),
  keras$layers$Dense(1L, use_bias = FALSE, kernel_initializer = "zeros")))
model$compile(optimizer = keras$optimizers$SGD(learning_rate = 0.03), loss = "mse")
loss <- model$fit(x, y, epochs = epochs, batch_size = rows, verbose = 0L)$history$loss

for (epoch in unique(c(seq(10, by = 10, length.out = epochs %/% 10), epochs)))
  cat(sprintf("epoch %4d  loss %.4f\n", as.integer(epoch), loss[[epoch]]))
cat("trained by Keras ", keras$`__version__`, " on ", keras$config$backend(), "\n", sep = "")
