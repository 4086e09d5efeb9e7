# shellcheck shell=sh
# Sourced: R, and what builds with it, takes no folder for temporary files with a blank in its path.
case ${TMPDIR:-} in
*[[:space:]]*) unset TMPDIR ;;
esac

# A folder for R's temporary files, in which it executes what it unpacks: beside what is made, for the
# system's may be mounted without that right. Sets: $work; it goes at the end of the script.
work_beside() { # FILE
	case $1 in
	*[[:space:]]*) work=$(mktemp -d) ;;
	*) work=$(mktemp -d "$(CDPATH='' cd "$(dirname "$1")" && pwd)/.work-XXXXXX") ;;
	esac || exit 1
	trap 'rm -rf "$work"' EXIT
	export TMPDIR="$work"
}
