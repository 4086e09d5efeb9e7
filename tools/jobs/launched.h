/* SPDX-License-Identifier: MIT */
/*
 * What a session's launchers started elsewhere: is all of it among the sessions of a job?
 */
#ifndef GPUSPY_JOBS_LAUNCHED_H
#define GPUSPY_JOBS_LAUNCHED_H

#include "jobs.h"
#include "report/ranks.h"

/*
 * How many of the launchers of the job's first session have not all their ranks there, at most; 0:
 * all are. `own`: the ranks of that session itself. -1: no memory.
 */
int launched_missing(const struct job *job, const struct ranks *own);

#endif
