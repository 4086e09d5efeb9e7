# shellcheck shell=sh
# Sourced by tests/fresh.sh and tests/packages.sh: minimal systems of Debian and Ubuntu, by debootstrap.
# Sets: $place, where they go, and for each suite set_suite() $archives. $architecture: of the systems,
# as Debian calls it; "": this machine's.
place=${GPUSPY_FRESH:-/var/tmp/gpuspy-fresh}

# Ends the script that cannot do without.
need_systems() {
	[ "$(id -u)" -eq 0 ] || { echo "${0##*/}: only root can make systems" >&2; exit 1; }
	for program in debootstrap unshare git; do
		command -v $program >/dev/null || { echo "${0##*/}: please install $program" >&2; exit 1; }
	done
	mkdir -p "$place" || exit 1
	# Clones of other users', too: git(1) asks this of a file alone for what it starts itself.
	GIT_CONFIG_GLOBAL=$place/gitconfig
	export GIT_CONFIG_GLOBAL
	printf '[safe]\n\tdirectory = *\n' >"$GIT_CONFIG_GLOBAL" || exit 1
}

set_suite() { # SUITE
	archives=$place/$1/archives
	mkdir -p "$archives/partial"
}

# A namespace of its own: what it mounted and started goes with it.
inside() { # SYSTEM COMMAND...
	system=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --pid --fork --kill-child --propagation private sh -c '
		system=$1 archives=$2
		shift 2
		# Itself a mount, so that tests in it can make namespaces.
		mount --bind "$system" "$system" && mount -t proc proc "$system/proc" && mount -t tmpfs -o mode=1777 shm "$system/dev/shm" &&
			mount -t devpts -o newinstance,ptmxmode=0666,mode=620 pts "$system/dev/pts" &&
			mount --bind "$system/dev/pts/ptmx" "$system/dev/ptmx" &&
			mount --bind "$archives" "$system/var/cache/apt/archives" || exit 1
		exec chroot "$system" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root TERM=xterm "$@"' sh "$system" "$archives" "$@" </dev/null
}

# Where a suite comes from, as debootstrap takes it, if it is not Debian's; its script for all of Ubuntu's
# has the name of an old one. Where Ubuntu's keys are not installed, debootstrap warns that it cannot check them.
origin() { # SUITE
	case $1 in
	focal | jammy | noble | plucky | questing) echo "http://archive.ubuntu.com/ubuntu gutsy" ;;
	esac
}

make_base() { # SUITE
	[ -e "$place/$1/base/etc/apt" ] && return
	rm -rf "$place/$1/base"
	mkdir -p "$place/$1" "$archives/partial"
	from=$(origin "$1")
	# shellcheck disable=SC2086 # nothing, or words
	debootstrap ${architecture:+--arch=$architecture} ${from:+--components=main,universe} --variant=minbase \
		"$1" "$place/$1/base.new" $from >"$place/$1/debootstrap.log" 2>&1 || return 1
	# From here on this script's own archive of packages is used.
	rm -f "$place/$1/base.new/var/cache/apt/archives/"*.deb
	mv "$place/$1/base.new" "$place/$1/base"
}

# Name servers, and where pip finds PyPI, if that is special here.
way_out() {
	cp -L /etc/resolv.conf "$system/etc/resolv.conf"
	[ -e /etc/pip.conf ] || return 0
	# The system's own certificates may be installed meanwhile.
	certificates=/etc/ssl/certs/ca-certificates.crt
	cp -L $certificates "$system/etc/fresh.crt" 2>/dev/null
	sed "s|$certificates|/etc/fresh.crt|" /etc/pip.conf >"$system/etc/pip.conf"
}
