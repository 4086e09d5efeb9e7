#!/bin/sh
# run.sh [--no-gpu | --require-gpu] [--minutes=N] [--one-lane] [OUTDIR] [STAGE[:WORDS]...]
# The suite for a machine with a GPU: see README.md. Builds what it needs, runs every part that it
# can, and ends with the number of each result and status 0 if none failed.
export PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
root=$(CDPATH= cd "$(dirname "$0")/../.." && pwd) || exit 1
build=${GPUSPY_BUILD:-$root/build}
case $build in
/*) ;;
*) build=$PWD/$build ;;
esac

fail() { # MESSAGE...
	echo "run.sh: $*" >&2
	exit 1
}

# The machine's own Python is the one that has the frameworks; one that was packed does without.
python=python3
"$python" -c 'import ctypes, json, sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null || {
	python=$root/tests/gpu/python-alone
	"$python" -c 'import ctypes' 2>/dev/null || fail "there is no python3 of 3.8 or later with ctypes"
	echo "run.sh: no python3 of 3.8 or later here: the one that was packed is taken" >&2
}

# A folder without build.ninja was packed elsewhere (pack.sh) and is taken as it is. Under meson
# test the build is under way already.
if [ -z "$GPUSPY_GPU_BUILT" ] && { [ -e "$build/build.ninja" ] ||
	! [ -e "$build/preload/libgpuspy.so" ]; }; then
	command -v meson >/dev/null || fail "there is no meson to build gpuspy with: see pack.sh"
	log=$(mktemp) || fail "cannot make a temporary file"
	if ! { [ -e "$build/build.ninja" ] || meson setup "$build" "$root"; } >"$log" 2>&1 ||
		! ninja -C "$build" >>"$log" 2>&1; then
		tail -n 40 "$log" >&2
		fail "cannot build gpuspy in $build"
	fi
	rm -f "$log"
fi
# What came along with a packed build and this machine may lack.
[ -e "$build/build.ninja" ] || ! [ -d "$build/lib" ] ||
	export LD_LIBRARY_PATH="$build/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
[ -n "$GPUSPY_RSCRIPT" ] || ! [ -x "$root/R/Rscript" ] || export GPUSPY_RSCRIPT="$root/R/Rscript"
export GPUSPY_BUILD="$build"
exec "$python" -B "$root/tests/gpu/suite.py" "$@"
