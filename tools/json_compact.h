/* SPDX-License-Identifier: MIT */
/*
 * JSON on one line, for many of them: as json_write() with JSON_COMPACT and 15 digits, in a third
 * of the time (jansson looks for circles with a printf for each object, and decodes each
 * character).
 */
#ifndef GPUSPY_TOOLS_JSON_COMPACT_H
#define GPUSPY_TOOLS_JSON_COMPACT_H

#include <stdio.h>

struct json_t;

/* The value must have no circles. Errors are those of `to`. */
void json_compact(FILE *to, const struct json_t *value);

#endif
