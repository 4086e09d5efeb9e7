/* SPDX-License-Identifier: MIT */
/*
 * The jobs that run on this host now.
 */
#ifndef GPUSPY_EXPORT_LIVE_H
#define GPUSPY_EXPORT_LIVE_H

#include "totals.h"

/* {ID: {"scheduler", "user", "gpus", "started", "bytes": {UUID: n}}} */
struct live {
	json_t *jobs;
	unsigned sessions; /* with a running process, of jobs or not */
};

void live_take(struct live *live, struct totals_state *state,
	const struct session_snapshot *session, json_t *user);

/*
 * Once all sessions were told: the kernels of each job that runs, {ID: {UUID: n}}, also those of
 * its sessions that are gone, for which the state keeps an entry as long as it runs.
 */
json_t *live_kernels(struct live *live, struct totals_state *state);

#endif
