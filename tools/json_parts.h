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

/* Values; what is not known is null. */
json_t *json_count(uint64_t value);      /* integers have 63 bits in JSON readers */
json_t *json_number(int value);          /* negative: not known */
json_t *json_seconds(double value);      /* to the millisecond; negative: not known */
json_t *json_moment(uint64_t ns);        /* 2026-01-31T12:00:00.123Z; 0: not known */
json_t *json_uuid(const uint8_t *bytes); /* of 16 bytes; NULL: not known */

json_t *json_job(const struct job_figures *job); /* null: neither a job nor a rank */
/* An element of an array, "9_5"; null: it is none. */
json_t *json_element(const struct job_figures *job);
json_t *json_gaps(const struct session_snapshot *session);
json_t *json_witness(const struct segment_witness *witness); /* null: nobody looked */

#endif
