/* SPDX-License-Identifier: MIT */
/*
 * What is known to have finished when a wait has succeeded: of each context, how many of its
 * kernels were launched before. An event stands for what was launched before it was recorded; a
 * stream that was told to wait for an event (cuStreamWaitEvent) follows that too, and so do the
 * events that are recorded in it.
 */
#ifndef GPUSPY_OBSERVERS_WAITS_H
#define GPUSPY_OBSERVERS_WAITS_H

#include <stdint.h>

#include "contexts.h"

struct past;

/* An own copy of an event's past, and of a second one's (NULL: none); NULL: nothing is known. */
struct past *wait_for_events(const void *event, const void *other);

/*
 * What the stream of that key (stream_key) follows besides its own context, with the context's
 * kernels so far. NULL: nothing else, or no memory.
 */
struct past *wait_for_stream(uint64_t key, struct context *context);

/* The same of all streams of a context. */
struct past *wait_for_context(struct context *context);

/* The past of what is put into a stream now; for event_recorded(). NULL: no memory. */
struct past *wait_begin(uint64_t key, struct context *context);

/* The event stands for that past from now on. It takes it over; NULL: for nothing. */
void event_recorded(const void *event, struct past *past);

/* Takes an event's past away, or a stream's: what it was. */
struct past *event_forget(const void *event);

/* Does it hold more than what was launched in that context? */
bool waits_for_others(const struct past *past, const struct context *context);

/* The stream follows that past from now on. It takes it over. */
void stream_follows(uint64_t key, struct context *context, struct past *past);
struct past *stream_forget(uint64_t key);

/* All of it has finished. */
void wait_succeeded(const struct past *past);
void wait_free(struct past *past); /* NULL is fine */

/* contexts_tell() */
void waits_context_ended(const struct context *context);

#endif
