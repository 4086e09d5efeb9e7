/* SPDX-License-Identifier: MIT */
/*
 * Lanes: where the kernels of one stream are counted, so that who waits for a stream confirms its
 * kernels and no others.
 *
 * A lane is two rows of the segment, ROW_LAUNCHES and ROW_GRAPHS; a launch adds to them what it
 * would add to its context's. The lane of the legacy default stream is the context's own first two
 * rows, and leads the list of the others. A lane stays with its place in contexts.c for good, as
 * its rows are of one device; so a list only grows, and is walked without a lock.
 */
#ifndef GPUSPY_OBSERVERS_LANES_H
#define GPUSPY_OBSERVERS_LANES_H

#include <stdbool.h>
#include <stdint.h>

/* Whose kernels are in a lane: what must be waited for to confirm them. */
enum lane_of {
	LANE_OF_STREAM,
	LANE_OF_CONTEXT, /* those of streams for which there was no lane are among them */
	LANE_OF_DEVICE,  /* those of contexts for which there was no place: never confirmed */
};

struct lane {
	struct lane *next;
	uint64_t key;    /* of its stream (stream_key); 0: that stream is gone */
	uint32_t row;    /* the first of the two */
	uint32_t thread; /* of a thread's own stream: the number of the thread; 0: it is none */
	uint8_t of;      /* enum lane_of */
	bool blocking;   /* the legacy default stream and this one wait for each other */
};

struct lane_stream {
	uint64_t key;
	uint32_t thread;
	bool blocking;
};

/* The lane of that stream in the list that begins with `first`; NULL: it has none yet. */
struct lane *lane_find(struct lane *first, uint64_t key);

/* A lane for that stream: `first`, where none is left (which is then of the whole context). */
struct lane *lane_make(struct lane *first, const struct lane_stream *stream);

/* The stream of that key goes: its lane, whose kernels may still run. NULL: it had none. */
struct lane *lane_stream_ends(struct lane *first, uint64_t key);

/* It did not go. */
void lane_stream_lives_on(struct lane *lane, uint64_t key);

/* Kernels launched so far, those of graphs too. */
uint64_t lane_kernels(const struct lane *lane);

/* Of so many kernels, is each one confirmed, or will never be? */
bool lane_is_done(const struct lane *lane, uint64_t kernels);

/* The lane's first `kernels` kernels are known to have finished. */
void lane_confirm(struct lane *lane, uint64_t kernels);

/* The context has ended: what had not been seen to finish will not be. */
void lanes_end(struct lane *first);

/* In a child after fork: the rows stay, and nothing is counted in them. */
void lanes_forget(struct lane *first);

#endif
