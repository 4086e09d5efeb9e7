/* SPDX-License-Identifier: MIT */
/*
 * The locks of this library. They are in the page that a fork wipes (fork.h), so a child finds
 * them all free.
 */
#ifndef GPUSPY_GROUND_LOCK_H
#define GPUSPY_GROUND_LOCK_H

#include <stdbool.h>

enum lock {
	LOCK_PROCESS, /* start and fork */
	LOCK_HOOKS,
	LOCK_OBJECTS,
	LOCK_CONTEXTS,
	LOCK_MEMORY,
	LOCK_KERNELS,
	LOCK_GRAPHS,
	LOCK_WAITS,
	LOCK_LOADING,
	LOCK_SEGMENT, /* this and the next may be taken while another one is held; */
	LOCK_NAMES,   /* nothing is taken under them */
	LOCKS,
};

/*
 * Locks are held for a few instructions, or for growing the segment; never around foreign code. Who
 * waits sleeps, so a real-time thread does not keep the holder from the processor.
 */
void lock_take(enum lock lock);
void lock_give(enum lock lock);

/*
 * Is this thread in a part of ours that holds a lock? Then a call of it comes from a signal handler
 * above that part, which must not wait for what it stands in the way of.
 */
bool lock_is_held(void);

/* Between these two this thread is not cancelled. They nest. */
void cancel_hold(void);
void cancel_release(void);

#endif
