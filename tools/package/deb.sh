#!/bin/sh
# sh tools/package/deb.sh [FOLDER]: libgpuspy, gpuspy and r-other-gpuspy as Debian packages, for the
# system on which it runs, into FOLDER, else build/packages. What is missing for that is named.
umask 022 # what is packed is for all
root=$(CDPATH= cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tools/temporary.sh"
to=${1:-$root/build/packages}

fail() { # MESSAGE...
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

version=$(sh "$root/tools/package/version.sh")
command -v dpkg-buildpackage >/dev/null || fail "please install: build-essential debhelper, and what it then says"
mkdir -p "$to" || exit 1
to=$(CDPATH= cd "$to" && pwd)
log=$to/deb.log
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
source=$work/gpuspy-$version

# A copy without what was built, with debian/ where Debian wants it.
mkdir "$source" && (cd "$root" && tar -cf - --exclude=./build* --exclude=./.git --exclude=__pycache__ .) |
	tar -xf - -C "$source" && chmod -R u+w "$source" && mv "$source/tools/package/debian" "$source/debian" || exit 1
changed=$(git -c safe.directory='*' -C "$root" log -1 --format=%cD 2>/dev/null)
cat >"$source/debian/changelog" <<EOF
gpuspy ($version) unstable; urgency=medium

  * Built from the sources; their history has what changed.

 -- The gpuspy authors <gpuspy@example.org>  ${changed:-$(date -R)}
EOF

# Debian 11's meson is too old; one from PyPI in the PATH is as good.
missing=$(CDPATH= cd "$source" && LC_ALL=C dpkg-checkbuilddeps 2>&1 | sed -n 's/.*Unmet build dependencies: //p')
oldest=$(sed -n "s/.*meson_version: '>= \([0-9.]*\)'.*/\1/p" "$root/meson.build")
dpkg --compare-versions "$(meson --version 2>/dev/null || echo 0)" ge "$oldest" &&
	missing=$(echo "$missing" | sed 's/ *meson ([^)]*)//')
missing=$(echo "$missing" | sed 's/ *([^)]*)//g; s/:native//g; s/debhelper-compat/debhelper/')
[ -z "$missing" ] || fail "please install: $missing"
(cd "$source" && dpkg-buildpackage -b -d -us -uc) >"$log" 2>&1 || {
	tail -n 20 "$log" >&2
	fail "cannot build the packages; the whole log is $log"
}
for package in "$work"/*.deb; do
	case $package in
	*-dbgsym_*) continue ;;
	esac
	cp "$package" "$to/" && echo "$to/${package##*/}"
done
