/* SPDX-License-Identifier: MIT */
/*
 * The devices that the watched processes use, and those that the driver names.
 */
#ifndef GPUSPY_TOP_GPUS_H
#define GPUSPY_TOP_GPUS_H

#include "row.h"

struct gpu_row {
	int ordinal;
	const char *name;    /* NULL: unknown */
	const uint8_t *uuid; /* NULL: unknown */
	uint64_t total_bytes, live_bytes;
	double kernels;                   /* a second */
	const struct nvml_device *driver; /* the driver's own figures, NULL: none */
	bool watched;                     /* else only the driver knows of it */
};

enum { GPUS_MAX = 64 };

struct gpus {
	struct gpu_row list[GPUS_MAX];
	unsigned count, watched;
};

/* From the rows, with their rates over `interval`, and from the driver's figures. */
void gpus_find(struct gpus *gpus, const struct row *rows, unsigned n_rows,
	const struct nvml_figures *driver, double interval);

#endif
