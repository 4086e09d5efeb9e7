/* SPDX-License-Identifier: MIT */
/*
 * Parts of the JSON report, for each other.
 */
#ifndef GPUSPY_TOOLS_JSON_PARTS_H
#define GPUSPY_TOOLS_JSON_PARTS_H

#include <jansson.h>

#include "segment/snapshot.h"

/* Counts are integers of 63 bits in JSON readers. */
json_t *json_count(uint64_t value);

json_t *json_gaps(const struct session_snapshot *session);
json_t *json_witness(const struct segment_witness *witness); /* null: nobody looked */

#endif
