# children.R RPKG HOW [PYTHON PYEXT-SCRIPT]: forward passes in processes that R starts.
arguments <- commandArgs(trailingOnly = TRUE)
rpkg <- arguments[1]
how <- arguments[2]

forward <- function(rounds = 1L, library = rpkg) {
  if (!is.loaded("rpkg_forward")) dyn.load(library)
  .C("rpkg_forward", rounds = as.integer(rounds), version = double(1), status = integer(1))$status
}

# stopCluster() does not wait, and what a worker starts when its session is over (rm, for its folder
# of temporary files) is in none.
in_cluster <- function(cluster) {
  workers <- unlist(parallel::clusterCall(cluster, Sys.getpid))
  print(unlist(parallel::clusterApply(cluster, 1:3, forward, library = rpkg)))
  parallel::stopCluster(cluster)
  while (any(file.exists(file.path("/proc", workers, "exe")))) Sys.sleep(0.05)
}

switch(how,
  mclapply = print(unlist(parallel::mclapply(1:5, forward, mc.cores = 2))),
  # The children of jobs that are not waited for are killed by R.
  mcparallel = {
    job <- parallel::mcparallel(forward(2))
    print(unlist(unname(parallel::mccollect(job))))
    lost <- parallel::mcparallel({ forward(1); Sys.sleep(30) })
    Sys.sleep(0.5)
    tools::pskill(lost$pid)
    invisible(parallel::mccollect(lost))
  },
  psock = in_cluster(parallel::makePSOCKcluster(2)),
  fork = in_cluster(parallel::makeForkCluster(2)),
  system2 = {
    script <- tempfile(fileext = ".R")
    writeLines(c("dyn.load(commandArgs(TRUE)[1])",
      "r <- .C('rpkg_forward', 1L, double(1), status = integer(1))", "quit(status = 4)"), script)
    print(system2("Rscript", c("--vanilla", script, rpkg)))
    print(forward())
  },
  python = print(system2(arguments[3], arguments[4:5])),
  stop("unknown: ", how))
