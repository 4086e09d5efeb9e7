/* SPDX-License-Identifier: MIT */
/*
 * Of which job of a scheduler this process is a part: one table of variables for all schedulers.
 */
#ifndef GPUSPY_SESSION_JOB_H
#define GPUSPY_SESSION_JOB_H

#include <stdbool.h>

/* Is there a job? By the variables alone, without a system call. */
bool job_is_there(void);

/* Writes down the job in the segment, which has been opened. */
void job_note(void);

#endif
