#!/bin/sh
# sh tests/fresh.sh [-c COMMAND] [-u USER] SUITE...: both commands of the README on a fresh system.
#
# Makes a minimal system of each SUITE (bullseye, bookworm, trixie, sid; jammy, noble) by debootstrap, as root, and
# runs examples/run.sh and tests/run.sh there, twice each, on a clone of what is committed: as root,
# with the clone in a folder of mode 700 (-u root), and in another such system as a user with sudo
# (-u user), at last as a user without sudo, who has to be told in one line what to install (-u none).
# Ends with a table, and with status 0 if nothing failed. -c: only that command, once, as
# `-c "sh tests/run.sh"`. GPUSPY_FRESH: where the systems and logs go, else /var/tmp/gpuspy-fresh. The
# minimal systems and the packages that came are kept there for the next time; with GPUSPY_KEEP=1 what
# was made of them is, too, and goes on with what is committed by then.
set -u
root=$(CDPATH= cd "$(dirname "$0")/.." && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR source=systems.sh
. "$root/tests/systems.sh"
users='root user none'
commands=

usage() {
	sed -n '2s/^# \(sh[^:]*\).*/usage: \1/p' "$0" >&2
	exit 2
}

while getopts c:u: option; do
	case $option in
	c) commands=$OPTARG ;;
	u) users=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage
need_systems
results=$place/results
: >"$results"

# The clone, and who is to run it. Sets: $home, $as.
make_system() { # SUITE USER
	system=$place/$1/$2
	home=/root/private
	as=
	if [ "$2" != root ]; then
		home=/home/somebody
		as='setpriv --reuid=1234 --regid=1234 --clear-groups env HOME=/home/somebody USER=somebody'
	fi
	if [ -n "${GPUSPY_KEEP:-}" ] && [ -e "$system$home/gpuspy" ]; then
		way_out
		git -C "$system$home/gpuspy" fetch -q origin HEAD &&
			git -C "$system$home/gpuspy" reset -q --hard FETCH_HEAD
		return
	fi
	rm -rf "$system"
	cp -a "$place/$1/base" "$system" || return 1
	way_out
	if [ "$2" != root ]; then
		chroot "$system" useradd -m -s /bin/bash -u 1234 somebody || return 1
	fi
	if [ "$2" = user ]; then
		inside "$system" sh -c 'apt-get -o Acquire::Check-Valid-Until=false update && apt-get install -y --no-install-recommends sudo' \
			>"$place/$1/sudo.log" 2>&1 || return 1
		echo 'somebody ALL=(ALL) NOPASSWD: ALL' >"$system/etc/sudoers.d/somebody"
	fi
	mkdir -p "$system$home" && chmod 700 "$system$home" &&
		git clone -q --no-hardlinks "$root" "$system$home/gpuspy" || return 1
	[ "$2" = root ] || chroot "$system" chown -R somebody: "$home"
}

# One row of the table. What a run has to end with is in its last lines.
run() { # SUITE USER COMMAND NUMBER
	log=$place/$1/$2-$(echo "$3" | tr -c 'a-z0-9\n' -)-$4.log
	began=$(date +%s)
	# shellcheck disable=SC2086 # words
	inside "$system" $as sh -c "cd $home/gpuspy && $3" >"$log" 2>&1
	status=$?
	row="$1|$2|$3|$4|$(($(date +%s) - began)) s|$status"
	word=$(grep -hoE '[0-9]+ passed, [0-9]+ failed.*|GPU work: [A-Z]+ *[A-Z]*|.*please have root run.*' \
		"$log" | tail -n 1)
	[ "$2" = none ] && { grep -q 'please have root run' "$log" && status=0 || status=1; }
	[ $status -eq 0 ] && row="$row|ok" || row="$row|FAILED"
	echo "$row|${word:-$(tail -n 1 "$log")}" | cut -c1-300 | tee -a "$results"
}

run_all() { # SUITE USER
	if [ -n "$commands" ]; then
		run "$1" "$2" "$commands" 1
	elif [ "$2" = none ]; then
		run "$1" "$2" 'sh tests/run.sh' 1
	else
		for command in 'sh examples/run.sh' 'sh tests/run.sh'; do
			run "$1" "$2" "$command" 1
			run "$1" "$2" "$command" 2
		done
	fi
}

for suite; do
	set_suite "$suite"
	make_base "$suite" || { echo "$suite|||||FAILED|debootstrap: $(tail -n 1 "$place/$suite/debootstrap.log")" |
		tee -a "$results"; continue; }
	for user in $users; do
		if make_system "$suite" "$user"; then
			run_all "$suite" "$user"
		else
			echo "$suite|$user||||FAILED|the system cannot be made" | tee -a "$results"
		fi
		[ -n "${GPUSPY_KEEP:-}" ] || rm -rf "${place:?}/$suite/$user"
	done
done
echo
{ echo 'system|user|command|run|took|status||ends with'; cat "$results"; } | column -t -s '|' -c 200
! grep -q '|FAILED|' "$results"
