#!/bin/sh
# sh tests/doctor/wheels.sh [NAME...]: what people have reported, with the wheels that they had.
#
# Brings each row's wheels from PyPI into a virtualenv of its own, runs it under gpuspy, asks the
# doctor, and takes the virtualenv away again: one at a time, 6 GB for the biggest. Needs the network
# and a machine without NVIDIA's driver. GPUSPY_BUILD: the build folder, else build.
# GPUSPY_WHEELS: where the virtualenvs are made, else a temporary folder.
set -eu
here=$(CDPATH= cd "$(dirname "$0")" && pwd)
GPUSPY_BUILD=${GPUSPY_BUILD:-$here/../../build}
export GPUSPY_BUILD
if [ ! -e "$GPUSPY_BUILD/preload/libgpuspy.so" ]; then
	echo "wheels.sh: there is no $GPUSPY_BUILD/preload/libgpuspy.so: build first" >&2
	exit 1
fi
exec "${PYTHON:-python3}" "$here/wheels.py" "$@"
