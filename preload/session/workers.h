/* SPDX-License-Identifier: MIT */
/*
 * Workers that a program started before this library was loaded into it are not watched, and are
 * its doing all the same: R's PSOCK clusters, callr's sessions, Python's pools.
 */
#ifndef GPUSPY_SESSION_WORKERS_H
#define GPUSPY_SESSION_WORKERS_H

/* How many there seem to be. */
unsigned workers_before(void);

#endif
