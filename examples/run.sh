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

# Others may run meanwhile, so the last session is perhaps another: the name of this one begins with the
# number of the process that becomes R and a time, which is not before its start (proc(5)); or it is
# one that is set already.
named=$(mktemp) || fail "cannot make a temporary file"
rm -f "$build/report.html"
sh -c 'named=$1 preload=$2 && shift 2
	echo "$$ $(sed "s/.*) //" /proc/$$/stat | cut -d " " -f 20)" >"$named"
	LD_PRELOAD=$preload exec Rscript "$@"' \
	sh "$named" "$preload${LD_PRELOAD:+:$LD_PRELOAD}" "$root/examples/train.R" "$@"
status=$?
read -r pid start <"$named"
rm -f "$named"
session=$("$build/tools/gpuspy" list 2>/dev/null | while IFS=' -' read -r of time place _; do
	[ "$of" = "$pid" ] && [ "$time" -ge "$start" ] 2>/dev/null && echo "$of-$time-$place"
done | tail -n 1)
[ "${GPUSPY_DISABLE:-}" != 1 ] || fail "GPUSPY_DISABLE=1 is set: nothing was counted, so there is no report"
session=${session:-${GPUSPY_SESSION:-}}
[ -n "$session" ] || fail "the run left no record that can be read: GPUSPY_DIR= takes a folder with room"
"$build/tools/gpuspy" report --html "$build/report.html" "$session" || fail "$build/report.html was not written"
[ $status -eq 0 ] || exit $status

echo
echo "the same from inside R, by library(gpuspy): R_LIBS=$build/r-library Rscript examples/gpuspy.R $*"
R_LIBS="$build/r-library${R_LIBS:+:$R_LIBS}" Rscript "$root/examples/gpuspy.R" "$@"
status=$?

echo
echo "the first run as a page for a browser: $build/report.html"
exit $status
