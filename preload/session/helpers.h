/* SPDX-License-Identifier: MIT */
/*
 * Processes that serve another one and end when it does, as its sockets and pipes close: after its
 * report. That they go on is no reason against a NO.
 */
#ifndef GPUSPY_SESSION_HELPERS_H
#define GPUSPY_SESSION_HELPERS_H

#include <stdbool.h>
#include <sys/types.h>

/* Is that process one, with nothing to do before this one ends? */
bool helpers_wait(pid_t pid);

#endif
