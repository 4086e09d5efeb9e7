/* SPDX-License-Identifier: MIT */
/*
 * The bytes of one segment as checked pieces. The bytes may be anything, and may change while they
 * are read: each piece is copied once, and only the copy is looked at.
 */
#ifndef GPUSPY_SEGMENT_PIECES_H
#define GPUSPY_SEGMENT_PIECES_H

#include <errno.h>

#include "snapshot.h"

static inline uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline int fail(int error)
{
	errno = error;
	return -1;
}

struct decoder {
	struct segment_source source;
	struct arena *arena; /* for what the caller keeps */
	struct arena scratch;
	struct segment_header header; /* its counts are no more than what there can be */
	const char *strings;
	uint32_t strings_size;
	struct segment_row *rows;
	struct segment_slot *sums; /* [row]: over all blocks */
	uint32_t n_rows;
	uint64_t device_kernels[SEGMENT_DEVICES_MAX]; /* from the rows, by who decodes them */
};

/* The header, rows, strings and sums. 0, or -1 with errno as of snapshot_read(). */
int pieces_read(struct decoder *d);

/* A copy of such a part and a 0 after it; NULL with errno. */
void *pieces_part(struct decoder *d, struct arena *arena, uint64_t offset, size_t size);

/* Whole, within the strings and not too long; else NULL. */
const char *pieces_string(const struct decoder *d, uint32_t index);

#endif
