/* SPDX-License-Identifier: MIT */
/*
 * Records: a line of JSON each. In front stands the member "brief", what is asked of many records;
 * of a session, the whole report follows it. gpuspy-json(5) has the members.
 */
#ifndef GPUSPY_COLLECT_LINE_H
#define GPUSPY_COLLECT_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "segment/snapshot.h"

struct line {
	FILE *to;
	bool brief_only; /* for syslog, which takes no long ones */
	bool no_report;  /* what follows the brief is left out */
	const char *key; /* folder of the key for hashed users, NULL: none */
	/* Of gpuspy run: the session that started this one, or is this one. What its launchers
	 * started is put together by who asks. NULL: as the session says. */
	const char *origin;
};

/* Of a job on this host, from its Epilog: known by its variables, and what was found. */
struct host_line {
	const char *job, *leader, *array, *index, *nodes, *node, *gpus, *exit; /* NULL: not known */
	const char *host;
	uid_t uid;
	bool uid_known;
	unsigned sessions, running, lost, unreadable;
};

/* The judged session; uid: whose folder it is in. -1: no memory, or it could not be written. */
int line_session(const struct line *line, struct session_snapshot *session, uid_t uid);

int line_host(const struct line *line, const struct host_line *host);

#endif
