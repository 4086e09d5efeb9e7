/* SPDX-License-Identifier: MIT */
/*
 * The job of a scheduler that a process is part of, as its variables say: raw, and never trusted.
 */
#ifndef GPUSPY_SEGMENT_JOB_H
#define GPUSPY_SEGMENT_JOB_H

#include <stdint.h>

enum scheduler {
	SCHEDULER_NONE,
	SCHEDULER_SLURM,
	SCHEDULER_PBS, /* OpenPBS, PBS Pro, Torque */
	SCHEDULER_LSF,
	SCHEDULER_SGE,
	SCHEDULER_FLUX,
	SCHEDULER_COBALT,
	SCHEDULER_KUBERNETES,
	SCHEDULERS,
};

enum job_text {
	JOB_ID,
	JOB_LEADER, /* of a heterogeneous job: the ID of its first component */
	JOB_ARRAY,  /* the ID of the array that it is an element of */
	JOB_INDEX,  /* its number there */
	JOB_STEP,   /* "batch" for a batch script */
	JOB_NODES,  /* all nodes of the job, in the scheduler's own short form */
	JOB_NODE,   /* this one, as the scheduler calls it */
	JOB_GPUS,   /* those that it was given here, as the scheduler numbers them */
	JOB_TEXTS,
};

enum job_number {
	JOB_TASK,       /* rank: MPI's, or the launcher's */
	JOB_LOCAL_TASK, /* among those of this node */
	JOB_TASKS,      /* how many there are */
	JOB_RESTARTS,   /* how often the job was begun anew */
	JOB_NUMBERS,
};

enum { JOB_TEXT_MAX = 256 }; /* longer values are cut; with the terminating 0 */

struct segment_job {
	uint32_t scheduler;            /* enum scheduler */
	uint32_t texts[JOB_TEXTS];     /* strings; 0: not known */
	uint32_t numbers[JOB_NUMBERS]; /* and one more; 0: not known */
	uint32_t origin; /* a string: the session elsewhere that started this one; 0: none */
	uint32_t reserved[2];
};

#endif
