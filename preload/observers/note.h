/*
 * What an observer's `before` keeps for its `after`, in the frame. It is zeros to begin with.
 */
#ifndef GPUSPY_OBSERVERS_NOTE_H
#define GPUSPY_OBSERVERS_NOTE_H

#include <stdint.h>

#include "../hooks/hooks.h"
#include "handles.h"

union note {
	struct {
		struct context *context;
		uint64_t kernels; /* that it had when the wait began */
	} waits;
	struct context *ending;
	struct executable *destroyed;
	struct allocation freed;
	struct physical_handle released; /* as it is after the release; piece 0: not known */
};

_Static_assert(
	sizeof(union note) <= sizeof((struct frame *) { 0 } -> note), "it lies in the frame");

static inline union note *note_of(struct frame *frame)
{
	return (union note *)frame->note;
}

#endif
