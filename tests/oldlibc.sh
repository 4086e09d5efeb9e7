#!/bin/sh
# sh tests/oldlibc.sh [TEST...]: what the wheel brings, which is for glibc 2.28, under the tests of an
# older Debian than it was built on: Debian 11, with glibc 2.31.
#
# Builds the wheel here (tools/package/wheel.sh), and all of the project on a minimal Debian 11, as
# root, with debootstrap and Debian's and PyPI's servers; puts the wheel's library and commands in the
# place of those that were built there, and runs the tests, else those of doors, hooks, calls, traps,
# late loading, endings, verdicts, random programs and the commands. GPUSPY_FRESH is as in
# tests/fresh.sh; the system is kept there and goes on with what is committed by then. Ends as
# tests/run.sh does.
set -u
root=$(CDPATH= cd "$(dirname "$0")/.." && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=systems.sh
. "$root/tests/systems.sh"
[ $# -gt 0 ] || set -- hooks doors calls traps late endings verdicts 'random programs' gpuspy
need_systems
suite=bullseye
set_suite $suite
system=$place/$suite/old
clone=$system/root/gpuspy
wheel=$place/$suite/wheel

fail() { # WHAT LOG
	echo "oldlibc.sh: $1 ($2): $(tail -n 1 "$2")" >&2
	exit 1
}

make_base $suite || fail "debootstrap" "$place/$suite/debootstrap.log"
[ -e "$clone" ] || { rm -rf "$system" && cp -a "$place/$suite/base" "$system" &&
	git clone -q --no-hardlinks "$root" "$clone"; } || exit 1
way_out
git -C "$clone" fetch -q origin HEAD && git -C "$clone" reset -q --hard FETCH_HEAD || exit 1
rm -rf "$wheel" && mkdir -p "$wheel" || exit 1
GPUSPY_WHEEL_TOOLS=$place/wheel-tools sh "$clone/tools/package/wheel.sh" "$wheel" >"$wheel/log" 2>&1 ||
	fail "the wheel cannot be built" "$wheel/log"
inside "$system" sh -c 'cd /root/gpuspy && sh examples/run.sh' >"$place/$suite/old.log" 2>&1 ||
	fail "it cannot be built there" "$place/$suite/old.log"

# The loader finds the library by the path that the tests know, whatever its name.
python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])' "$wheel"/*.whl "$wheel/in"
for file in preload/libgpuspy.so tools/gpuspy tools/gpuspy-top; do
	from=$(find "$wheel/in" -type f -name "${file##*/}")
	install -m 755 "$from" "$clone/build/$file" || exit 1
	readelf -V "$from" | sed -n 's/.*Name: \(GLIBC_[0-9.]*\).*/\1/p' | sort -uV | tail -n 1 |
		sed "s|^|# ${file##*/} wants at most |"
done
# shellcheck disable=SC2016 # for the inner shell
inside "$system" sh -c 'cd /root/gpuspy && ldd --version | sed -n "1s/^/# /p"
	meson=build/meson/bin/meson
	[ -x $meson ] || meson=meson
	rm -f build/meson-logs/testlog.json
	$meson test -C build --no-rebuild --print-errorlogs "$@"
	python3 tests/summary.py build/meson-logs/testlog.json' sh "$@"
