/* SPDX-License-Identifier: MIT */
/*
 * Streams: what is put into one goes to its context, whichever context is current.
 */
#ifndef GPUSPY_OBSERVERS_STREAMS_H
#define GPUSPY_OBSERVERS_STREAMS_H

#include "../hooks/hooks.h"
#include "contexts.h"

/* The context of a stream; of the default ones, the current one. NULL: no rows are left. */
struct context *stream_context(void *stream);

/*
 * What a stream of that context is known by: its handle; of the default ones something that no
 * handle is (an address of ours, or above all addresses). 0: it has no context. Here and below
 * streams are as capture_stream() gives them.
 */
uint64_t stream_key(const struct context *context, void *stream);

/* Of the calling thread's own stream that part which is the same in all contexts. */
uint64_t stream_own_key(void);

/* Do the legacy default stream and this one wait for each other? One without a lane may do so, too.
 */
bool stream_blocks(struct context *context, void *stream);

/* What its kernels are counted in; NULL: without a context. */
struct lane *stream_lane(struct context *context, void *stream);

#endif
