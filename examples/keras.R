# The question of train.R asked of a real framework: Keras on TensorFlow, through reticulate.
#
#   LD_PRELOAD=.../libgpuspy.so Rscript keras.R [EPOCHS]
#
# Needs the R package keras3 and a Python with TensorFlow (RETICULATE_PYTHON names one). Status 77,
# which test drivers take for "skipped", and one line where something is missing.

missing <- function(...) {
  message("keras.R: ", ...)
  quit(status = 77)
}

for (package in c("reticulate", "keras3"))
  if (!requireNamespace(package, quietly = TRUE))
    missing("no R package ", package, ": install.packages(\"keras3\")")
# Whatever Python is there has to do: reticulate would otherwise download another.
Sys.setenv(RETICULATE_USE_MANAGED_VENV = "no", TF_CPP_MIN_LOG_LEVEL = "2")
if (!isTRUE(tryCatch(reticulate::py_available(initialize = TRUE), error = function(e) FALSE)))
  missing("no Python that reticulate can use: set RETICULATE_PYTHON")
for (module in c("tensorflow", "keras"))
  if (!reticulate::py_module_available(module))
    missing("no ", module, " in ", reticulate::py_config()$python, ": pip install ", module)

suppressPackageStartupMessages(library(keras3))

epochs <- as.integer(c(commandArgs(trailingOnly = TRUE), "100")[1])
if (is.na(epochs) || epochs < 1) {
  message("keras.R: not a number of epochs")
  quit(status = 2)
}

# The data of train.R.
set.seed(1)
rows <- 1000L
truth <- c(2, -1, 0.5, 3, 0, -2.5, 1, 0.25)
x <- matrix(rnorm(rows * length(truth)), rows)
y <- x %*% truth + rnorm(rows, sd = 0.1)

model <- keras_model_sequential(input_shape = length(truth))
model <- layer_dense(model, 1, use_bias = FALSE, kernel_initializer = "zeros")
compile(model, optimizer = optimizer_sgd(learning_rate = 0.03), loss = "mse")
history <- fit(model, x, y, epochs = epochs, batch_size = rows, verbose = 0)

# Keras gives the loss before each epoch's step.
for (epoch in unique(c(seq(10, by = 10, length.out = epochs %/% 10), epochs)))
  cat(sprintf("epoch %4d  loss %.4f\n", epoch, history$metrics$loss[epoch]))
cat("trained by Keras ", format(reticulate::import("keras")$`__version__`), "\n", sep = "")
