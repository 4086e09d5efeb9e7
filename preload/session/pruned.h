/* SPDX-License-Identifier: MIT */
/*
 * Sessions of jobs that housekeeping removed before anybody made a record of them: the folder of
 * sessions has a list of their jobs, a line each, so that they are a gap and not nothing.
 */
#ifndef GPUSPY_SESSION_PRUNED_H
#define GPUSPY_SESSION_PRUNED_H

#include "../segment/layout.h"

#define PRUNED_FILE     ".pruned" /* in the folder of all sessions; no session has such a name */
#define PRUNED_OLD_FILE ".pruned.old"
#define COLLECTED_FILE  "collected" /* in a session's: gpuspy collect has made its record */

enum { PRUNED_JOB_MAX = 64, PRUNED_SIZE = 65536 };

/* The job of an open segment; nothing is written where there is none. */
void pruned_read_job(char job[PRUNED_JOB_MAX], int segment, const struct segment_header *header);

void pruned_note(int base, const char *job);

#endif
