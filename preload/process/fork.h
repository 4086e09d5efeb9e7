/*
 * What a child that came by fork must not take over from its parent.
 *
 * One mapping of this process is marked MADV_WIPEONFORK (madvise(2), Linux 4.14): in a child it
 * reads as zeros, however the child was made (fork, _Fork, a raw clone). It holds the way to every
 * thread's counters, so that a child's first call finds none and gets a segment of its own, and all
 * locks of this library, so that none is left taken by a thread that the child does not have.
 */
#ifndef GPUSPY_PROCESS_FORK_H
#define GPUSPY_PROCESS_FORK_H

#include <stdbool.h>
#include <stdint.h>

#include "../hooks/threads.h"

enum lock {
	LOCK_PROCESS, /* start and fork */
	LOCK_HOOKS,
	LOCK_OBJECTS,
	LOCK_CONTEXTS,
	LOCK_MEMORY,
	LOCK_KERNELS,
	LOCK_GRAPHS,
	LOCK_LOADING,
	LOCK_SEGMENT, /* may be taken while another one is held; nothing is taken under it */
	LOCKS,
};

struct fork_page {
	struct thread_entry entries[SEGMENT_BLOCKS_MAX];
	uint32_t locks[LOCKS];
	uint32_t same; /* 1, and 0 in a child */
};

extern struct fork_page *fork_page;

/* Makes the page; -1 when there is no memory. */
int fork_page_make(void);

/* In a child that nobody has told yet. */
static inline bool fork_happened(void)
{
	return !__atomic_load_n(&fork_page->same, __ATOMIC_ACQUIRE);
}

/* Locks are held for a few instructions, or for growing the segment; never around foreign code. */
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
