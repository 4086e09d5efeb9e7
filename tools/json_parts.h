/* SPDX-License-Identifier: MIT */
/*
 * Parts of the JSON report, for each other.
 */
#ifndef GPUSPY_TOOLS_JSON_PARTS_H
#define GPUSPY_TOOLS_JSON_PARTS_H

#include <jansson.h>

#include "report/verdict.h"
#include "segment/snapshot.h"

/* The whole report; NULL: no memory. */
json_t *json_session(const struct session_snapshot *session, const struct judgement *judgement);

json_t *json_uuid(const uint8_t *bytes); /* of 16 bytes; null for NULL */

/* Counts are integers of 63 bits in JSON readers. */
json_t *json_count(uint64_t value);

json_t *json_job(const struct job_figures *job); /* null: neither a job nor a rank */
json_t *json_gaps(const struct session_snapshot *session);
json_t *json_witness(const struct segment_witness *witness); /* null: nobody looked */

#endif
