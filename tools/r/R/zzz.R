.onLoad <- function(libname, pkgname) {
  # knitr may be there already, or come later.
  if (isNamespaceLoaded("knitr")) gpu_knitr()
  setHook(packageEvent("knitr", "onLoad"), function(...) gpu_knitr())
}

.onUnload <- function(libpath) library.dynam.unload("gpuspy", libpath)
