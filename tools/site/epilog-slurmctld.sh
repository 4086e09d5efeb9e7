#!/bin/sh
# Slurm's EpilogSlurmctld, once a job, where slurmctld runs: one line into the accounting's admin
# comment. Needs slurmdbd, and the folder of records there, too.
#
# scontrol refuses this (the job has finished); sacctmgr does it, and writes what is lower case and
# has no quotes. Nodes may be late: the line says what the records say by now, and
# gpuspy-accounting.timer says it again for the last days.
job=${1:-${SLURM_HET_JOB_ID:-$SLURM_JOB_ID}}
line=$(timeout 60 @GPUSPY@ report --job "$job" --brief --since 8d 2>/dev/null) || exit 0
timeout 30 sacctmgr -i -Q modify job where jobid="$job" set admincomment="$line" >/dev/null 2>&1
exit 0
