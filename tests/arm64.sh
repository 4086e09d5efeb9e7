#!/bin/sh
# sh tests/arm64.sh [-m KIB] [TEST...]: builds gpuspy for aarch64 on another machine, and runs the
# tests of hooks, doors and calls, the random programs and the units there, or those that are named,
# under qemu-user. What starts other programs is skipped: qemu-user does not follow them. Of those that
# are named only what they need is built; `meson test arm64` has hooks and doors, where it can.
#
# -m 4, -m 16: on a whole machine, by qemu-system, whose kernel has pages of so many KiB: all tests that
# need no compiler, or those (or the suites) that are named, and the examples. All takes hours.
#
# It takes meson, the cross compiler and the emulator where they are installed (apt-get install
# gcc-aarch64-linux-gnu g++-aarch64-linux-gnu qemu-user-static, for -m qemu-system-arm cpio, too), and
# brings check, jansson, ncurses and Python for arm64, for -m a system, from this system's own package
# sources into a folder outside of the sources, once, where it builds too: $GPUSPY_ARM64, else
# ~/.cache/gpuspy-arm64. Without these it says so and ends with status 77. MESON: that meson.
set -eu
here=$(CDPATH= cd "$(dirname "$0")" && pwd)
source=$(dirname "$here")
place=${GPUSPY_ARM64:-${XDG_CACHE_HOME:-$HOME/.cache}/gpuspy-arm64}
libc=/usr/aarch64-linux-gnu/lib
packages="check libsubunit-dev libsubunit0 libjansson-dev libjansson4 libncurses-dev libncurses6
	libncursesw6 libtinfo6 libffi8 zlib1g libexpat1"
meson=${MESON:-meson}
pages=
while getopts m: option; do
	case $option in
	m) pages=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || [ -n "$pages" ] || set -- hooks doors calls traps "random programs" functions layers handles elf

skip() { # WHAT
	echo "arm64.sh: skipped: it would need $1"
	exit 77
}
for program in aarch64-linux-gnu-gcc aarch64-linux-gnu-g++ qemu-aarch64-static; do
	command -v "$program" >/dev/null || skip "$program (apt-get install gcc-aarch64-linux-gnu g++-aarch64-linux-gnu qemu-user-static)"
done
[ -e "$libc/libc.so.6" ] || skip "$libc (apt-get install libc6-dev-arm64-cross)"

# qemu-user takes the system's own, where the folder that it is given has none, and mixes both.
[ -n "$pages" ] || [ ! -e /lib/aarch64-linux-gnu/libc.so.6 ] ||
	skip "a system without libraries of arm64 of its own (apt-get purge libc6:arm64)"

# apt with a world of its own, in which arm64 is all there is.
world="-qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root
	-o Dir::State=$place/apt -o Dir::State::status=/dev/null -o Dir::Cache=$place/apt"

# A folder without the mark was left half-way. The loader looks for libc in /lib below the root.
# shellcheck disable=SC2086 # of the packages and of what apt is told each word is one
bring() {
	[ ! -e "$place/brought" ] || return 0
	echo "# bringing packages of arm64 into $place" >&2
	rm -rf "$place"
	mkdir -p "$place/apt/lists/partial" "$place/apt/archives/partial" "$place/debs" "$place/root"
	apt-get $world update && cd "$place/debs" || return 1
	# What python3 is, its version says.
	version=$(apt-cache $world show python3 | sed -n 's/^Version: \([0-9]*\.[0-9]*\).*/\1/p' | tail -n 1)
	apt-get $world download $packages python$version-minimal libpython$version-minimal \
		libpython$version-stdlib || return 1
	ln -s "python$version" "$place/python"
	for package in *.deb; do
		dpkg-deb -x "$package" "$place/root" || return 1
	done
	cp -R "$place/root/lib/aarch64-linux-gnu/." "$place/root/usr/lib/aarch64-linux-gnu"
	# Absolute, and of this machine; the linker would take libtinfo.a, which is no part of libncursesw.so.
	ln -sf libtinfo.so.6 "$place/root/usr/lib/aarch64-linux-gnu/libtinfo.so"
	rm -rf "$place/root/lib"
	ln -s "$libc" "$place/root/lib"
	touch "$place/brought"
}
mkdir -p "$(dirname "$place")"
(bring >"$place.log" 2>&1) || skip "packages of arm64 from apt-get: $(tail -n 1 "$place.log")"

parts=$place/root/usr
cat >"$place/pkg-config" <<SH
#!/bin/sh
export PKG_CONFIG_LIBDIR='$parts/lib/aarch64-linux-gnu/pkgconfig' PKG_CONFIG_SYSROOT_DIR='$place/root'
exec pkg-config "\$@"
SH
chmod +x "$place/pkg-config"
cat >"$place/cross.ini" <<INI
[binaries]
c = 'aarch64-linux-gnu-gcc'
cpp = 'aarch64-linux-gnu-g++'
ar = 'aarch64-linux-gnu-ar'
strip = 'aarch64-linux-gnu-strip'
pkgconfig = '$place/pkg-config'
exe_wrapper = ['qemu-aarch64-static', '-L', '$place/root']
[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
[built-in options]
c_args = ['-I$parts/include', '-I$parts/include/aarch64-linux-gnu']
c_link_args = ['-L$parts/lib/aarch64-linux-gnu', '-Wl,-rpath-link,$parts/lib/aarch64-linux-gnu']
INI

build=$place/build
# One that was made for other sources, which may be gone, is made again.
[ "$(cat "$place/source" 2>/dev/null)" = "$source" ] || rm -rf "$build"
echo "$source" >"$place/source"
if [ ! -e "$build/build.ninja" ]; then
	"$meson" setup "$build" "$here/.." --cross-file "$place/cross.ini" >"$place/setup.log" ||
		{ tail -n 20 "$place/setup.log" >&2 && exit 1; }
fi
if [ -n "$pages" ]; then
	ninja -C "$build" --quiet
	# shellcheck source-path=SCRIPTDIR source=arm64/machine.sh
	. "$here/arm64/machine.sh"
	run_machine "$pages" "$@"
	exit
fi
GPUSPY_EMULATOR="qemu-aarch64-static -L $place/root"
GPUSPY_EMULATED_PYTHON=$parts/bin/$(readlink "$place/python")
# To qemu-user its -L is what / is, when somebody opens that, as the tools do.
GPUSPY_EMULATED_TOOLS="qemu-aarch64-static $libc/ld-linux-aarch64.so.1 --library-path $libc:$parts/lib/aarch64-linux-gnu"
export GPUSPY_EMULATOR GPUSPY_EMULATED_PYTHON GPUSPY_EMULATED_TOOLS
# shellcheck disable=SC2046 # each word is a file
ninja -C "$build" --quiet $(python3 "$here/arm64/needs.py" "$meson" "$build" traps "$@")
status=0
"$meson" test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 10 "$@" || status=$?

# Signals come between any two instructions, and not only between what qemu translates at once.
qemu-aarch64-static -help | grep -q one-insn-per-tb && step=-one-insn-per-tb || step=-singlestep
GPUSPY_EMULATOR="$GPUSPY_EMULATOR $step" GPUSPY_BUILD=$build \
	python3 "$here/e2e/test_traps.py" signal || status=1
exit "$status"
