/* SPDX-License-Identifier: MIT */
/*
 * Workers that a program started before this library was loaded into it are not watched, and are
 * its doing all the same: R's PSOCK clusters, callr's sessions, Python's pools. And those that live
 * on when it ends: a forked child has no record before its first call.
 */
#ifndef GPUSPY_SESSION_WORKERS_H
#define GPUSPY_SESSION_WORKERS_H

#include "../segment/snapshot.h"

/* How many there seem to be. */
unsigned workers_before(void);

/* The session of which it is asked what goes on. */
struct workers_session {
	const struct session_snapshot *records;
	const char *owner;      /* as environments name it, "": they do not */
	const char *of_earlier; /* the variable that has that, if this process was another program
				   before and may have started some that do not; NULL */
	uint64_t began;         /* this program, in clock ticks since boot */
	const void
		*of_forked; /* memory that this process and all its forked children share; NULL */
	bool (*harmless)(const char *program); /* may go on */
};

/*
 * How many go on that nobody waits for: as their records say; of forked children of this process,
 * the memory that they share with it; and of what has no record, its environment.
 */
unsigned workers_left(const struct workers_session *of);

#endif
