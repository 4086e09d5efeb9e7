/* SPDX-License-Identifier: MIT */
/*
 * What each gap (segment/gaps.h) is called, what it means, and what to do about it.
 */
#ifndef GPUSPY_REPORT_GAPS_H
#define GPUSPY_REPORT_GAPS_H

#include <stdbool.h>

#include "format.h"
#include "../segment/snapshot.h"

struct gap_kind {
	const char *code;   /* in JSON */
	const char *reason; /* a kernel may have run: the reason of UNKNOWN; NULL: it hides none */
	const char *before, *after; /* around the number, as text_put_agreeing() has it; without
				     * `after` no number is said */
	const char *advice;         /* NULL: nothing is to be done */
};

extern const struct gap_kind gap_kinds[GAPS];

/* In words, on one line. */
void gap_put(struct text *text, enum gap gap, uint64_t count);

/* Of the session as a whole: what its processes' segments say, and what its reader found. */
uint64_t gap_of_session(const struct session_snapshot *session, enum gap gap);

#endif
