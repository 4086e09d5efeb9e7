/* SPDX-License-Identifier: MIT */
/*
 * The ranks that launchers (srun, mpirun and their like) started, as far as they are in a session.
 */
#ifndef GPUSPY_REPORT_RANKS_H
#define GPUSPY_REPORT_RANKS_H

#include <stdbool.h>

#include "../segment/snapshot.h"

struct ranks {
	unsigned launchers; /* those that another one started are not counted */
	unsigned groups;    /* that were started together */
	unsigned seen;      /* in all groups */
	unsigned wanted;    /* as many as there are of them, as they say */
	unsigned most;      /* the most of one group, as it says */
	bool whole;         /* each group has as many as it says */
};

/* Without a launcher in it the session is of one that stands elsewhere. */
struct ranks ranks_find(const struct session_snapshot *session);

/* Of the launchers those whose ranks are not all there: 0 or all of them. */
unsigned ranks_launched(const struct ranks *ranks);

#endif
