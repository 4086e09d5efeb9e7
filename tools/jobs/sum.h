/* SPDX-License-Identifier: MIT */
/*
 * What several sessions come to together.
 */
#ifndef GPUSPY_JOBS_SUM_H
#define GPUSPY_JOBS_SUM_H

#include "jobs.h"

/* The sessions of a node, of a run, or of the whole job. */
struct sum {
	enum verdict verdict;
	const char *reason, *summary; /* of the first session that has that verdict; NULL: none */
	uint64_t kernels, confirmed;
	unsigned sessions, running, ranks;
	bool at_least;
	double started, ended; /* negative: not known */
	double work_seconds;   /* from the first kernel to the end, all sessions together */
};

/* From the first start to the last end; negative: not known. */
double sum_seconds(const struct sum *sum);

void sum_add_session(struct sum *sum, const struct job_session *session);

/* The most that there is, where they come to more: what a record says may be anything. */
uint64_t sum_of(uint64_t a, uint64_t b);

/* The one of those that it has been given that weighs most, the first of such. */
void sum_take_verdict(
	struct sum *sum, enum verdict verdict, const char *reason, const char *summary);

/* A NO that says most, then what is not known, then a fault, then work. */
int sum_weight(enum verdict verdict);

#endif
