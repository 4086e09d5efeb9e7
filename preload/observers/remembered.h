/* SPDX-License-Identifier: MIT */
/*
 * What a thread remembers of the driver's answers, in its own room (hooks/threads.h): each entry
 * holds while its generation is generation_now(). A thread that goes on with the number of one that
 * ended finds what that one knew, which is as true for it.
 */
#ifndef GPUSPY_OBSERVERS_REMEMBERED_H
#define GPUSPY_OBSERVERS_REMEMBERED_H

#include <stdint.h>

#include "../hooks/threads.h"
#include "contexts.h"

enum { REMEMBERED_LAUNCHES = 128, REMEMBERED_STREAMS = 16 };

struct remembered {
	struct remembered_launch {
		void *function;
		uint64_t stream; /* its handle; of the thread's own one, stream_own_key() */
		uint64_t now;    /* of observers_now: then it was known, and the stream free */
		/* Rows of the segment: the kernel's, the first of the context, and of the lane. */
		uint16_t row, context, lane;
	} launches[REMEMBERED_LAUNCHES];
	struct remembered_stream {
		void *stream;
		struct context *context;
		struct lane *lane; /* NULL: not known yet */
		uint32_t generation;
	} streams[REMEMBERED_STREAMS];
	struct remembered_free { /* streams that are not being captured */
		void *stream;
		const void *owner; /* the context, of the thread's own stream */
		uint32_t generation, epoch;
	} free[REMEMBERED_STREAMS];
};

_Static_assert(SEGMENT_ROWS_MAX <= 1 << 16, "a row fits");
_Static_assert(sizeof(struct remembered) <= THREAD_ROOM, "it lies in a thread's room");

static inline struct remembered *remembered(void)
{
	return thread_self.room;
}

#endif
