#!/bin/sh
# sh bare.sh PACKAGE TRAIN EXAMPLE SIMULATED: the R package where there is R, make and a C compiler alone.
#
# For a fresh Debian, as root there: apt-get install --no-install-recommends r-base-core gcc make
# libc6-dev r-cran-reticulate libpython3-dev. PACKAGE is build/gpuspy_VERSION.tar.gz, TRAIN
# examples/train.R, EXAMPLE build/examples/gpu.so, SIMULATED build/tests/sim/lib, all of a machine
# with the same or an older glibc. Installs the package, and does train.R's work with gpu_watch() at
# the top, after library(reticulate), and after the driver was initialised. Status 0 if all is as it
# must be.
set -u
[ $# -eq 4 ] || { sed -n '2s/^# \(sh[^:]*\).*/usage: \1/p' "$0" >&2; exit 2; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
export RETICULATE_PYTHON=/usr/bin/python3 GPUSPY_EXAMPLE_LIBRARY="$3" GPUSPY_DIR="$folder/records" R_LIBS="$folder/library"
failed=0

# NAME OUTPUT REPORT: the last line that R printed, and the first of its report, must have these.
holds() {
	if tail -n 1 "$folder/out" | grep -Eq "$2" && grep -Eq "^gpuspy: GPU work: $3" "$folder/err"; then
		echo "ok: $1: $(grep '^gpuspy: ' "$folder/err" | tail -n 1)"
	else
		echo "FAILED: $1"
		cat "$folder/out" "$folder/err"
		failed=1
	fi
}

run() { # CODE
	printf '%s\n' "$1" >"$folder/script.R"
	LD_LIBRARY_PATH=$simulated Rscript "$folder/script.R" >"$folder/out" 2>"$folder/err"
}

simulated=$4
mkdir "$folder/library"
R CMD INSTALL --library="$folder/library" "$1" >"$folder/out" 2>&1 || { cat "$folder/out"; exit 1; }
echo "ok: R CMD INSTALL with $(R --version | head -n 1), $(gcc --version | head -n 1)"

run "library(gpuspy); gpu_watch(); source('$2'); cat(gpu_report()\$headline, gpu_kernels(), '\n')"
holds 'gpu_watch() at the top' '^YES 210 $' 'YES  SIMULATED  210 kernels ran'
run "library(reticulate); library(gpuspy); gpu_watch(); py_run_string('x = 1'); source('$2')
cat(gpu_report()\$headline, gpu_kernels(), '\n')"
holds 'after library(reticulate)' '^YES 210 $' 'YES  SIMULATED  210 kernels ran'
run "library(gpuspy); gpu_watch(); library(reticulate); py_run_string('x = 1'); source('$2')
cat(gpu_report()\$headline, gpu_kernels(), '\n')"
holds 'before library(reticulate)' '^YES 210 $' 'YES  SIMULATED  210 kernels ran'
run "source('$2'); library(gpuspy); gpu_watch(); cat(gpu_report()\$headline, '\n')"
holds 'after the driver was initialised, and then no work' '^UNKNOWN $' 'UNKNOWN'
run "source('$2'); library(gpuspy); gpu_watch(); source('$2'); cat(gpu_report()\$headline, gpu_kernels(), '\n')"
holds 'after the driver was initialised, and then work' '^(UNKNOWN 0|YES [0-9]+) $' '(UNKNOWN|YES  SIMULATED  at least)'
run "library(gpuspy); gpu_watch(); cat(gpu_report()\$headline, '\n')"
holds 'no work at all' '^NO $' 'NO  the program never asked'
exit $failed
