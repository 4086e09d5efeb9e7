#!/bin/sh
# example.sh SOURCE BUILD: both ways of examples/run.sh on the simulated driver. Prints TAP.
source=$1 build=$2
export LD_LIBRARY_PATH="$build/tests/sim/lib" GPUSPY_EXAMPLE_LIBRARY="$build/examples/gpu.so"
export GPUSPY_DIR=/tmp/example
echo 1..2

wants() { # NUMBER NAME, and on standard input what was said
	if said=$(cat) && echo "$said" | grep -Eq 'GPU work( so far)?: YES +SIMULATED +210 kernels'; then
		echo "ok $1 - $2"
	else
		echo "not ok $1 - $2"
		echo "$said" | sed 's/^/# /'
	fi
}
LD_PRELOAD=$build/preload/libgpuspy.so Rscript "$source/examples/train.R" 2>&1 | wants 1 'R that is preloaded into'
R_LIBS=$build/r-library Rscript "$source/examples/gpuspy.R" 2>&1 | wants 2 'the R package'
