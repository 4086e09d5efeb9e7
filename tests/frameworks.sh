#!/bin/sh
# sh tests/frameworks.sh [NAME...]: real frameworks under gpuspy, from Python and from R.
#
# Brings torch, cupy, jax, tensorflow and tensorflow-cpu (or those that are named) from PyPI into a
# folder outside of the sources, once: $GPUSPY_FRAMEWORKS, else ~/.cache/gpuspy-frameworks. All of
# them take 22 GB. GPUSPY_BUILD: the build folder, else build. R needs its package reticulate.
# What cannot be brought is skipped, with the reason.
set -eu
here=$(CDPATH= cd "$(dirname "$0")" && pwd)
cache=${GPUSPY_FRAMEWORKS:-${XDG_CACHE_HOME:-$HOME/.cache}/gpuspy-frameworks}
GPUSPY_BUILD=${GPUSPY_BUILD:-$here/../build}
export GPUSPY_BUILD
python=${PYTHON:-/usr/bin/python3}
[ $# -gt 0 ] || set -- torch cupy jax tensorflow tensorflow-cpu

if [ ! -e "$GPUSPY_BUILD/preload/libgpuspy.so" ]; then
	echo "frameworks.sh: there is no $GPUSPY_BUILD/preload/libgpuspy.so: build first" >&2
	exit 1
fi

packages() {
	case $1 in
	torch) echo torch numpy ;;
	cupy) echo 'cupy-cuda12x[ctk]' numpy ;;
	jax) echo 'jax[cuda12]' ;;
	tensorflow) echo 'tensorflow[and-cuda]' ;;
	tensorflow-cpu) echo tensorflow-cpu ;;
	*) return 1 ;;
	esac
}

free_megabytes() {
	df -Pm "$1" | awk 'NR == 2 { print $4 }'
}

# A folder without the mark was left half-way.
bring() {
	[ ! -e "$cache/$1/brought" ] || return 0
	if [ "$(free_megabytes "$cache")" -lt 12000 ]; then
		echo "less than 12 GB are free in $cache" >"$cache/$1.log"
		return 1
	fi
	echo "# bringing $1 from PyPI into $cache/$1" >&2
	rm -rf "${cache:?}/$1"
	"$python" -m venv "$cache/$1" >"$cache/$1.log" 2>&1 || return 1
	# shellcheck disable=SC2046 # the words are the packages
	"$cache/$1/bin/python" -m pip install -q --no-cache-dir $(packages "$1") \
		>>"$cache/$1.log" 2>&1 || return 1
	touch "$cache/$1/brought"
}

mkdir -p "$cache"
for name in "$@"; do
	if ! packages "$name" >/dev/null; then
		echo "frameworks.sh: which framework is $name?" >&2
		exit 2
	fi
	if ! bring "$name"; then
		echo "# $name cannot be had: $(tail -n 1 "$cache/$name.log")" >&2
		rm -rf "${cache:?}/$name"
	fi
done
exec "$python" "$here/frameworks/test_frameworks.py" "$cache" "$@"
