if (requireNamespace("testthat", quietly = TRUE)) {
  library(testthat)
  library(gpuspy)
  test_check("gpuspy")
}
