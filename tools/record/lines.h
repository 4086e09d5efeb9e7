/* SPDX-License-Identifier: MIT */
/*
 * The lines of a record: gpuspy-record(5).
 */
#ifndef GPUSPY_RECORD_LINES_H
#define GPUSPY_RECORD_LINES_H

#include "known.h"

struct line_moment {
	uint64_t realtime_ns, monotonic_ns;
};

/* Each a line with its newline, which the caller frees; NULL: no memory. */
char *line_start(struct line_moment moment, const char *session, double interval);
char *line_sample(struct line_moment moment, struct known *known, const struct nvml_figures *driver,
	struct nvml *nvml);

/* `reason`: ended, stopped. All processes are in it. */
char *line_end(struct line_moment moment, struct known *known, const char *reason);

#endif
