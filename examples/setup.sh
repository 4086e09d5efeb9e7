# Sourced by examples/run.sh and tests/run.sh: installs what is missing and builds.
# Needs: $root, the project's folder; $r_packages, R packages that are wanted, or nothing. Sets: $build,
# the build folder.
# GPUSPY_BUILD is another build folder, GPUSPY_MESON_OPTIONS more options for meson setup.

build=${GPUSPY_BUILD:-$root/build}
case $build in
/*) ;;
*) build=$PWD/$build ;;
esac

fail() { # MESSAGE...
	echo "${0##*/}: $*" >&2
	exit 1
}

# The last line of a log that says something went wrong, or else its last line.
reason() { # LOG
	found=$(grep -E '^E: |ERROR|error:|FAILED' "$1" | tail -n 1)
	echo "${found:-$(tail -n 1 "$1")}"
}

has_program() { # NAME...
	for name; do
		command -v "$name" >/dev/null 2>&1 && return 0
	done
	return 1
}

# One that finds libc's headers.
has_compiler() {
	for compiler in "$CC" cc gcc clang; do
		# shellcheck disable=SC2086 # CC may have options
		echo '#include <stdio.h>' | $compiler -E - >/dev/null 2>&1 && return 0
	done
	return 1
}

has_library() { # PKG-CONFIG-NAME
	pkg-config --exists "$1" 2>/dev/null
}

# The Debian packages of what is missing. Looked for by use and not by package, so that other
# systems and other ways to install are as good.
missing_packages() {
	has_compiler || echo gcc libc6-dev
	has_program python3 || echo python3
	has_program meson || echo meson
	has_program ninja || echo ninja-build
	has_program pkg-config || echo pkg-config
	has_program Rscript || echo r-base-core
	has_library jansson || echo libjansson-dev
	has_library ncursesw || echo libncurses-dev
	has_library check || echo check
}

as_root() { # COMMAND...
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif has_program sudo; then
		sudo "$@"
	else
		return 1
	fi
}

install_missing() {
	# shellcheck disable=SC2046 # the names are words
	set -- $(missing_packages)
	[ $# -eq 0 ] && return
	has_program apt-get || fail "please install what Debian calls: $*"
	[ "$(id -u)" -eq 0 ] || has_program sudo ||
		fail "not root, and no sudo: please run apt-get install $*"
	echo "installing $*"
	log=$(mktemp) || fail "cannot make a temporary file"
	# Not all repositories have to answer, so only the installation decides. python3-dev and
	# tmux are for tests that are left out without them, so they come along but are not missed.
	as_root apt-get update >"$log" 2>&1
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		"$@" python3-dev tmux >>"$log" 2>&1 || fail "cannot install $*: $(reason "$log")"
	rm -f "$log"
	# shellcheck disable=SC2046
	set -- $(missing_packages)
	[ $# -eq 0 ] || fail "installed, and yet not found: $*"
}

configure() {
	if ! [ -e "$build/build.ninja" ]; then
		# shellcheck disable=SC2086 # several options
		meson setup $GPUSPY_MESON_OPTIONS "$build" "$root"
	elif [ -n "$GPUSPY_MESON_OPTIONS" ]; then
		# shellcheck disable=SC2086
		meson configure $GPUSPY_MESON_OPTIONS "$build"
	fi
}

# Quiet, unless something goes wrong.
build_all() {
	log=$(mktemp) || fail "cannot make a temporary file"
	echo "building in $build (the first time: a minute or two)"
	if ! { configure && ninja -C "$build" all r-library; } >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		fail "cannot build: $(reason "$log")"
	fi
	rm -f "$log"
}

# R packages for tests that are left out without them: tried, and not missed.
install_r_packages() { # NAME...
	missing=$(Rscript --vanilla -e 'cat(tolower(setdiff(commandArgs(TRUE), rownames(installed.packages()))))' \
		"$@" 2>/dev/null)
	[ -n "$missing" ] && has_program apt-get || return 0
	echo "installing R's packages $missing"
	# shellcheck disable=SC2046,SC2086 # the names are words
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		$(printf 'r-cran-%s ' $missing) >/dev/null 2>&1 </dev/null || echo "some cannot be had"
}

install_missing
# shellcheck disable=SC2086
[ -z "$r_packages" ] || install_r_packages $r_packages
build_all
