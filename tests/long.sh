#!/bin/sh
# sh tests/long.sh [FIRST_SEED [SEEDS]]: the differential test at length: random programs of 64
# threads, with the libraries above the driver, forks and injected errors, more than a million calls
# in all; then as many with one thread. Without a seed it is the time's, and is printed.
# GPUSPY_BUILD: the build folder, else build.
set -eu
here=$(CDPATH= cd "$(dirname "$0")" && pwd)
GPUSPY_BUILD=${GPUSPY_BUILD:-$here/../build}
export GPUSPY_BUILD
first=${1:-$(date +%s)}
seeds=${2:-20}
test=$here/differential/test_differential.py

echo "# seeds from $first, $seeds of them: sh tests/long.sh $first $seeds"
status=0
python3 "$test" "$first" "$seeds" threads=64 steps=600 layers=1 children=2 timeout=600 || status=1
python3 "$test" "$first" "$seeds" threads=1 steps=20000 timeout=600 || status=1
exit $status
