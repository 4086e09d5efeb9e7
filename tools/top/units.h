/*
 * How gpuspy-top writes figures: short, in few columns.
 */
#ifndef GPUSPY_TOP_UNITS_H
#define GPUSPY_TOP_UNITS_H

#include "report/format.h"

enum { UNIT_MAX = 32 }; /* bytes of any of these, with the 0 */

void unit_count(struct text *text, uint64_t count); /* 12,345 to 99,999, then 123.4k, 1.204M */
void unit_rate(struct text *text, double rate);     /* 0.5, 120, 8.4k, 12k; "-" for NAN */
void unit_bytes(struct text *text, uint64_t bytes); /* 0, 512M, 41.2G: powers of 1024 */
void unit_byte_rate(struct text *text, double rate);
void unit_time(struct text *text, double seconds); /* 0:45, 34:12, 2h05m, 3d04h */
void unit_age(struct text *text, double seconds);  /* 45s, 12m, 3h, 2d */

#endif
