# Sourced by examples/run.sh and tests/run.sh: installs what is missing and builds.
# Needs: $root, the project's folder; $r_packages, R packages that are wanted, or nothing. Sets: $build,
# the build folder, and $meson.
# GPUSPY_BUILD is another build folder, GPUSPY_MESON_OPTIONS more options for meson setup; with
# GPUSPY_ARM64_TESTS=1 what the test arm64 takes is installed, too, which is skipped without.

build=${GPUSPY_BUILD:-$root/build}
case $build in
/*) ;;
*) build=$PWD/$build ;;
esac

# For tests that are left out without them: they come along, but are not missed.
for_tests='python3-dev tmux'

fail() { # MESSAGE...
	printf "%s: %s\n" "${0##*/}" "$*" >&2
	exit 1
}

# LD_PRELOAD cannot hold blanks and colons and has its own $, GPUSPY_OUTPUT its own %, the linker's options
# their comma, R_LIBS patterns, ninja's files |, and not all that builds and tests can quote the rest.
# meson.build has the same list. What a path leads to counts, too: that is what meson takes.
check_path() { # PATH
	for path in "$1" "$(realpath -m -- "$1")"; do
		case $path in
		*[][:space:],:\;\&\|\*\?\[\'\"\\\$\`%]*)
			fail "please take a path without blanks, quotes and , : ; & | * ? [ ] \\ \$ %" \
				"(LD_PRELOAD, R and the linker need that): $path"
			;;
		esac
	done
}

# Before anything is installed: what is made goes into the build folder.
check_writable() {
	said=$({ mkdir -p "$build" && : >"$build/.writable" && rm "$build/.writable"; } 2>&1) || fail \
		"the build folder cannot be written ($(printf '%s' "${said##*: }" | tr '\n' ' '));" \
		"GPUSPY_BUILD= takes another one: $build"
}

# The last line of a log that says something went wrong, or else its last line.
reason() { # LOG
	found=$(grep -E '^E: |ERROR|error:|FAILED' "$1" | tail -n 1)
	echo "${found:-$(tail -n 1 "$1")}"
}

# Why pip could not bring something. Its last line says "No matching distribution", whatever kept it from
# looking for one.
pip_reason() { # LOG
	found=$(sed -n -e "s/.*connection broken by ['\"]\(.*\)['\"]: \/.*/\1/p" \
		-e 's/.*Could not fetch URL \(.*\) - skipping.*/\1/p' -e 's/^ERROR: \(.*OSError.*\)/\1/p' \
		"$1" | tail -n 1)
	echo "${found:-$(reason "$1")} (all that pip said: $1)"
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

# As meson.build says.
oldest_meson() {
	sed -n "s/.*meson_version: '>= \([0-9.]*\)'.*/\1/p" "$root/meson.build"
}

is_older() { # VERSION THAN
	[ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

has_new_meson() { # MESON
	has_program "$1" && ! is_older "$("$1" --version)" "$(oldest_meson)"
}

# The one that is here, or else the one that would be installed, is too old. Unknown: it is not.
needs_other_meson() {
	if has_program meson; then
		! has_new_meson meson
	else
		version=$(apt-cache policy meson 2>/dev/null | sed -n 's/.*Candidate: \([0-9.]*\).*/\1/p')
		[ -n "$version" ] && is_older "$version" "$(oldest_meson)"
	fi
}

has_library() { # PKG-CONFIG-NAME
	pkg-config --exists "$1" 2>/dev/null
}

# The Debian packages of what is missing. Looked for by use and not by package, so that other
# systems and other ways to install are as good.
missing_packages() {
	has_compiler || echo gcc libc6-dev
	has_program make || echo make # for R CMD INSTALL
	has_program python3 || echo python3
	if needs_other_meson; then
		has_new_meson "$own_meson" || python3 -c 'import ensurepip, venv' 2>/dev/null ||
			echo python3-venv
	else
		has_program meson || echo meson
	fi
	has_program ninja || echo ninja-build
	has_program pkg-config || echo pkg-config
	has_program Rscript || echo r-base-core
	has_library jansson || echo libjansson-dev
	has_library ncursesw || echo libncurses-dev
	has_library check || echo check
	[ -z "${GPUSPY_ARM64_TESTS:-}" ] || missing_for_arm64
}

missing_for_arm64() {
	has_program aarch64-linux-gnu-gcc || echo gcc-aarch64-linux-gnu
	has_program aarch64-linux-gnu-g++ || echo g++-aarch64-linux-gnu
	has_program qemu-aarch64-static || echo qemu-user-static
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
	[ "$(id -u)" -eq 0 ] || has_program sudo || fail "not root, and no sudo; please have root" \
		"run: apt-get install --no-install-recommends $* $for_tests"
	echo "installing $*"
	log=$(mktemp) || fail "cannot make a temporary file"
	# Not all repositories have to answer, so only the installation decides.
	as_root apt-get update >"$log" 2>&1
	# shellcheck disable=SC2086 # the names are words
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		"$@" $for_tests >>"$log" 2>&1 || fail "cannot install $*: $(reason "$log")"
	rm -f "$log"
}

# From PyPI into the build folder, where the system has none that is new enough.
bring_meson() {
	meson=meson
	needs_other_meson || return 0
	meson=$own_meson
	has_new_meson "$meson" && return
	echo "bringing meson $(oldest_meson) or newer from PyPI into the build folder: the system's is older"
	log=$(mktemp) || fail "cannot make a temporary file"
	{ mkdir -p "$build" && python3 -m venv "$build/meson" &&
		"$build/meson/bin/pip" install "meson >= $(oldest_meson)"; } >"$log" 2>&1 ||
		fail "meson $(oldest_meson) or newer is needed, and PyPI does not give it: $(pip_reason "$log")"
	rm -f "$log"
}

install_all() {
	own_meson=$build/meson/bin/meson
	install_missing
	install_missing # what could not be known before apt-get had its lists
	# shellcheck disable=SC2046
	set -- $(missing_packages)
	[ $# -eq 0 ] || fail "installed, and yet not found: $*"
	bring_meson
}

configure() {
	if ! [ -e "$build/build.ninja" ]; then
		# shellcheck disable=SC2086 # several options
		"$meson" setup $GPUSPY_MESON_OPTIONS "$build" "$root"
	elif [ -n "$GPUSPY_MESON_OPTIONS" ]; then
		# shellcheck disable=SC2086
		"$meson" configure $GPUSPY_MESON_OPTIONS "$build"
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

check_path "$build"
check_path "$root"
check_writable
. "$root/tools/utf8.sh"
. "$root/tools/temporary.sh"
install_all
# shellcheck disable=SC2086
[ -z "$r_packages" ] || install_r_packages $r_packages
build_all
