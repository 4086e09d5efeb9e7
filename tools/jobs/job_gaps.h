/* SPDX-License-Identifier: MIT */
/*
 * What is missing of a job, or may be more than was seen.
 */
#ifndef GPUSPY_JOBS_JOB_GAPS_H
#define GPUSPY_JOBS_JOB_GAPS_H

#include "report/format.h"
#include "view.h"

struct job_gap {
	const char *code;
	uint64_t count;
};

enum { JOB_GAPS = 8 };

/* count 0: there is no such gap. */
struct job_gap job_gap(const struct view *view, unsigned i);

/* A plain sentence without its end. */
void job_gap_put(struct text *text, const struct view *view, unsigned i);

#endif
