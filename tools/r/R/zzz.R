.onLoad <- function(libname, pkgname) {
  # knitr may be there already, or come later.
  if (isNamespaceLoaded("knitr")) gpu_knitr()
  setHook(packageEvent("knitr", "onLoad"), function(...) gpu_knitr())
}

# What was read is given back by C code when R collects it: that has to be before the code goes.
.onUnload <- function(libpath) {
  gc()
  if (isNamespaceLoaded("knitr")) knitr::knit_hooks$delete("gpuspy")
  library.dynam.unload("gpuspy", libpath)
}
