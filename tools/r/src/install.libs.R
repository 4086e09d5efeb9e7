# gpuspy.so is R's. libgpuspy.so, for LD_PRELOAD, and the program that gpu_doctor() asks are not, and
# have folders of their own.
place <- function(files, folder) {
  files <- files[file.exists(files)]
  if (!length(files)) return(invisible())
  to <- file.path(R_PACKAGE_DIR, folder)
  dir.create(to, recursive = TRUE, showWarnings = FALSE)
  file.copy(files, to, overwrite = TRUE)
}
place(paste0("gpuspy", SHLIB_EXT), paste0("libs", R_ARCH))
if (file.exists("symbols.rds")) place("symbols.rds", paste0("libs", R_ARCH))
place("libgpuspy.so", "lib")
place("gpuspy-doctor", "bin")
