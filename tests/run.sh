#!/bin/sh
# Installs what is missing, builds, and runs all tests. Ends with "N passed, N failed, N skipped",
# in test cases, and with status 0 if none failed. See examples/setup.sh for its environment.
root=$(CDPATH= cd "$(dirname "$0")/.." && pwd) || exit 1
r_packages="callr future knitr testthat"
. "$root/examples/setup.sh"

results=$build/meson-logs/testlog.json
rm -f "$results"
MESON=$meson
export MESON
# Some read what other programs say, or what a path of no great length leaves of a line.
unset LANGUAGE LC_MESSAGES
export LC_ALL=C.UTF-8
[ "${#TMPDIR}" -le 40 ] || TMPDIR=/tmp
"$meson" test -C "$build" --no-rebuild --print-errorlogs </dev/null ||
	echo "${0##*/}: meson test ended with status $?" >&2
exec python3 "$root/tests/summary.py" "$results"
