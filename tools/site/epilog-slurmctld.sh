#!/bin/sh
# Slurm's EpilogSlurmctld, once a job, where slurmctld runs: one line into the accounting's admin
# comment. Needs slurmdbd, and the folder of records there, too.
#
# scontrol refuses this (the job has finished); sacctmgr does it, and writes what is lower case and
# has no quotes. It runs beside the Epilogs of the nodes, so it waits for their lines, for half a
# minute; what comes later, gpuspy-accounting.timer says.
job=${1:-${SLURM_HET_JOB_ID:-$SLURM_JOB_ID}}
line=$(timeout 90 @GPUSPY@ report --job "$job" --brief --since 1d --wait 30 2>/dev/null) || exit 0
timeout 30 sacctmgr -i -Q modify job where jobid="$job" set admincomment="$line" >/dev/null 2>&1 ||
	logger -t gpuspy "no admin comment of job $job: status $?" 2>/dev/null
exit 0
