#!/bin/sh
# Fetches the newest CUDA runtimes from PyPI and shows which functions of the driver they know that
# names.txt has not. Not run by the tests. Needs pip, unzip and a C compiler; runs nothing on a GPU.
#
#     tests/driver/update.sh [--write] [PACKAGE==VERSION...]
#
# --write adds them to names.txt; test_table.py then prints the lines that preload/cuda/functions.c
# lacks. --lookups prints what the runtime of the last package looks up, in its order.
set -eu
here=$(CDPATH= cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

options=
while [ $# -gt 0 ]; do
	case $1 in
	--write | --lookups) options="$options $1" ;;
	-*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
[ $# -gt 0 ] || set -- nvidia-cuda-runtime-cu11 nvidia-cuda-runtime-cu12 nvidia-cuda-runtime

"${CC:-cc}" -shared -fPIC -O1 -Wl,-soname,libcuda.so.1 -o "$folder/libcuda.so.1" "$here/spy.c"
for package; do
	mkdir "$folder/wheel"
	python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$folder/wheel" \
		"$package" >&2
	unzip -q -d "$folder/wheel" "$folder"/wheel/*.whl
	# shellcheck disable=SC2086
	python3 "$here/update.py" $options "$folder/wheel" "$folder"
	rm -r "$folder/wheel"
done
