# What works without a GPU; what counts is tested in the project's tests/r, on its simulated driver.
Sys.setenv(GPUSPY_DIR = file.path(tempdir(), "gpuspy"))
counts <- exists("C_package_here", asNamespace("gpuspy"), inherits = FALSE)
if (counts) gpu_watch(report = FALSE, quiet = TRUE)

skip_elsewhere <- function() skip_if(!counts, "there is nothing to watch on this system")
