/* SPDX-License-Identifier: MIT */
#include "series.h"

#include <math.h>
#include <stdlib.h>

int series_add(struct series *series, double at, double value)
{
	if (series->n == series->room) {
		unsigned room = series->room ? series->room * 2 : 16;
		double *more = realloc(series->at, room * sizeof(*more));

		if (!more)
			return -1;
		series->at = more;
		more = realloc(series->value, room * sizeof(*more));
		if (!more)
			return -1;
		series->value = more;
		series->room = room;
	}
	/* Whatever a file says: no more than a counter can hold, and some hundred years. */
	value = fmin(fmax(value, 0), 1.8e19);
	at = fmin(fmax(at, 0), 1e10);
	if (series->n && at < series->at[series->n - 1])
		at = series->at[series->n - 1];
	series->at[series->n] = at;
	series->value[series->n++] = value;
	return 0;
}

void series_free(struct series *series)
{
	free(series->at);
	free(series->value);
	*series = (struct series){ 0 };
}

/* A count does not fall; where a record says so, nothing came. */
static double came_between(const struct series *series, unsigned i)
{
	return fmax(series->value[i] - series->value[i - 1], 0);
}

/* What came between two points belongs evenly to the time between them. */
static void spread(double *bins, unsigned n_bins, double from, double to, double came)
{
	unsigned first, last;

	if (to < 0 || from >= n_bins || !(came > 0))
		return;
	if (from < 0)
		from = 0;
	if (to - from < 1e-9) { /* at one moment */
		bins[(unsigned)from] += came;
		return;
	}
	first = (unsigned)from;
	last = to >= n_bins ? n_bins - 1 : (unsigned)to;
	for (unsigned i = first; i <= last; i++) {
		double begin = i > from ? i : from, end = i + 1 < to ? i + 1 : to;

		if (end > begin)
			bins[i] += came * (end - begin) / (to - from);
	}
}

/*
 * A bin with less than two samples in it lies in one time between samples, or at the border of two:
 * it shows the one that has its middle. A mean of both would be a level that never was.
 */
static void sharpen(
	double *bins, unsigned n_bins, const struct series *series, double from, double width)
{
	unsigned next = 0;

	for (unsigned bin = 0; bin < n_bins; bin++) {
		double begin = from + bin * width, middle = begin + width / 2;
		unsigned inside, i;

		while (next < series->n && series->at[next] < begin)
			next++;
		for (inside = 0; next + inside < series->n && inside < 2 &&
				 series->at[next + inside] < begin + width;)
			inside++;
		i = next + (inside == 1 && series->at[next] <= middle);
		if (inside < 2 && i && i < series->n && series->at[i] > series->at[i - 1])
			bins[bin] = came_between(series, i) / (series->at[i] - series->at[i - 1]) *
				    width;
	}
}

void series_rates(
	double *bins, unsigned n_bins, const struct series *series, double from, double to)
{
	double width = (to - from) / n_bins;

	for (unsigned i = 0; i < n_bins; i++)
		bins[i] = 0;
	if (!(width > 0))
		return;
	for (unsigned i = 1; i < series->n; i++)
		spread(bins, n_bins, (series->at[i - 1] - from) / width,
			(series->at[i] - from) / width, came_between(series, i));
	sharpen(bins, n_bins, series, from, width);
	for (unsigned i = 0; i < n_bins; i++)
		bins[i] /= width;
}

void series_levels(
	double *bins, unsigned n_bins, const struct series *series, double from, double to)
{
	double width = (to - from) / n_bins;

	for (unsigned i = 0; i < n_bins; i++)
		bins[i] = 0;
	if (!(width > 0))
		return;
	for (unsigned i = 0; i < series->n; i++) {
		double begin = (series->at[i] - from) / width;
		double end = i + 1 < series->n ? (series->at[i + 1] - from) / width : n_bins;

		if (begin >= n_bins || end < 0)
			continue;
		if (end > n_bins)
			end = n_bins;
		for (unsigned bin = begin < 0 ? 0 : (unsigned)begin;
			bin < n_bins && (bin < end || bin <= begin); bin++)
			if (bins[bin] < series->value[i])
				bins[bin] = series->value[i];
	}
}

double series_highest(const double *bins, unsigned n_bins)
{
	double highest = 0;

	for (unsigned i = 0; i < n_bins; i++)
		if (bins[i] > highest)
			highest = bins[i];
	return highest;
}
