#!/bin/sh
# first.sh OUTDIR [STAGE[:WORDS]...]: the first command on a machine with a card, with a network or
# from a package (pack.sh): all that fits into eight minutes. OUTDIR/RESULTS.md is the table to bring
# back; where this is a checkout that can be written, that of a card is kept in tests/gpu, too.
# Without a card it says of each part whether it passed, waits for a card, or what it misses.
here=$(CDPATH= cd "$(dirname "$0")" && pwd) || exit 1
[ $# -ge 1 ] || {
	echo "first.sh: which OUTDIR?" >&2
	exit 2
}
minutes=${GPUSPY_MINUTES:-8}
out=$1
shift
mkdir -p "$out" 2>/dev/null && [ -w "$out" ] || {
	other=$(mktemp -d "${TMPDIR:-/tmp}/gpuspy-results.XXXXXX") || exit 1
	echo "first.sh: $out cannot be written: the table goes to $other" >&2
	out=$other
}
# Whatever hangs, it ends, and what was found by then is there.
limit=
command -v timeout >/dev/null && limit="timeout -k 10 $((${minutes%.*} * 60 + 150))"
# shellcheck disable=SC2086 # words
$limit sh "$here/run.sh" --minutes="$minutes" "$out" "$@"
status=$?
if [ -e "$out/RESULTS.md" ]; then
	grep -q 'There was no card' "$out/RESULTS.md" || [ ! -w "$here" ] ||
		cp "$out/RESULTS.md" "$here/RESULTS.md"
	echo "first.sh: the table is $out/RESULTS.md; bring all of $out back"
fi
exit $status
