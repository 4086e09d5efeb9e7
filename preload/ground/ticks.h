/* SPDX-License-Identifier: MIT */
/*
 * Clock ticks since boot: in these the kernel tells when a process began (field 22 of
 * /proc/PID/stat, proc(5)). No system call.
 */
#ifndef GPUSPY_GROUND_TICKS_H
#define GPUSPY_GROUND_TICKS_H

#include <stdint.h>

uint64_t ticks_now(void);

/*
 * How many nanoseconds ago the tick `start` began, which is no less than since what happened in it;
 * 0: unknown.
 */
uint64_t ticks_age(uint64_t start);

#endif
