/* SPDX-License-Identifier: MIT */
/*
 * The command line.
 */
#ifndef GPUSPY_TOP_OPTIONS_H
#define GPUSPY_TOP_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "columns.h"

enum { PIDS_MAX = 256 };

struct options {
	double delay; /* 0: not said */
	long count;   /* samples, 0: no end; -1: not said */
	bool batch, json, tree, no_color, no_mouse, readonly;
	bool one_user, all_users; /* neither: not said */
	uid_t user;
	pid_t pids[PIDS_MAX];
	unsigned n_pids;
	const char *session, *filter;
	enum column sort; /* COLUMNS_MAX: not said */
};

/* Ends the program where an option says so or is wrong: one line, exit 2. */
void options_parse(struct options *options, int argc, char **argv);

/* Seconds from 0.1 to 100. */
bool options_read_delay(const char *text, double *delay);

#endif
