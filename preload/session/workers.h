/* SPDX-License-Identifier: MIT */
/*
 * Workers that a program started before this library was loaded into it are not watched, and are
 * its doing all the same: R's PSOCK clusters, callr's sessions, Python's pools. And those that live
 * on when it ends: a forked child has no record before its first call.
 */
#ifndef GPUSPY_SESSION_WORKERS_H
#define GPUSPY_SESSION_WORKERS_H

#include "../segment/snapshot.h"

/* How many there seem to be. */
unsigned workers_before(void);

/*
 * How many of the session go on that nobody waits for, as far as their records say, or, of forked
 * children of this process, their command lines.
 */
unsigned workers_left(const struct session_snapshot *session);

#endif
