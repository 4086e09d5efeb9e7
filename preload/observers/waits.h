/* SPDX-License-Identifier: MIT */
/*
 * What is known to have finished when a wait has succeeded: of each lane (lanes.h), how many of its
 * kernels were launched before.
 *
 * A wait for a stream is one for its own lane; the legacy default stream and the blocking ones wait
 * for each other, so a wait for it is one for all of these, and a wait for one of these is one for
 * it, too. An event stands for what its stream had to do when it was recorded. A stream that was
 * told to wait for an event (cuStreamWaitEvent) follows that, and so do the events that are
 * recorded in it. What is not certain is left out: too few kernels are confirmed then, and never
 * too many.
 */
#ifndef GPUSPY_OBSERVERS_WAITS_H
#define GPUSPY_OBSERVERS_WAITS_H

#include <stdint.h>

#include "contexts.h"

struct past;

/* Zeros: nothing that is not known to have finished. */
struct waited {
	union {
		struct lane *lane;
		struct past *past;
	};
	uint64_t kernels; /* of the lane; WAITED_PAST: it is a past, of several lanes */
};
#define WAITED_PAST UINT64_MAX

/* One stream, as stream_key() and stream_lane() say. Before the call. */
struct waited wait_for_stream(struct context *context, struct lane *lane, uint64_t key);

/* All streams of a context, and of those that are parts of it. */
struct waited wait_for_context(struct context *context);

/* An event, and a second one (NULL: none), each as it was recorded last. */
struct waited wait_for_events(const void *event, const void *other);

/* After the call. Both give back what `waited` holds. */
void wait_is_over(struct waited *waited);
void wait_in_vain(struct waited *waited);

/* The event stands for that from now on, in a stream of that context. It takes it over. */
void event_recorded(const void *event, struct context *context, struct waited *waited);

/* Takes an event's past away, or a stream's: what it was; NULL: nothing. */
struct past *event_forget(const void *event);
struct past *stream_forget(uint64_t key);
void event_remember(const void *event, struct past *past);
void stream_remember(uint64_t key, struct past *past);
void past_free(struct past *past); /* NULL is fine */

struct follower {
	uint64_t key; /* of a stream */
	struct context *context;
	bool blocking; /* the legacy default stream waits for it */
};

/* It follows that from now on. It takes it over. */
void stream_follows(const struct follower *follower, struct waited *waited);

/* All streams of the context do. */
void context_follows(struct context *context, struct waited *waited);

/* Something recorded events, and nobody knows which. */
void events_forget(void);

/* contexts_tell() */
void waits_context_ended(const struct context *context);

#endif
