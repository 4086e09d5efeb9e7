# train.R's question, asked from inside a running R by the package gpuspy.
#
#   R CMD INSTALL build/gpuspy_*.tar.gz, once; then: Rscript gpuspy.R

library(gpuspy)
gpu_watch(report = FALSE) # here it is printed below; TRUE: at R's end

folder <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(gsub("~+~", " ", folder, fixed = TRUE), "train.R"))

print(gpu_report())
cat("kernels so far:", gpu_kernels(), "\n")
