#!/bin/sh
# sh tests/others.sh [--all] [NAME...]: other people's programs, and their own test suites, with and
# without gpuspy; one table at the end. Status 0: no difference that is not explained.
#
# Brings what it wants from Debian (as root, or with sudo) and memray from PyPI; what cannot be
# brought is skipped, and said. --all: whole suites instead of a sensible part, which takes hours.
# GPUSPY_BUILD: the build folder, else build.
set -eu
here=$(CDPATH= cd "$(dirname "$0")" && pwd)
cache=${GPUSPY_OTHERS:-${XDG_CACHE_HOME:-$HOME/.cache}/gpuspy-others}
GPUSPY_BUILD=${GPUSPY_BUILD:-$here/../build}
export GPUSPY_BUILD
PACKAGES="bubblewrap dbus eatmydata faketime fakeroot firejail gcc gdb heaptrack libc6-dev
	libglib2.0-tests libjemalloc2 libmimalloc2.0 libnode-dev libopenmpi-dev
	libtcmalloc-minimal4 ltrace nodejs openjdk-17-jdk-headless openmpi-bin python3-greenlet
	python3-venv r-base-core strace stress-ng valgrind"

if [ ! -e "$GPUSPY_BUILD/preload/libgpuspy.so" ]; then
	echo "others.sh: there is no $GPUSPY_BUILD/preload/libgpuspy.so: build first" >&2
	exit 1
fi

root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# One by one: what this Debian lacks is not to keep the others away.
bring_packages() {
	version=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	for package in $PACKAGES "libpython$version-testsuite"; do
		dpkg -s "$package" >/dev/null 2>&1 && continue
		root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
			--no-install-recommends -o DPkg::Lock::Timeout=600 "$package" \
			>>"$cache/apt.log" 2>&1 || echo "# $package cannot be had" >&2
	done
}

bring_memray() {
	[ ! -x "$cache/memray/bin/memray" ] || return 0
	{
		/usr/bin/python3 -m venv "$cache/memray" &&
			"$cache/memray/bin/pip" install -q memray
	} >>"$cache/pip.log" 2>&1 || echo "# memray cannot be had" >&2
}

mkdir -p "$cache"
bring_packages
bring_memray
PATH=$cache/memray/bin:$PATH exec /usr/bin/python3 "$here/others/others.py" "$@"
