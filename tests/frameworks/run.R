# run.R PYTHON SCRIPT: a Python script in R's own process, by reticulate.
words <- commandArgs(trailingOnly = TRUE)
library(reticulate)
use_python(words[1], required = TRUE)
py_run_file(words[2])
cat("R is done\n")
