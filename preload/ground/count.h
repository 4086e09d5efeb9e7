/* SPDX-License-Identifier: MIT */
/*
 * Counting in this thread's own counters. A signal handler may count too, between any two
 * instructions of ours, and neither count may be lost.
 */
#ifndef GPUSPY_GROUND_COUNT_H
#define GPUSPY_GROUND_COUNT_H

#include <stdint.h>

#include "arch.h"

static inline void count_more(uint64_t *counter, uint64_t n)
{
	arch_count(counter, n);
}

static inline void count_one(uint64_t *counter)
{
	arch_count(counter, 1);
}

#endif
