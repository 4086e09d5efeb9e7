/* SPDX-License-Identifier: MIT */
/*
 * What each thread has: a block of counters in the segment, an area for frames, and a room for what
 * the observers remember.
 *
 * All have one number. A thread that ends gives its number back, and the next new thread goes on
 * with the same block, where the counts stand; so counts never move.
 */
#ifndef GPUSPY_HOOKS_THREADS_H
#define GPUSPY_HOOKS_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../segment/layout.h"
#include "frames.h"

/* One of the pointers in the page that a fork wipes (ground/fork.h): a child finds no block. */
struct thread_entry {
	struct segment_slot *block;
};

/*
 * What this thread's calls go to, as the observers know it: it holds while `generation` is theirs
 * (observers/generation.h).
 */
struct thread_view {
	uint32_t generation; /* 0: to be asked for */
	uint32_t row;        /* the first of the context's rows; 0: likewise */
	void *context;       /* struct context */
	/* One more than the device of the context that this thread had last; 0: not known. */
	int32_t last_device;
};

/* hooks.S knows the offsets. */
struct thread {
	struct frame *frame;        /* the next free one; NULL: this thread is not known yet */
	struct thread_entry *entry; /* never NULL; without a block: likewise */
	void *area;                 /* in which that frame is, or was */
	void *room;                 /* THREAD_ROOM bytes of the observers' own, zeros at first */
	struct thread_view view;
};

/* In the static TLS block: no call on the way. The whole library has 256 bytes there at most. */
extern __thread struct thread thread_self __attribute__((tls_model("initial-exec")));

/* Gives this thread a block and a frame area. 0, or -1 when there are none. errno is kept. */
int thread_attach(void);

/*
 * After a call: can it be noted? A thread that ends a call which another one began may have no
 * block yet; in a child that came by fork out of this very call there is nothing to note.
 */
bool thread_ready(void);

/* A hooked call of this thread is on its way: we are above it, in a signal handler or callback. */
bool thread_in_call(void);

/* The number of this thread, which has a block. */
unsigned thread_number(void);

/* In a child after fork: no thread is known, all numbers are free. Under LOCK_PROCESS. */
void threads_forget(void);

/* The counters of this thread for a row; NULL when there are none. */
static inline struct segment_slot *thread_slot(uint32_t row)
{
	struct segment_slot *block = thread_self.entry->block;

	return block ? &block[row] : NULL;
}

#endif
