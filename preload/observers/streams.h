/*
 * Streams: what is put into one goes to its context, whichever context is current.
 */
#ifndef GPUSPY_OBSERVERS_STREAMS_H
#define GPUSPY_OBSERVERS_STREAMS_H

#include "contexts.h"

/* The context of a stream; of the default ones, the current one. NULL: no rows are left. */
struct context *stream_context(void *stream);

#endif
