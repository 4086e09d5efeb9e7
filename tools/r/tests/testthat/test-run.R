test_that("gpu_run() gives value and report", {
  skip_elsewhere()
  skip_on_cran()
  done <- gpu_run(function(x) sum(x), list(1:10))
  expect_identical(done$result, 55L)
  expect_s3_class(done$report, "gpu_report")
  expect_false(done$report$running)
  expect_null(done$error)
  expect_output(print(done), "GPU work")
})

test_that("its errors are errors, with the report", {
  skip_elsewhere()
  skip_on_cran()
  failed <- tryCatch(gpu_run(function() stop("mine"), show = FALSE), error = identity)
  expect_s3_class(failed$report, "gpu_report")
})
