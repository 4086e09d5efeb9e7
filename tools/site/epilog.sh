#!/bin/sh
# Slurm's Epilog, on each node of a job, as root: records of the job's sessions here.
#
# A component of a heterogeneous job is collected under the job's own number, which its tasks have.
# A status other than 0 would drain the node, and gpuspy is no reason for that.
timeout 60 @GPUSPY@ collect --job "${SLURM_HET_JOB_ID:-$SLURM_JOB_ID}" --uid "$SLURM_JOB_UID" ||
	logger -t gpuspy "no record of job $SLURM_JOB_ID: status $?" 2>/dev/null
exit 0
