#!/bin/sh
# sh tests/clients.sh [NAME...]: programs of others on the simulated driver, with and without gpuspy.
#
# numba, pycuda and cuda-python come from PyPI into a folder outside of the sources, once:
# $GPUSPY_CLIENTS, else ~/.cache/gpuspy-clients; pycuda is compiled there. ffmpeg, hashcat and clinfo
# are taken where they are installed (apt-get install ffmpeg hashcat clinfo). GPUSPY_BUILD: the build
# folder, else build. What cannot be had is skipped, and what it would need is said.
set -eu
here=$(CDPATH= cd "$(dirname "$0")" && pwd)
cache=${GPUSPY_CLIENTS:-${XDG_CACHE_HOME:-$HOME/.cache}/gpuspy-clients}
GPUSPY_BUILD=${GPUSPY_BUILD:-$here/../build}
export GPUSPY_BUILD
python=${PYTHON:-python3}
[ $# -gt 0 ] || set -- numba pycuda cuda-python ffmpeg hashcat clinfo

if [ ! -e "$GPUSPY_BUILD/tests/sim/lib/libcuda.so.1" ]; then
	echo "clients.sh: there is no simulated driver in $GPUSPY_BUILD: build first" >&2
	exit 1
fi

packages() {
	case $1 in
	numba) echo 'numba-cuda[cu13]' numpy ;;
	pycuda) echo pycuda numpy ;;
	cuda-python) echo cuda-bindings ;;
	*) return 1 ;;
	esac
}

# A folder without the mark was left half-way.
bring() {
	[ ! -e "$cache/$1/brought" ] || return 0
	echo "# bringing $1 from PyPI into $cache/$1" >&2
	rm -rf "${cache:?}/$1"
	"$python" -m venv "$cache/$1" >"$cache/$1.log" 2>&1 || return 1
	# shellcheck disable=SC2046 # the words are the packages
	"$cache/$1/bin/python" -m pip install -q $(packages "$1") >>"$cache/$1.log" 2>&1 || return 1
	touch "$cache/$1/brought"
}

mkdir -p "$cache"
for name in "$@"; do
	if packages "$name" >/dev/null && ! bring "$name"; then
		echo "# $name cannot be had: $(tail -n 1 "$cache/$name.log")" >&2
		rm -rf "${cache:?}/$name"
	fi
done
exec "$python" "$here/outside/test_outside.py" "$cache" "$@"
