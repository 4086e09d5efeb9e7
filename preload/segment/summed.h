/* SPDX-License-Identifier: MIT */
/*
 * Processes of a session that ended, added up. A session keeps the segments of a hundred of them
 * (session/ended.h); of those before, their sum is kept in one file, which holds all that a verdict
 * and the totals of a report are made of. What is lost is which of them did what.
 *
 * The file is never changed: with each addition another one takes its place. It names the segments
 * that came last, for they are removed only afterwards, and are not to be counted twice. Like a
 * segment, it is hostile input for every reader.
 */
#ifndef GPUSPY_SEGMENT_SUMMED_H
#define GPUSPY_SEGMENT_SUMMED_H

#include "snapshot.h"

/* In the session's folder; the second while it is written. */
#define SUMMED_FILE "summed"
#define SUMMED_NEW  "summed.new"

enum { SUMMED_LAST_MAX = 256 };

struct summed_segment {
	uint64_t start_ticks;
	int32_t pid;
	uint32_t image;
};

struct summed {
	uint64_t generation; /* grows with each addition */
	uint64_t processes;
	uint64_t workers; /* of them, with kernels */
	uint64_t images;
	struct figures figures;
	/* CLOCK_MONOTONIC: the first start, the last end, and how much of that time some of them
	 * ran; 0: unknown. */
	uint64_t started_ns, ended_ns, ran_ns;
	uint64_t first_kernel_ns;
	const struct summed_segment *last;
	unsigned n_last;
};

/*
 * The sum of an open session's folder; zeros where there is none. The file must be of the folder's
 * owner. -1 with errno: it cannot be read, or is none. Bounded work and memory.
 */
int summed_read(struct summed *out, struct arena *arena, int folder);

/* Bytes of the file, 0: there is none. */
size_t summed_size(int folder);

/* Of the file; 0: there is none. */
uint64_t summed_generation(int folder);

/* Is another one there than that of this generation (0: none)? */
bool summed_changed(int folder, uint64_t generation);

/* Is that segment in it already? */
bool summed_has(const struct summed *sum, pid_t pid, uint64_t start_ticks, unsigned image);

/* Adds ended processes, oldest first. The lists are new ones in the arena. -1: no memory. */
int summed_add(struct summed *sum, struct arena *arena, const struct process_snapshot *processes,
	unsigned count);

/* Adds another folder's sum. -1: no memory. */
int summed_join(struct summed *sum, struct arena *arena, const struct summed *other);

/* Puts it in the place of the one that is there. -1 with errno: that one stays. */
int summed_write(const struct summed *sum, struct arena *arena, int folder);

#endif
