#!/bin/sh
# sh tools/package/wheel.sh [-c CPU] [FOLDER]: gpuspy-VERSION-py3-none-manylinux_2_28_CPU.whl for pip,
# into FOLDER, else build/packages. The commands are built for glibc 2.28 by the compiler that PyPI has as
# ziglang, with jansson and ncurses in them; the static libraries of Debian 12 or older are right for
# that. The library is the compiler's that is here, for it takes nothing of a newer glibc; it brings
# libdl into the process, where dlsym was before glibc 2.34.
# For another CPU than this machine's (aarch64) it takes Debian's cross compiler and static libraries:
# dpkg --add-architecture arm64; apt-get install gcc-aarch64-linux-gnu libjansson-dev:arm64 libncurses-dev:arm64
# GPUSPY_WHEEL_TOOLS: a folder with what comes from PyPI for that, kept for the next time.
umask 022 # what is packed is for all
root=$(CDPATH= cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tools/temporary.sh"
glibc=2.28
cpu=$(uname -m) compiler=cc

fail() { # MESSAGE...
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

while getopts c: option; do
	case $option in
	c) [ "$OPTARG" = "$cpu" ] || { cpu=$OPTARG compiler=$OPTARG-linux-gnu-gcc; } ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
command -v $compiler >/dev/null || fail "please install $compiler"
to=${1:-$root/build/packages}
mkdir -p "$to" && to=$(CDPATH= cd "$to" && pwd) || exit 1
python3 -c 'import ensurepip, venv' 2>/dev/null || fail "please install python3-venv"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
tools=${GPUSPY_WHEEL_TOOLS:-$work/tools}
log=$to/wheel.log

{ [ -x "$tools/bin/auditwheel" ] || { python3 -m venv "$tools" &&
	"$tools/bin/pip" install -q 'meson >= 0.63' ninja ziglang auditwheel; }; } >"$log" 2>&1 ||
	fail "PyPI does not give what is needed: $(tail -n 1 "$log")"

# The system's jansson and ncurses, and none of its C library: zig has that.
mkdir "$work/lib"
for archive in libjansson.a libncursesw.a libtinfo.a; do
	found=$($compiler -print-file-name=$archive)
	[ -e "$found" ] || fail "please install libjansson-dev and libncurses-dev for $cpu: $archive is not there"
	ln -s "$(readlink -f "$found")" "$work/lib/$archive"
done
include="-idirafter /usr/include -idirafter /usr/include/$cpu-linux-gnu"

# zig takes no version of glibc where it only preprocesses, and says in no word that it links with lld.
cat >"$work/cc" <<EOF
#!/bin/sh
target=$cpu-linux-gnu.$glibc
for option; do
	case \$option in
	-E | -dM) target=$cpu-linux-gnu ;;
	-Wl,--version) echo "LLD (compatible with GNU linkers)"; exit 0 ;;
	esac
done
exec "$tools/bin/python" -m ziglang cc -target \$target "\$@" $include -L$work/lib
EOF
chmod +x "$work/cc"
cat >"$work/pkg-config" <<EOF
#!/bin/sh
PKG_CONFIG_LIBDIR=/usr/lib/$cpu-linux-gnu/pkgconfig:/usr/share/pkgconfig exec pkg-config "\$@"
EOF
chmod +x "$work/pkg-config"

machine_file() { # NAME COMPILER: for meson
	cat >"$work/$1.ini" <<EOF
[binaries]
c = '$2'
ar = ['$tools/bin/python', '-m', 'ziglang', 'ar']
ranlib = ['$tools/bin/python', '-m', 'ziglang', 'ranlib']
strip = 'true'
pkgconfig = '$work/pkg-config'
EOF
	kind=native
	[ "$compiler" = cc ] && return
	kind=cross
	cat >>"$work/$1.ini" <<EOF
[host_machine]
system = 'linux'
cpu_family = '$cpu'
cpu = '$cpu'
endian = 'little'
EOF
}
machine_file library "$compiler"
machine_file commands "$work/cc"

build() { # FOLDER TARGET... -- OPTION...
	build=$work/$1 targets=
	shift
	while [ "$1" != -- ]; do
		targets="$targets $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # words
	{ meson setup --prefix=/ --libdir=lib --buildtype=release -Dtests=false "$@" "$build" "$root" &&
		ninja -C "$build" $targets; } >>"$log" 2>&1 ||
		{ tail -n 20 "$log" >&2; fail "cannot build; the whole log is $log"; }
}

PATH=$tools/bin:$PATH
build library preload/libgpuspy.so -- --$kind-file "$work/library.ini" \
	-Dc_link_args='-s -Wl,--push-state,--no-as-needed -l:libdl.so.2 -Wl,--pop-state'
build commands tools/gpuspy tools/gpuspy-top -- -Dc_link_args=-s --prefer-static --$kind-file "$work/commands.ini"

# What is linked into the commands has licences of its own.
licenses=
for package in libjansson-dev libncurses-dev; do
	license=/usr/share/doc/$package/copyright
	[ -e "$license" ] || fail "the licence of what is linked is not there: $license"
	licenses="$licenses $package=$license"
done

# shellcheck disable=SC2086 # words
wheel=$(python3 "$root/tools/package/wheel.py" "$root" "$work" "$to" \
	"manylinux_$(echo $glibc | tr . _)_$cpu" $licenses) || exit 1
auditwheel show "$wheel" >"$work/audit" 2>&1
cat "$work/audit" >>"$log"
found=$(tr '\n' ' ' <"$work/audit" | sed -n 's/.*is consistent with the following platform tag: *"manylinux_2_\([0-9]*\)_.*/\1/p')
if [ -z "$found" ] || [ "$found" -gt "${glibc#2.}" ]; then
	rm -f "$wheel"
	cat "$work/audit" >&2
	fail "auditwheel does not find that it runs on glibc $glibc"
fi
echo "$wheel"
