/* SPDX-License-Identifier: MIT */
/*
 * What a child that came by fork must not take over from its parent.
 *
 * One mapping of this process is marked MADV_WIPEONFORK (madvise(2), Linux 4.14): in a child it
 * reads as zeros, however the child was made (fork, _Fork, a raw clone). It holds pointers that a
 * child must not follow (the way to every thread's counters, so that a child's first call finds
 * none and gets a segment of its own), and all locks of this library, so that none is left taken
 * by a thread that the child does not have.
 */
#ifndef GPUSPY_GROUND_FORK_H
#define GPUSPY_GROUND_FORK_H

#include <stdbool.h>
#include <stdint.h>

enum { FORK_POINTERS = 4096, FORK_WORDS = 16 };

struct fork_page {
	void *pointers[FORK_POINTERS]; /* hooks/threads.c */
	uint32_t words[FORK_WORDS];    /* ground/lock.c */
	uint32_t same;                 /* 1, and 0 in a child */
	uint32_t asked;                /* doors/asked.c */
	uint32_t first;                /* 1, and 0 in a child, told or not */
	uint32_t unrecorded;           /* session/process.c */
};

extern struct fork_page *fork_page;

/* Alone: at the start there is no other thread that could fork while a lock is taken. */
enum fork_mark { FORK_UNMARKED, FORK_ALONE, FORK_MARKED };
extern uint32_t fork_page_mark_state;

/* At the start, without a system call, for most programs have nothing that a child must forget. */
void fork_page_make(void);
/* At the end of the start. */
void fork_page_threads(void);
void fork_page_mark_now(void);

/* Before anything is put into the page. */
static inline void fork_page_mark(void)
{
	if (__atomic_load_n(&fork_page_mark_state, __ATOMIC_ACQUIRE) != FORK_MARKED)
		fork_page_mark_now();
}

/* Before a lock is taken. */
static inline void fork_page_mark_lock(void)
{
	if (__atomic_load_n(&fork_page_mark_state, __ATOMIC_ACQUIRE) == FORK_UNMARKED)
		fork_page_mark_now();
}

/* In a child that nobody has told yet. */
static inline bool fork_happened(void)
{
	return !__atomic_load_n(&fork_page->same, __ATOMIC_ACQUIRE);
}

/* Not in a child, whatever it was told: this is the process in which the library began. */
static inline bool fork_is_first(void)
{
	return __atomic_load_n(&fork_page->first, __ATOMIC_RELAXED);
}

/* The child has been told. */
static inline void fork_noticed(void)
{
	__atomic_store_n(&fork_page->same, 1, __ATOMIC_RELEASE);
}

#endif
