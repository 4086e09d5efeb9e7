test_that("a report has a verdict of the list, and all its tables", {
  report <- gpu_report()
  expect_s3_class(report, "gpu_report")
  expect_true(report$verdict %in% c("gpu-work", "gpu-work-unconfirmed", "gpu-fault", "gpu-idle",
                                    "gpu-unavailable", "gpu-unused", "unknown"))
  expect_output(print(report), "^gpuspy: GPU work so far: ")
  expect_output(print(summary(report)), "GPU work")
  for (what in c("kernels", "devices", "functions", "libraries", "processes", "gaps", "totals"))
    expect_s3_class(as.data.frame(report, what = what), "data.frame")
})

test_that("a report of nothing has the columns of a real one", {
  skip_elsewhere()
  none <- gpuspy:::no_report("not-watched", "nobody looked", "gpu_watch()")
  report <- gpu_report()
  for (what in c("kernels", "devices", "functions", "libraries", "processes", "gaps"))
    expect_setequal(names(as.data.frame(none, what = what)), names(as.data.frame(report, what = what)))
  expect_output(print(summary(none)), "UNKNOWN")
})

test_that("this process is in it, and ran no kernel", {
  skip_elsewhere()
  report <- gpu_report()
  expect_true(Sys.getpid() %in% report$processes$pid)
  expect_identical(gpu_kernels("process"), 0)
  expect_identical(report$totals[["kernels"]], gpu_kernels())
  expect_true(report$running)
})

test_that("plot() draws where there is nothing to draw", {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  report <- gpu_report()
  for (what in c("kernels", "processes", "devices")) expect_identical(plot(report, what), report)
})

test_that("long names and many bars are drawn", {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  bars <- stats::setNames(1:30, vapply(1:30, function(i) strrep("k", i * 3L), ""))
  expect_silent(gpuspy:::draw_bars(bars, "title"))
})

test_that("names of one template are told apart, and a small page will do", {
  names <- paste0(strrep("k", 60L), 1:2)
  expect_identical(anyDuplicated(gpuspy:::shortened(names)), 0L)
  expect_true(all(nchar(gpuspy:::shortened(names)) == 40L))
  grDevices::pdf(NULL, width = 3, height = 2.2)
  on.exit(grDevices::dev.off())
  expect_silent(gpuspy:::draw_bars(stats::setNames(1:2, names), "title", main = "another", col = "red"))
})
