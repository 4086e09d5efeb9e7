#!/bin/sh
# installed.sh LIBDIR [REMARK]: after an installation, so that LD_PRELOAD=libgpuspy.so works by its bare
# name. Run by meson, which names two prefixes where the files only lie there for a package, and prints
# the remark.
library=$1/libgpuspy.so
PATH=$PATH:/usr/sbin:/sbin

# Some versions of meson keep what a script says to themselves: then to meson's own output, but for a
# file, in which meson's next line would lie on this one.
say() {
	meson=/proc/$PPID/fd/1
	if [ "$(readlink /proc/$$/fd/1)" != "$(readlink "$meson")" ] && { [ -c "$meson" ] || [ -p "$meson" ]; }; then
		echo "gpuspy: $*" 2>/dev/null >>"$meson" && return
	fi
	echo "gpuspy: $*"
}

if [ -n "$DESTDIR" ] || [ "$MESON_INSTALL_DESTDIR_PREFIX" != "$MESON_INSTALL_PREFIX" ]; then
	say "once the files are in their place, run ldconfig: LD_PRELOAD=libgpuspy.so needs it"
	exit 0
fi

# What ld.so finds by the bare name.
found() {
	env -u LD_LIBRARY_PATH GPUSPY_DISABLE=1 LD_PRELOAD=libgpuspy.so cat /proc/self/maps 2>/dev/null |
		sed -n 's|^[^/]*\(/.*/libgpuspy\.so\)$|\1|p' | head -n 1
}

is_found() {
	[ "$(found)" = "$(readlink -f "$library")" ]
}

# The loader, and ldconfig, look into the folder.
is_searched() {
	ldconfig -vNX 2>/dev/null | cut -d: -f1 | grep '^/' | xargs -d '\n' readlink -f |
		grep -qxF "$(readlink -f "${library%/*}")"
}

is_found && exit 0
ldconfig 2>/dev/null
ran=$?
is_found && exit 0
other=$(found)
if [ -n "$other" ]; then
	say "the bare name libgpuspy.so is another copy, $other: remove it and run ldconfig, as root"
	say "until then, use LD_PRELOAD=$library"
	exit 0
fi
case $library in
*[\ :]* | *\$LIB[!A-Za-z0-9_]* | *\${LIB}* | *\$ORIGIN[!A-Za-z0-9_]* | *\${ORIGIN}* | \
	*\$PLATFORM[!A-Za-z0-9_]* | *\${PLATFORM}*)
	say "LD_PRELOAD cannot hold the path of $library: it works by its bare name alone"
	;;
*) say "for now, use LD_PRELOAD=$library: its bare name is not found" ;;
esac
if [ $ran -ne 0 ] && is_searched; then
	say "for the bare name, run as root: ldconfig"
else
	say "for the bare name, name $1 in a file in /etc/ld.so.conf.d and run ldconfig, as root"
fi
