test_that("gpu_watch() says what it did, and does it once", {
  skip_elsewhere()
  done <- gpu_watch(quiet = TRUE)
  expect_s3_class(done, "gpu_watch")
  expect_true(done$watching)
  expect_true(done$how %in% c("already", "preload"))
  expect_true(file.exists(done$folder))
  expect_output(print(done), "this R is watched")
  expect_invisible(gpu_watch(quiet = TRUE))
})

test_that("elsewhere there is nothing to watch, and that is said politely", {
  skip_if(counts, "this system can be watched")
  expect_message(done <- gpu_watch(), "there is nothing to watch")
  expect_false(done$watching)
  expect_identical(gpu_report()$verdict, "unknown")
  expect_true(is.na(gpu_kernels()))
  expect_error(gpu_run(function() 1), "there is nothing to watch")
  expect_error(gpu_doctor(), "there is nothing to watch")
})

test_that("gpu_sitrep() and its print", {
  x <- gpu_sitrep()
  expect_s3_class(x, "gpu_sitrep")
  expect_identical(x$facts$gpuspy, as.character(packageVersion("gpuspy")))
  expect_output(print(x), "session")
})
