/* SPDX-License-Identifier: MIT */
/*
 * What the sessions of this host have done since the counting began, also those that are gone: a
 * file of state takes in what a session has before its segments are removed.
 */
#ifndef GPUSPY_EXPORT_TOTALS_H
#define GPUSPY_EXPORT_TOTALS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../uuid.h"
#include "report/verdict.h"

/*
 * All of it is JSON, as it lies in the file:
 *
 *     gone        counters of sessions that are gone, added up
 *     sessions    by key: what each that is there was last seen to have
 *     gpus        by UUID: true for those that were written with 0 before, false for others
 *     ended       by "VERDICT/REASON": sessions that ended
 *     lost        sessions that went before they were seen to end
 *     jobs        by ID, of those that run: kernels of sessions that are gone, by UUID; the sum
 * when it was last seen to grow, and when that was
 */
enum { TOTALS_GPUS_MAX = 128 };

struct totals_state {
	json_t *all;
	bool fresh; /* there was no file */
};

/* -1 with errno. A file that is none of ours is EINVAL. */
int totals_load(struct totals_state *state, const char *file);
int totals_save(const struct totals_state *state, const char *file);

/* Between these the sessions that are there are told, each once. */
void totals_begin(struct totals_state *state);
int totals_end(struct totals_state *state); /* -1: no memory */

/*
 * Is the session of that key as it was, so that it need not be read? One that is known is told by
 * that: what cannot be read keeps what it had, and is not gone.
 */
bool totals_has_ended(struct totals_state *state, const char *key, unsigned segments);
int totals_take(struct totals_state *state, const char *key, unsigned segments,
	const struct session_snapshot *session, bool running);

/*
 * A label for each UUID that anybody's segment claims would be too many for who stores them: what
 * comes when a machine has more than any has is "other".
 */
const char *totals_gpu_label(struct totals_state *state, const uint8_t *uuid, char text[UUID_TEXT]);

/* What a segment says may be anything: a counter stays at its end, and does not turn round. */
int totals_add(json_t *to, const char *name, json_int_t more);

/* The counters: of what is there and what is gone. {"kernels": {UUID: n}, "copies": ...} */
json_t *totals_sum(const struct totals_state *state);

#endif
