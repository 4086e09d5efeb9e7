/* SPDX-License-Identifier: MIT */
/*
 * gpuspy-top on a terminal.
 */
#ifndef GPUSPY_TOP_INTERACTIVE_H
#define GPUSPY_TOP_INTERACTIVE_H

#include "options.h"
#include "sample.h"
#include "view.h"

/* NULL: the terminal has begun; else why it cannot show a screen. */
const char *interactive_begin(bool mouse);

/* Until the user leaves, or a signal comes. The exit status. */
int interactive_run(const struct options *options, struct sampler *sampler, struct view *view);

#endif
