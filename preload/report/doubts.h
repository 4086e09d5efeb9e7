/* SPDX-License-Identifier: MIT */
/*
 * Doubts: what keeps a NO from being said. The verdict is then UNKNOWN.
 */
#ifndef GPUSPY_REPORT_DOUBTS_H
#define GPUSPY_REPORT_DOUBTS_H

#include "../segment/snapshot.h"
#include "sentences.h"

struct doubt {
	const char *reason;
	bool (*applies)(const struct session_snapshot *session);
	sentence *summary, *evidence, *advice;
};

/* The first that applies; NULL: nothing could have hidden a kernel, and the witness agrees. */
const struct doubt *doubt_of(const struct session_snapshot *session);

/* The reason of each in turn, NULL behind the last. */
const char *doubts_reason(unsigned number);

/* There may have been more than was counted. */
bool doubts_more(const struct session_snapshot *session);

/* Do the counts of this process explain all that the second witness saw of it? */
bool doubts_explained(const struct process_snapshot *process);

#endif
