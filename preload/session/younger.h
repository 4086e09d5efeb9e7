/* SPDX-License-Identifier: MIT */
/*
 * The processes that began after this one. All of /proc has to be looked at for them, unless their
 * numbers tell: the kernel gives these in rising order, alloc_pid(), and begins anew behind the
 * last. A program that has run for a moment is told so with a few looks, where a busy machine has
 * hundreds of processes.
 */
#ifndef GPUSPY_SESSION_YOUNGER_H
#define GPUSPY_SESSION_YOUNGER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Calls `each` with the number of each process that has a greater one than this process, which
 * began at `start_ticks` (paths_start_ticks), until none is new. false: there may be others, or too
 * many; what `each` was told then is not all.
 */
bool younger_each(uint64_t start_ticks, bool (*each)(void *context, const char *pid));

/* The number that was given last; 0: it cannot be had. */
uint64_t younger_last(void);

/* The same for numbers greater than one that was the last. */
bool younger_than(uint64_t last, bool (*each)(void *context, const char *pid));

/* What that rests on, for tests: could numbers have begun anew in so many microseconds? */
bool younger_may_wrap(uint64_t microseconds, uint64_t pid_max, uint64_t tasks);

#endif
