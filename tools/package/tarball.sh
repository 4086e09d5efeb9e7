#!/bin/sh
# sh tools/package/tarball.sh [FOLDER]: gpuspy-VERSION-CPU.tar.gz, a tree that works wherever it is
# unpacked, into FOLDER, else build/packages. The library in it loads on glibc 2.28 and later; the
# commands need the glibc, jansson and ncurses of the system on which this ran, or newer ones.
umask 022 # what is packed is for all
root=$(CDPATH= cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tools/temporary.sh"
to=${1:-$root/build/packages}

fail() { # MESSAGE...
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

mkdir -p "$to" && to=$(CDPATH= cd "$to" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
log=$to/tarball.log
name=gpuspy-$(sed -n "s/^ *version: '\(.*\)',/\1/p" "$root/meson.build")-$(uname -m)
build=$work/build

for program in cc meson ninja pkg-config Rscript; do
	command -v $program >/dev/null || fail "please install $program (Debian: build-essential meson pkg-config r-base-core libjansson-dev libncurses-dev)"
done
# A site's files name the folder where the tree is: who unpacks it has here.sh write that into them.
{ meson setup -Dtests=false --prefix=/@PLACE@ --libdir=lib --buildtype=release "$build" "$root" &&
	ninja -C "$build" preload/libgpuspy.so tools/gpuspy tools/gpuspy-top r-package &&
	DESTDIR=$work/installed meson install -C "$build" --no-rebuild --strip; } >"$log" 2>&1 ||
	{ tail -n 20 "$log" >&2; fail "cannot build; the whole log is $log"; }
mv "$work/installed/@PLACE@" "$work/$name" &&
	install -m 755 "$root/tools/package/here.sh" "$work/$name/share/gpuspy/site/" || exit 1
cp "$root/LICENSE" "$root/README.md" "$build"/gpuspy_*.tar.gz "$work/$name/" &&
	tar -czf "$to/$name.tar.gz" --owner=0 --group=0 -C "$work" "$name" && echo "$to/$name.tar.gz"
