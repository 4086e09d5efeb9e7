/* SPDX-License-Identifier: MIT */
/*
 * The text format 0.0.4 of Prometheus.
 */
#ifndef GPUSPY_EXPORT_METRICS_H
#define GPUSPY_EXPORT_METRICS_H

#include <stdio.h>

#include "live.h"

/* Never a pid, a session, a kernel or a command as a label. */
void metrics_write(FILE *to, struct totals_state *state, struct live *live);

#endif
