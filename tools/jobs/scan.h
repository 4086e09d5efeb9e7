/* SPDX-License-Identifier: MIT */
/*
 * The lines of a folder of records, FOLDER/YYYY/MM/DD/HOST.jsonl.
 */
#ifndef GPUSPY_JOBS_SCAN_H
#define GPUSPY_JOBS_SCAN_H

#include <stddef.h>
#include <time.h>

struct scan {
	const char *folder;
	time_t since;       /* the day of which, and those after it, are looked at; 0: all */
	const char *needle; /* lines that have this somewhere; NULL: all */
	/* The line without its newline, and with a 0 in its place. -1: enough. */
	int (*visit)(void *context, char *line, size_t length);
	void *context;
	unsigned files, unreadable; /* that were found */
};

/* The oldest day first. -1 with errno: the folder cannot be read, or `visit` said so. */
int scan_records(struct scan *scan);

#endif
