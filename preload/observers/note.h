/* SPDX-License-Identifier: MIT */
/*
 * What an observer's `before` keeps for its `after`, in the frame. It is zeros to begin with.
 */
#ifndef GPUSPY_OBSERVERS_NOTE_H
#define GPUSPY_OBSERVERS_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "../hooks/hooks.h"
#include "handles.h"
#include "waits.h"

/* What becomes of work that is put into a stream. */
enum work_fate { WORK_UNKNOWN, WORK_RUNS, WORK_RECORDED };

enum { WORK_MARK = 0x776f726b }; /* nothing else that is noted begins so */

union note {
	struct {
		uint32_t mark; /* the frame of a call whose `before` dozes holds anything */
		uint8_t fate, lasting;
		uint32_t epoch;
	} work;
	struct waited waited;
	struct past *past; /* of an event; NULL: none */
	struct {
		struct past *past; /* that the stream follows; NULL: nothing */
		struct lane *lane; /* NULL: it had none */
	} stream_ending;
	struct {
		struct past *past; /* of the event */
		bool may_join;     /* the stream may be drawn into a capture */
	} follows;
	struct {
		struct context *context; /* that may end; NULL: none that is known */
		uint32_t newest;         /* contexts_newest() before the call */
		int16_t green_device;    /* of a green context */
		bool green;              /* it was known, with that device */
	} ending;
	struct executable *destroyed;
	unsigned unloading; /* which call that unloads, as kernels_unload() gave it */
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
