/* SPDX-License-Identifier: MIT */
/*
 * Ended sessions are kept for `gpuspy report`, but not for ever: when a new session begins, the
 * oldest ones are removed until what is left keeps to both bounds. It is done at the start of
 * somebody's program, so what one start looks at is bounded, too: the rest is for the next one.
 */
#ifndef GPUSPY_SESSION_HOUSEKEEPING_H
#define GPUSPY_SESSION_HOUSEKEEPING_H

enum {
	HOUSEKEEPING_SESSIONS = 64,
	HOUSEKEEPING_MEBIBYTES = 64,
	HOUSEKEEPING_UNCOLLECTED = 4096, /* then those go, too, that no record has been made of */
	HOUSEKEEPING_PAUSE_S = 60, /* since the last session began: the bytes are looked at, */
	HOUSEKEEPING_ANYWAY = 64,  /* and else once in so many sessions */
	HOUSEKEEPING_YOUNG_S = 60, /* one that has just been made may be empty yet */
	HOUSEKEEPING_FOREIGN_S = 7 * 24 * 3600, /* of another host or pid namespace */
};

/*
 * Removes what is too much in the folder of all sessions. Only folders of this user that hold
 * nothing but gpuspy's own files, none of them of a living process, and none of a process that runs
 * elsewhere, unless it is of long ago. Where the site keeps records (gpuspy.conf(5)), a job's
 * sessions wait for their collection. Of a job whose session goes before, that is written down.
 */
void housekeeping(const char *base);

#endif
