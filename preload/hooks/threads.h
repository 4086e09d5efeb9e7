/*
 * What each thread has: a block of counters in the segment and an area for frames.
 *
 * Both have one number. A thread that ends gives its number back, and the next new thread goes on
 * with the same block, where the counts stand; so counts never move.
 */
#ifndef GPUSPY_HOOKS_THREADS_H
#define GPUSPY_HOOKS_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../segment/layout.h"

struct frame;

/* One of the pointers in the page that a fork wipes (ground/fork.h): a child finds no block. */
struct thread_entry {
	struct segment_slot *block;
};

/* hooks.S knows the offsets. */
struct thread {
	struct frame *frame;        /* the next free one; NULL: this thread is not known yet */
	struct thread_entry *entry; /* NULL: likewise */
	void *room;                 /* THREAD_ROOM bytes of the observers' own, zeros at first */
};

/* The library is loaded at program start, so the static model is safe and costs no call. */
extern __thread struct thread thread_self __attribute__((tls_model("initial-exec")));

enum { FRAME_AREA_SIZE = 16384, THREAD_ROOM = 8192 };

/* Gives this thread a block and a frame area. 0, or -1 when there are none. errno is kept. */
int thread_attach(void);

/*
 * Drops the frames on top that are dead, left by longjmp, an exception or the like, as seen from a
 * call that was entered with the stack pointer `stack`. True when there were such.
 */
bool thread_drop_dead_frames(uintptr_t stack);

/* In a child after fork: no thread is known, all numbers are free. Under LOCK_PROCESS. */
void threads_forget(void);

/* The counters of this thread for a row; NULL when there are none. */
static inline struct segment_slot *thread_slot(uint32_t row)
{
	if (!thread_self.entry || !thread_self.entry->block)
		return NULL;
	return &thread_self.entry->block[row];
}

#endif
