#!/bin/sh
# install.sh PACKAGE STAMP LIBRARY: installs the R package into a library of its own.
package=$1 stamp=$2 library=$3
. "$(dirname "$0")/../utf8.sh"
. "$(dirname "$0")/../temporary.sh"
work_beside "$stamp"
log=$work/log
# A lock that is there was left by one that was killed.
rm -rf "$library/00LOCK-gpuspy"
mkdir -p "$library" && MAKEFLAGS="${MAKEFLAGS:--j2}" \
	R CMD INSTALL --no-test-load --library="$library" "$package" >"$log" 2>&1
status=$?
[ $status -eq 0 ] || tail -n 40 "$log" >&2
[ $status -eq 0 ] && touch "$stamp"
exit $status
