/* SPDX-License-Identifier: MIT */
/*
 * The variables of the environment that the user sets.
 */
#ifndef GPUSPY_SESSION_VARIABLES_H
#define GPUSPY_SESSION_VARIABLES_H

#include <stdbool.h>

#include "../segment/paths.h"

enum report_rule { REPORT_AUTO, REPORT_ALWAYS, REPORT_NEVER };

struct variables {
	enum report_rule rule;  /* GPUSPY_REPORT */
	const char *output;     /* GPUSPY_OUTPUT, NULL: standard error */
	char folder[PATHS_MAX]; /* GPUSPY_DIR, "": the default */
};

extern struct variables variables;

/* At start, without a system call but for a relative GPUSPY_OUTPUT. */
void variables_read(void);

/* The value, NULL when it is empty or not set. */
const char *variable(const char *name);

/* Was a value of no use? */
bool variables_are_bad(void);

/* Says so, once. By the session's owner, and not by every sed. */
void variables_say_bad(void);

#endif
