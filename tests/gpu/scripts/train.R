# A small convolutional network on images like MNIST's, made on the spot, by Keras through
# reticulate: the program whose author wants to know whether the GPU did it.
#
#   KERAS_BACKEND=torch|jax RETICULATE_PYTHON=python3 Rscript train.R [EPOCHS]
#
# Status 77 and one line where something is missing.

epochs <- as.integer(c(commandArgs(trailingOnly = TRUE), "3")[1])

missing <- function(...) {
  message("train.R: ", ...)
  quit(status = 77)
}

if (!requireNamespace("reticulate", quietly = TRUE)) missing("no R package reticulate")
Sys.setenv(RETICULATE_USE_MANAGED_VENV = "no")
if (!isTRUE(tryCatch(reticulate::py_available(initialize = TRUE), error = function(e) FALSE)))
  missing("no Python that reticulate can use")
for (module in c("numpy", Sys.getenv("KERAS_BACKEND", "torch"), "keras"))
  if (!reticulate::py_module_available(module)) missing("no Python module ", module)

# ---- Ten pictures of 28 x 28, and many noisy copies of each.

set.seed(1)
rows <- 1000L
side <- 28L
classes <- 10L
pictures <- array(runif(classes * side * side) < 0.2, c(classes, side, side))
labels <- rep_len(seq_len(classes), rows)
x <- pictures[labels, , ] + rnorm(rows * side * side, sd = 0.3)

# Vectors become Python's lists. Arrays would become NumPy's by its C interface, of which an older
# reticulate knows only the first version.
numpy <- reticulate::import("numpy", convert = FALSE)
shape <- reticulate::tuple(rows, side, side, 1L)
x <- numpy$reshape(numpy$array(as.vector(aperm(x)), dtype = "float32"), shape)
y <- numpy$array(labels - 1L, dtype = "int32")

# ---- The model.

keras <- reticulate::import("keras")
keras$utils$set_random_seed(1L)
layers <- keras$layers
model <- keras$Sequential(list(
  keras$Input(shape = list(side, side, 1L)),
  layers$Conv2D(8L, 3L, activation = "relu"),
  layers$MaxPooling2D(2L),
  layers$Flatten(),
  layers$Dense(classes)))
model$compile(optimizer = "adam", metrics = list("accuracy"),
  loss = keras$losses$SparseCategoricalCrossentropy(from_logits = TRUE))

history <- model$fit(x, y, epochs = epochs, batch_size = 100L, verbose = 0L)$history
cat(sprintf("%d epochs, accuracy %.1f\n", epochs, history$accuracy[[epochs]]))
cat("trained by Keras", keras$`__version__`, "on", keras$config$backend(), "\n")
