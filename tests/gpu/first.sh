#!/bin/sh
# first.sh OUTDIR [STAGE[:WORDS]...]: the first command on a machine with a card, with a network or
# from a package (pack.sh): all that fits into eight minutes. OUTDIR/RESULTS.md is the table to bring
# back; where this is a checkout that can be written it is kept in tests/gpu, too.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
[ $# -ge 1 ] || {
	echo "first.sh: which OUTDIR?" >&2
	exit 2
}
sh "$here/run.sh" --require-gpu --minutes="${GPUSPY_MINUTES:-8}" "$@"
status=$?
[ ! -e "$1/RESULTS.md" ] || [ ! -w "$here" ] || cp "$1/RESULTS.md" "$here/RESULTS.md"
exit $status
