/* SPDX-License-Identifier: MIT */
/*
 * The report for programs: JSON, schema 1.
 */
#ifndef GPUSPY_TOOLS_JSON_H
#define GPUSPY_TOOLS_JSON_H

#include <stdio.h>

#include "report/verdict.h"

/* One object and a newline. -1: no memory, which is said. Whether it was written, `to` knows. */
int json_report(
	FILE *to, const struct session_snapshot *session, const struct judgement *judgement);

/* With the member "elsewhere", which is taken over; NULL: without it. */
struct json_t;
int json_report_with(FILE *to, const struct session_snapshot *session,
	const struct judgement *judgement, struct json_t *elsewhere);

/* Any value, with JSON_... flags of jansson's. -1: no memory. Whether it was written, `to` knows.
 */
int json_write(FILE *to, const struct json_t *value, size_t flags);

/* NULL: nobody of that number. */
const char *json_user_name(unsigned uid);

/* A string from outside: bytes that are no UTF-8 become U+FFFD; NULL becomes null. */
struct json_t *json_foreign(const char *raw);

#endif
