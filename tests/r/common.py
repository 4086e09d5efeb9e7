"""What the tests of the R package share: R with the package as it was built into build/r-library."""

import os
import subprocess
import sys

SOURCE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(SOURCE), "e2e"))
from harness import BUILD, SLOWER, Run, Skip, clean_environment, program, same, succeeded  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(SOURCE))
LIBRARY = os.path.join(BUILD, "r-library")
PACKAGED = os.path.join(LIBRARY, "gpuspy", "lib", "libgpuspy.so")
if not os.path.isdir(LIBRARY):
    print("1..0 # SKIP it would need R of this build's processor, with the package in build/r-library")
    sys.exit()
TRAIN = os.path.join(ROOT, "examples", "train.R")
EXAMPLE = os.path.join(BUILD, "examples", "gpu.so")

# work(n): n epochs of train.R's work, of 2 n + 1 kernels, in whatever R it is called.
WORK = """
work <- function(n) {
  if (!is.loaded("gpu_open")) dyn.load(Sys.getenv("GPUSPY_EXAMPLE_LIBRARY"))
  x <- matrix(as.double(1:80) / 80, 10L)
  opened <- .C("gpu_open", x, as.double(1:10), 10L, 8L, name = strrep(" ", 255), opened = 0L)$opened
  if (!opened) stop("there is no GPU")
  did <- .C("gpu_train", as.integer(n), 0.01, loss = 0, launched = 0L, status = 0L)
  .C("gpu_close")
  did$launched
}
"""


# On a machine of one processor the package parallelly warns of two workers.
PROCESSORS = {"R_PARALLELLY_AVAILABLECORES_METHODS": "system", "R_PARALLELLY_AVAILABLECORES_SYSTEM": "8"}


def environment(more=None):
    return {**PROCESSORS, "R_LIBS": LIBRARY, "GPUSPY_EXAMPLE_LIBRARY": EXAMPLE, "R_LIBS_USER": "/nonexistent",
            "GPUSPY_COMMAND": "/nonexistent", **(more or {})}


def r(code, env=None, command=None, **how):
    """Runs R, not preloaded, with the package attached and work() defined."""
    code = "library(gpuspy)\n" + WORK + code
    how.setdefault("spied", False)
    how.setdefault("timeout", 180 * SLOWER)
    return Run(command or [program("Rscript"), "-"], environment(env),
               input=code.encode() if not command else None, **how)


def needs(*packages):
    """Skips the case where one of R's packages is missing."""
    env = {**clean_environment(), **environment()}
    for package in packages:
        found = subprocess.run([program("Rscript"), "-e", f"cat(nzchar(system.file(package = '{package}')))"],
                               env=env, capture_output=True, text=True, check=False)
        if found.stdout != "TRUE":
            raise Skip(f"there is no R package {package}")


def says(run, *lines):
    succeeded(run)
    same(run.stdout.decode().splitlines(), list(lines), f"output (and {run.stderr.decode()})")
