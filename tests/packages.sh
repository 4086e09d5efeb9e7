#!/bin/sh
# sh tests/packages.sh [-a ARCHITECTURE] [SUITE...]: what tools/package makes, used on a fresh Debian.
#
# For each SUITE (bullseye, bookworm, trixie; else bookworm): builds the Debian packages, the tarball
# and, on bookworm, the wheel in one minimal system, from what is committed, and holds the Debian
# packages against lintian. Then installs each in another one that has nothing of the first, and runs
# tests/package/use.sh there. As root, with debootstrap and Debian's and PyPI's servers; GPUSPY_FRESH
# and what is kept are as in tests/fresh.sh. GPUSPY_KEEP=1 keeps the systems that build. Status 0: all passed.
#
# -a arm64: the Debian packages and the tarball of another architecture, whose programs the kernel has an
# emulator for (apt-get install qemu-user-static binfmt-support). That takes an hour.
set -u
architecture=
while getopts a: option; do
	case $option in
	a) architecture=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
root=$(CDPATH= cd "$(dirname "$0")/.." && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=systems.sh
. "$root/tests/systems.sh"
[ $# -gt 0 ] || set -- bookworm
place=$place${architecture:+/$architecture}
need_systems
failed=0

say() { # SUITE WHAT STATUS LOG
	if [ "$3" -eq 0 ]; then
		echo "$1: $2: ok"
	else
		echo "$1: $2: FAILED ($4)"
		tail -n 12 "$4"
		failed=1
	fi
}

new_system() { # SUITE NAME
	system=$place/$1/$2
	rm -rf "$system"
	cp -a "$place/$1/base" "$system" && way_out
}

# A meson from PyPI, where Debian's is too old.
# shellcheck disable=SC2016 # for the inner shell
build_all='
set -e
cd /root/gpuspy
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends build-essential debhelper lintian check libjansson-dev \
	libncurses-dev meson pkg-config python3-venv r-base-core git
dpkg --compare-versions "$(meson --version)" ge 0.61 ||
	{ python3 -m venv /root/meson && /root/meson/bin/pip install -q meson; }
'

build() { # SUITE
	if [ -z "${GPUSPY_KEEP:-}" ] || ! [ -e "$place/$1/build/root/gpuspy" ]; then
		new_system "$1" build || return 1
	fi
	system=$place/$1/build
	rm -rf "$system/root/gpuspy" "$system/root/out"
	git clone -q --no-hardlinks "$root" "$system/root/gpuspy" || return 1
	inside "$system" sh -c "$build_all"
}

pack() { # SUITE WHAT
	log=$place/$1/pack-$2.log
	inside "$place/$1/build" sh -c "PATH=/root/meson/bin:\$PATH; cd /root/gpuspy && sh tools/package/$2.sh /root/out" \
		>"$log" 2>&1
	say "$1" "tools/package/$2.sh" $? "$log"
}

check_lintian() { # SUITE
	log=$place/$1/lintian.log
	inside "$place/$1/build" sh -c 'lintian --allow-root --fail-on error /root/out/*.deb' >"$log" 2>&1
	say "$1" "lintian, no error" $? "$log"
}

# use.sh says what is in which.
use() { # SUITE WHAT
	log=$place/$1/use-$2.log
	new_system "$1" use && cp -r "$place/$1/build/root/out" "$system/root/packages" &&
		cp "$root/tests/package/use.sh" "$system/root/" || return
	inside "$system" sh /root/use.sh "$2" /root/packages >"$log" 2>&1
	say "$1" "installed and used: $2" $? "$log"
	rm -rf "$system"
}

for suite; do
	set_suite "$suite"
	log=$place/$suite/build-packages.log
	if ! make_base "$suite" || ! build "$suite" >"$log" 2>&1; then
		say "$suite" "a system to build in" 1 "$log"
		continue
	fi
	pack "$suite" deb
	check_lintian "$suite"
	pack "$suite" tarball
	use "$suite" deb
	use "$suite" tarball
	if [ "$suite" = bookworm ] && [ -z "$architecture" ]; then
		pack "$suite" wheel
		use "$suite" wheel
	fi
	[ -n "${GPUSPY_KEEP:-}" ] || rm -rf "${place:?}/$suite/build"
done
exit $failed
