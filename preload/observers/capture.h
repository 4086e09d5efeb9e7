/* SPDX-License-Identifier: MIT */
/*
 * Stream capture: what is put into a capturing stream is recorded, and not run.
 *
 * Whether a stream is being captured is asked of the driver. A stream is known to be free while the
 * driver said so since the last call that could have changed it: one that begins or ends a capture,
 * one of an unknown name, one that may draw a stream into a capture; of any thread. Each of them
 * raises an epoch, before it and after it. So an ordinary launch asks nobody: it compares epochs.
 */
#ifndef GPUSPY_OBSERVERS_CAPTURE_H
#define GPUSPY_OBSERVERS_CAPTURE_H

#include <stdbool.h>

#include "../cuda/abi.h"
#include "../hooks/hooks.h"
#include "generation.h"
#include "note.h"

static inline uint32_t capture_epoch_now(void)
{
	return __atomic_load_n(&observers_now.capture_epoch, __ATOMIC_ACQUIRE);
}

/* The stream that the hooked function means: 0 of a _ptsz twin is the thread's own. */
static inline void *capture_stream(const struct hook *hook, void *stream)
{
	if (!stream && hook->flags & HOOK_PER_THREAD)
		return CU_STREAM_HANDLE_PER_THREAD;
	return stream;
}

/*
 * Before a call that puts work into a stream, as given by capture_stream(). It uses the frame's
 * note. Not needed before the first capture of the process: hooks_wake() is called then.
 */
void capture_before_work(struct frame *frame, void *stream);

/* After it succeeded: was the work recorded, and not run? NULL: nothing was done before it. */
bool capture_recorded(const struct frame *frame, void *stream);

/* Is the stream known to be free since `epoch`, which is the one of now? Asks nobody. */
bool capture_known_free(void *stream, uint32_t *epoch);

/* The same two for the stream that the observer's table names. 0 there: no stream, never so. */
void capture_before(struct frame *frame);
bool capture_has(const struct frame *frame);

/* Is it being captured now? */
bool capture_is_on(const struct frame *frame);

/*
 * Around cuStreamWaitEvent: an event of a capture draws the stream into it. False: there is no
 * capture, and capture_join_ends() is not to be called.
 */
bool capture_join_begins(void);
void capture_join_ends(void);

/* A stream of that handle is no more. */
void capture_stream_ends(void *stream);

#endif
