/* SPDX-License-Identifier: MIT */
/*
 * How gpuspy-top writes figures: short, in few columns.
 */
#ifndef GPUSPY_TOP_UNITS_H
#define GPUSPY_TOP_UNITS_H

#include "report/format.h"

enum unit {
	UNIT_COUNT,   /* 12,345 to 99,999, then 123.4k, 1.204M */
	UNIT_RATE,    /* 0.5, 120, 8.4k, 12k */
	UNIT_BYTES,   /* 0, 512M, 41.2G: powers of 1024 */
	UNIT_TIME,    /* 0:45, 34:12, 2h05m, 3d04h */
	UNIT_AGE,     /* 45s, 12m, 3h, 2d */
	UNIT_PERCENT, /* 100 only for all */
};

enum { UNIT_MAX = 32, UNIT_ANY_WIDTH = 0 };

/*
 * The figure in at most `width` columns: in a higher unit where that is needed, never cut. What is
 * not known (NAN, less than 0) is "-".
 */
void unit_put(struct text *text, enum unit unit, double value, int width);

#endif
