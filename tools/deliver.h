/* SPDX-License-Identifier: MIT */
/*
 * Where the reports of `gpuspy run` go, with the library's own care (preload/session/output.h): a
 * reader that does not read costs two seconds at most, and never the command's status.
 */
#ifndef GPUSPY_TOOLS_DELIVER_H
#define GPUSPY_TOOLS_DELIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "run.h"

/* Opens FILE for --json before the command starts: better no run at all than a long one without
 * its report. -1: it cannot be had, which was said. */
int deliver_open_json(struct run *run);

/* The text, to GPUSPY_OUTPUT or standard error, else into the session's folder. */
void deliver_text(const struct run *run, const char *text, size_t size);

/* The JSON; what cannot be delivered is said in one line. */
void deliver_json(struct run *run, const char *text, size_t size);

#endif
