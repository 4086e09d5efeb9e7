/* SPDX-License-Identifier: MIT */
/*
 * Charts: SVG in the page, which need neither a script nor a fixed width.
 */
#ifndef GPUSPY_PAGE_CHART_H
#define GPUSPY_PAGE_CHART_H

#include <stdio.h>

enum { CHART_BINS = 480, SPARK_BINS = 72, CHART_LINES_MAX = 4 };

enum chart_unit { UNIT_RATE, UNIT_BYTES, UNIT_BYTES_RATE, UNIT_SHARE, UNIT_COUNT };

struct chart_line {
	const char *label; /* our own words */
	const char *name;  /* of its colour in the style sheet: "a" to "e" */
	const double *bins;
};

struct chart {
	const char *title;
	enum chart_unit unit;
	struct chart_line lines[CHART_LINES_MAX];
	unsigned n_lines;
	double seconds;           /* of the whole width */
	double pause_from, pause; /* a time to mark; negative: none */
	double ceiling;           /* as high at least, when it is worth something; 0: none */
	double total;             /* of everything that is drawn as a rate; 0: not said */
};

void chart_put(FILE *to, const struct chart *chart);

/* A small one without axes for a table's cell, as high as its own highest value, which it says. */
void chart_spark(FILE *to, const double *bins, const char *name, enum chart_unit unit);

/* A value with its unit. */
void chart_value(FILE *to, double value, enum chart_unit unit);

#endif
