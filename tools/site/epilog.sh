#!/bin/sh
# Slurm's Epilog, on each node of a job, as root: records of the job's sessions here.
#
# A component of a heterogeneous job is collected under the job's own number, which its tasks have.
# Where Slurm gives out GPUs, a job of which it names none has none; elsewhere that is not known.
# A status other than 0 would drain the node, and gpuspy is no reason for that.
gpus=${SLURM_JOB_GPUS:-}
if [ -z "$gpus" ] && grep -qi '^ *GresTypes *=.*gpu' "${SLURM_CONF:-/etc/slurm/slurm.conf}" 2>/dev/null; then
	gpus=none
fi
timeout 60 @GPUSPY@ collect --job "${SLURM_HET_JOB_ID:-$SLURM_JOB_ID}" --uid "$SLURM_JOB_UID" --gpus "$gpus" ||
	logger -t gpuspy "no record of job $SLURM_JOB_ID: status $?" 2>/dev/null
exit 0
