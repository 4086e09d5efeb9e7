/* SPDX-License-Identifier: MIT */
/*
 * Workers that a program started before this library was loaded into it are not watched, and are
 * its doing all the same: R's PSOCK clusters, callr's sessions, Python's pools. And those that live
 * on when it ends: a forked child has no record before its first call.
 */
#ifndef GPUSPY_SESSION_WORKERS_H
#define GPUSPY_SESSION_WORKERS_H

/* How many there seem to be. */
unsigned workers_before(void);

/* Forked children of this process, as their command lines say, that have not ended. */
unsigned workers_left(void);

#endif
