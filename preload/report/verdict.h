/* SPDX-License-Identifier: MIT */
/*
 * The verdict: from the figures of a session to one word, one reason and one plain sentence.
 */
#ifndef GPUSPY_REPORT_VERDICT_H
#define GPUSPY_REPORT_VERDICT_H

#include "../segment/snapshot.h"

enum verdict {
	VERDICT_WORK,
	VERDICT_UNCONFIRMED,
	VERDICT_FAULT,
	VERDICT_IDLE,
	VERDICT_UNAVAILABLE,
	VERDICT_UNUSED,
	VERDICT_UNKNOWN,
};

enum { OTHER_CAUSES_MAX = 4 };

/* The texts are one line each, control characters escaped. */
struct judgement {
	enum verdict verdict;
	const char *code;     /* "gpu-work" ... */
	const char *headline; /* "YES", "UNCONFIRMED", "FAILED", "NO", "UNKNOWN" */
	const char *reason;   /* "completed" ... */
	char summary[512];    /* one plain sentence */
	char evidence[1024];  /* what it was seen by, may be empty */
	char advice[512];     /* the next step a user can take, may be empty */
	bool at_least;        /* of kernels: there may have been more than were counted */
	bool thin;            /* a YES of few kernels for its time: "barely" */
	/* Of a NO: what else is wrong; of UNKNOWN: what was found out all the same. */
	struct other_cause {
		const char *reason;
		char summary[256];
	} also[OTHER_CAUSES_MAX];
	unsigned n_also;
};

/* As in struct judgement. */
const char *verdict_code(enum verdict verdict);
const char *verdict_headline(enum verdict verdict);

/* Every verdict with every reason that it may have, in turn; false behind the last. */
bool verdict_pair(unsigned number, enum verdict *verdict, const char **reason);

/* A NO, proved: a kernel did not run. */
bool verdict_is_no(enum verdict verdict);

void verdict_judge(struct judgement *out, const struct session_snapshot *session);

#endif
