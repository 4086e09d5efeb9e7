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
 * What a stream is known by: its handle, of the default ones something that no handle is (an
 * address of ours, or above all addresses). 0: it has no context.
 */
uint64_t stream_key(const struct hook *hook, void *stream);

#endif
