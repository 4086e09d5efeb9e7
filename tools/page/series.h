/* SPDX-License-Identifier: MIT */
/*
 * Figures over time.
 */
#ifndef GPUSPY_PAGE_SERIES_H
#define GPUSPY_PAGE_SERIES_H

struct series {
	double *at, *value; /* `at` never falls */
	unsigned n, room;
};

/* -1: no memory. */
int series_add(struct series *series, double at, double value);
void series_free(struct series *series);

/* A count that grows: what came per second, on average over each of the bins. */
void series_rates(
	double *bins, unsigned n_bins, const struct series *series, double from, double to);

/* A figure that holds until the next one: the highest in each of the bins. */
void series_levels(
	double *bins, unsigned n_bins, const struct series *series, double from, double to);

double series_highest(const double *bins, unsigned n_bins);

#endif
