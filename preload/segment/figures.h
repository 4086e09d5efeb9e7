/* SPDX-License-Identifier: MIT */
/*
 * Adding figures up: rows of one segment, images of one process, processes of one session.
 */
#ifndef GPUSPY_SEGMENT_FIGURES_H
#define GPUSPY_SEGMENT_FIGURES_H

#include "snapshot.h"

/* Sorts the lists and makes one entry of those that are the same thing. -1: no memory. */
int figures_fold(struct figures *figures);

enum figures_of {
	OF_IMAGES,    /* of one process: exec freed the memory of all but the last */
	OF_PROCESSES, /* of one session */
};

/* The sum of `count` figures (the newest last), in new lists. -1: no memory. */
int figures_add_up(struct figures *out, struct arena *arena, const struct figures *const *parts,
	unsigned count, enum figures_of what);

#endif
