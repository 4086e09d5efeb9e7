/* SPDX-License-Identifier: MIT */
/*
 * The counts of a record: one list, of which every line and every sum is made.
 */
#ifndef GPUSPY_RECORD_COUNTS_H
#define GPUSPY_RECORD_COUNTS_H

#include <stdbool.h>

#include "segment/snapshot.h"

struct json_t;

enum {
	COUNT_KERNELS,
	COUNT_LAUNCHES,
	COUNT_CAPTURED,
	COUNT_GRAPH_LAUNCHES,
	COUNT_GRAPH_KERNELS,
	COUNT_CONFIRMED,
	COUNT_ERRORS,
	COUNT_ALLOCATED,                          /* bytes, all that ever were */
	COUNT_CALLS,                              /* and one for each layer */
	COUNT_COPIES = COUNT_CALLS + LAYERS,      /* calls of each direction */
	COUNT_COPIED = COUNT_COPIES + COPY_KINDS, /* bytes */
	COUNTS = COUNT_COPIED + COPY_KINDS,
};

/* They only grow. */
struct counts {
	uint64_t of[COUNTS];
};

struct counts counts_take(const struct totals *totals);
void counts_add(struct counts *to, const struct counts *more);

/* As in schema 1, but that layers and directions of which there is nothing are left out. */
void counts_put(struct json_t *object, const struct counts *counts);

/* What counts_put wrote; what is missing or no number is 0. */
void counts_get(struct counts *counts, const struct json_t *object);

#endif
