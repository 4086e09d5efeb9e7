/* SPDX-License-Identifier: MIT */
/*
 * gpuspy-top without a terminal: lines of text or JSON, a sample after the other.
 */
#ifndef GPUSPY_TOP_BATCH_H
#define GPUSPY_TOP_BATCH_H

#include <stdio.h>

#include "options.h"
#include "sample.h"
#include "view.h"

/* The exit status. `count`: samples, 0: without end. */
int batch_run(
	const struct options *options, long count, struct sampler *sampler, struct view *view);

/* One sample as lines. `width`: for which columns there is room. */
void batch_print(FILE *to, struct model *model, struct view *view, int width);

/* One sample as JSON: an object and a line for each session. -1: said on standard error. */
int batch_print_json(FILE *to, struct model *model, const struct view *view);

#endif
