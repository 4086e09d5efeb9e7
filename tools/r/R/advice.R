# The next step in R's own terms, by the report's reason. Where there is none here, C's stays. True
# for keras3 1.3 and later, tensorflow 2.20, torch 0.16, reticulate 1.41 and later.
advice <- list(
  "never-asked" = paste(
    "if it should have: torch::cuda_is_available(),",
    "tensorflow::tf$config$list_physical_devices(\"GPU\"); gpu_doctor() looks for what is wrong"),
  "no-kernel" = "idle", "only-copies" = "idle", "memory-reserved" = "idle",
  "attached-late" = paste(
    "start R anew and call gpu_watch() at the top, before library(keras3) or library(torch);",
    "or gpu_run(), which watches a new R from its start"),
  "few-kernels" = paste(
    "if it should have computed there: are the model and its data on the GPU?",
    "gpu_watch(record = TRUE) notes when kernels run"),
  "no-sync" = "fetch a result: as_array() of a tensor, torch::cuda_synchronize(), predict()",
  "seen-otherwise" = paste(
    "nvidia-smi shows the processes that compute, while they run; gpu_run() watches a new R from",
    "its start"),
  "no-witness" = "let the worker end by itself; gpu_run() tells of one piece of work alone")

idle_advice <- paste(
  "put model and data on the GPU: torch: model$to(device = \"cuda\"), x$to(device = \"cuda\");",
  "TensorFlow: tf$debugging$set_log_device_placement(TRUE) says where operations run")

tensorflow_advice <- paste(
  "start R anew; keras3::use_backend(\"tensorflow\", gpu = TRUE) before all else; in a Python",
  "environment of your own: pip install \"tensorflow[and-cuda]\"")

# What C's advice says of commands.
in_r <- c("gpuspy report --json lists all" = "as.data.frame(gpu_report(), what = \"functions\")",
          "gpuspy doctor" = "gpu_doctor()")

advice_for_r <- function(report) {
  for (said in names(in_r)) report$advice <- sub(said, in_r[[said]], report$advice, fixed = TRUE)
  if (report$reason == "cpu-build" && !is.na(report$framework) &&
      grepl("libtensorflow", report$framework, fixed = TRUE))
    return(tensorflow_advice)
  step <- advice[[report$reason]]
  if (is.null(step)) return(report$advice)
  if (!identical(step, "idle")) return(step)
  # A failed call, or a capture that was not ended, is the better step to take first.
  if (any(report$functions$errors > 0) || isTRUE(report$totals[["captured_launches"]] > 0))
    report$advice
  else idle_advice
}
