/* SPDX-License-Identifier: MIT */
/*
 * Processes of a session that ended without a word: killed, or left by a way that nobody saw. What
 * ends by itself and had nothing to do with CUDA folds its segment into a number
 * (segment/folded.h); of these nobody does, so whoever comes next in the session looks at a few. A
 * session then does not grow with the number of them.
 */
#ifndef GPUSPY_SESSION_ENDED_H
#define GPUSPY_SESSION_ENDED_H

enum {
	ENDED_KEPT = 8,  /* segments; in a session with no more of them nobody looks */
	ENDED_LOOKS = 8, /* that one process looks at */
};

/* In the session's folder: what ended and counted nothing. No error: then it stays. */
void ended_fold(const char *folder);

#endif
