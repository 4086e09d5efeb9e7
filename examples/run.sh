#!/bin/sh
# Installs what is missing, builds, and runs train.R under gpuspy: on the GPU if this machine has
# one, else on the simulated driver. Writes a page of it, and does the same once more by the R package.
# Arguments go to train.R. See README.md.
root=$(CDPATH= cd "$(dirname "$0")/.." && pwd) || exit 1
r_packages=
. "$root/examples/setup.sh"

preload=$build/preload/libgpuspy.so
[ -e "$preload" ] || fail "$preload was not built"

# A driver that can be loaded, and a device file of a card, of a Jetson, or of WSL.
has_gpu() {
	for file in /dev/nvidiactl /dev/nvhost-* /dev/nvgpu /dev/dxg; do
		[ -e "$file" ] && python3 -c 'import ctypes; ctypes.CDLL("libcuda.so.1")' 2>/dev/null &&
			return 0
	done
	return 1
}

if has_gpu; then
	echo "running on the GPU: LD_PRELOAD=$preload Rscript examples/train.R $*"
else
	simulated=$build/tests/sim/lib
	echo "this machine has no GPU: running on the simulated driver of the tests"
	echo "LD_LIBRARY_PATH=$simulated LD_PRELOAD=$preload Rscript examples/train.R $*"
	export LD_LIBRARY_PATH="$simulated${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
export GPUSPY_EXAMPLE_LIBRARY="$build/examples/gpu.so"
LD_PRELOAD="$preload${LD_PRELOAD:+:$LD_PRELOAD}" Rscript "$root/examples/train.R" "$@"
status=$?
"$build/tools/gpuspy" report --html "$build/report.html" || fail "$build/report.html was not written"
[ $status -eq 0 ] || exit $status

echo
echo "the same from inside R, by library(gpuspy): R_LIBS=$build/r-library Rscript examples/gpuspy.R $*"
R_LIBS="$build/r-library${R_LIBS:+:$R_LIBS}" Rscript "$root/examples/gpuspy.R" "$@"
status=$?

echo
echo "the first run as a page for a browser: $build/report.html"
exit $status
