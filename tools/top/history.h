/* SPDX-License-Identifier: MIT */
/*
 * What was seen over time, for the plots: of everything, and of each session.
 */
#ifndef GPUSPY_TOP_HISTORY_H
#define GPUSPY_TOP_HISTORY_H

#include <stdint.h>

enum plot {
	PLOT_KERNELS, /* a second */
	PLOT_MEMORY,  /* live bytes */
	PLOT_COPIES,  /* bytes a second, of all directions */
	PLOTS,
};

enum { HISTORY_MAX = 512 };

/* The moments of all histories; the newest is before `end`. */
struct timeline {
	uint64_t times[HISTORY_MAX];
	unsigned count, end;
};

/* By the place of the moment in the timeline. NAN: not known, or not there yet. */
struct history {
	float values[PLOTS][HISTORY_MAX];
};

void timeline_add(struct timeline *timeline, uint64_t now);

/* One in which nothing was seen yet; NULL: no memory. */
struct history *history_new(void);

/* The figure of the newest moment. */
void history_add(
	struct history *history, const struct timeline *timeline, enum plot plot, double value);

/* The figure of `back` moments before the newest one. */
double history_at(const struct history *history, const struct timeline *timeline, enum plot plot,
	unsigned back);
uint64_t timeline_at(const struct timeline *timeline, unsigned back);

#endif
