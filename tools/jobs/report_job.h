/* SPDX-License-Identifier: MIT */
/*
 * gpuspy report --job: what the records of a job say of it.
 */
#ifndef GPUSPY_JOBS_REPORT_JOB_H
#define GPUSPY_JOBS_REPORT_JOB_H

#include <stdbool.h>

struct report_job {
	const char *job, *records, *since; /* NULL: the site's folder; all of it */
	const char *html;                  /* a file; NULL: none */
	unsigned wait;                     /* seconds, for the word of each of its nodes */
	bool json, brief;                  /* brief: one line for an accounting's comment */
};

/* The exit status. */
int report_job(const struct report_job *request);

#endif
