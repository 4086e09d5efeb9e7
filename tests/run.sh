#!/bin/sh
# Installs what is missing, builds, and runs all tests. Ends with "N passed, N failed, N skipped",
# in test cases, and with status 0 if none failed. See examples/setup.sh for its environment.
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
r_packages="callr future knitr testthat"
. "$root/examples/setup.sh"

results=$build/meson-logs/testlog.json
rm -f "$results"
MESON=$meson
export MESON
"$meson" test -C "$build" --no-rebuild --print-errorlogs ||
	echo "${0##*/}: meson test ended with status $?" >&2
exec python3 "$root/tests/summary.py" "$results"
