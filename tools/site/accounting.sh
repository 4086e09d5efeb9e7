#!/bin/sh
# For gpuspy-accounting.timer, in the place of EpilogSlurmctld or beside it: the line of each job of
# the last two days into the accounting's admin comment, if it is another one than the last time.
said=${1:-/var/lib/gpuspy/accounting}
mkdir -p "$(dirname "$said")" && said=$(readlink -f "$said") || exit 1 # a link stays one
if [ -e "$said" ] && [ ! -f "$said" ]; then
	echo "accounting.sh: $said: it is no regular file" >&2
	exit 1
fi
touch "$said" || exit 1
lines=$(@GPUSPY@ jobs --all --brief --since 2d) || exit 1
# What could not be said is not remembered, and comes again.
printf '%s\n' "$lines" | grep -xFf "$said" >"$said.new"
printf '%s\n' "$lines" | grep -vxFf "$said" | while read -r told; do
	job=${told%% *}
	case $job in *[!0-9_]*) continue ;; esac # what a user called a job of his own
	timeout 30 sacctmgr -i -Q modify job where jobid="$job" set admincomment="${told#* }" \
		</dev/null >/dev/null 2>&1 && printf '%s\n' "$told" >>"$said.new"
done
mv "$said.new" "$said"
