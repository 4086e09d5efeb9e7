/* SPDX-License-Identifier: MIT */
/*
 * gpuspy-top on a terminal.
 */
#ifndef GPUSPY_TOP_INTERACTIVE_H
#define GPUSPY_TOP_INTERACTIVE_H

#include "options.h"
#include "sample.h"
#include "view.h"

/* Until the user leaves; the terminal has begun. The exit status. */
int interactive_run(const struct options *options, struct sampler *sampler, struct view *view);

#endif
