test_that("expect_gpu() fails where nothing ran", {
  skip_elsewhere()
  expect_failure(expect_gpu(sqrt(4)), "ran 0 kernels")
  expect_error(expect_gpu(stop("mine")), "mine")
})

test_that("expect_no_gpu() passes where it is known that nothing ran", {
  skip_elsewhere()
  skip_if(!is.na(gpu_report()$doubt), "something of this machine is not known")
  expect_success(expect_no_gpu(sqrt(4)))
  expect_identical(expect_no_gpu(sqrt(4)), 2)
})
