/* SPDX-License-Identifier: MIT */
/*
 * The job of a scheduler that a session was part of, in words.
 */
#ifndef GPUSPY_REPORT_JOB_H
#define GPUSPY_REPORT_JOB_H

#include "format.h"
#include "../segment/snapshot.h"

const char *scheduler_name(enum scheduler scheduler); /* "slurm"; NULL for none */

/* "12", or "9_5" for an element of an array, as squeue(1) and sacct(1) have it. */
void job_put_id(struct text *text, const struct job_figures *job);

/*
 * Is it that job? By its own ID, by that of its array or of its heterogeneous job, or as an element
 * of an array.
 */
bool job_is(const struct job_figures *job, const char *wanted);

/* "rank 3 of job 1234 on n2"; nothing where there is neither a job nor a rank. */
void job_put(struct text *text, const struct session_snapshot *session);

#endif
