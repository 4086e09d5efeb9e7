#!/bin/sh
# For gpuspy-accounting.timer, in the place of EpilogSlurmctld or beside it: the line of each job of
# the last two days into the accounting's admin comment, if it is another one than the last time.
said=${1:-/var/lib/gpuspy/accounting}
mkdir -p "${said%/*}"
touch "$said"
lines=$(@GPUSPY@ jobs --all --brief --since 2d) || exit 1
printf '%s\n' "$lines" | grep -vxFf "$said" | while read -r job line; do
	case $job in *[!0-9_]*) continue ;; esac # what a user called a job of his own
	timeout 30 sacctmgr -i -Q modify job where jobid="$job" set admincomment="$line" >/dev/null 2>&1
done
printf '%s\n' "$lines" >"$said.new" && mv "$said.new" "$said"
