/* SPDX-License-Identifier: MIT */
/*
 * Processes of a session that ended without a word: killed, or left by a way that nobody saw. What
 * ends by itself and had nothing to do with CUDA folds its segment into a number
 * (segment/folded.h); of these nobody does, so whoever comes next in the session looks at a few.
 *
 * What did something keeps its segment, as long as there are not too many of them: then the oldest
 * ones that ended are added up (segment/summed.h). A session does not grow with the number of its
 * children, then, and all its figures stay exact.
 */
#ifndef GPUSPY_SESSION_ENDED_H
#define GPUSPY_SESSION_ENDED_H

#include <stdbool.h>

#include "../segment/snapshot.h"

enum {
	ENDED_KEPT = 8,  /* segments; in a session with no more of them nobody looks */
	ENDED_LOOKS = 8, /* that one process looks at */

	ENDED_PROCESSES = 128,  /* that are kept with what each of them did */
	ENDED_SUMMED_EACH = 16, /* so many more may come before somebody adds up, */
	ENDED_SUMMED = 64,      /* and so many at once */
};

/*
 * At the start: who knows whether the second witness has anything about a process that its counts
 * do not explain. Such a one is not added up, for the sum could explain it.
 */
void ended_begin(bool (*explained)(const struct process_snapshot *process));

/* In the session's folder: what ended and counted nothing. No error: then it stays. */
void ended_fold(const char *folder);

/* The same folder, open: what is too much is added up. */
void ended_sum(int folder, const char *path);

#endif
