test_that("a chunk with the option gets its line", {
  skip_if_not_installed("knitr")
  gpu_knitr()
  text <- c("```{r, gpuspy=TRUE}", "1 + 1", "```", "", "```{r}", "2", "```")
  said <- strsplit(knitr::knit(text = text, quiet = TRUE), "\n")[[1L]]
  expect_length(grep("^[*]GPU", said), 1L)
})
