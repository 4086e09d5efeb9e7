#!/bin/sh
# wheels.sh FOLDER [VERSION...]: CUDA runtimes from PyPI, each in FOLDER/VERSION; those from 13.2 to
# 13.5 unless some are named. What is there already is not fetched again. Needs pip and unzip.
[ $# -ge 1 ] || {
	echo "wheels.sh: which FOLDER?" >&2
	exit 2
}
folder=$1
shift
[ $# -gt 0 ] || set -- 13.2 13.3 13.4 13.5
status=0
for version; do
	[ -e "$folder/$version/libcudart.so.13" ] && continue
	fresh=$(mktemp -d) || exit 1
	if python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$fresh" \
		"nvidia-cuda-runtime==$version.*" >/dev/null 2>&1 &&
		unzip -q -j "$fresh"/*.whl '*/libcudart.so.*' -d "$fresh/lib" &&
		mkdir -p "$folder/$version" && cp "$fresh"/lib/libcudart.so.* "$folder/$version/"; then
		echo "wheels.sh: runtime $version is in $folder/$version" >&2
	else
		echo "wheels.sh: runtime $version cannot be had" >&2
		status=1
	fi
	rm -rf "$fresh"
done
exit $status
