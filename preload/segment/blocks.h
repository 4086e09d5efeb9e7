/* SPDX-License-Identifier: MIT */
/*
 * The blocks of this process's segment: counters, one for each thread that calls. How they are
 * mapped, and get room for more rows. The caller holds LOCK_SEGMENT, but for blocks_sum() and
 * blocks_read().
 */
#ifndef GPUSPY_SEGMENT_BLOCKS_H
#define GPUSPY_SEGMENT_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "layout.h"

/* A new segment has none. */
void blocks_forget(void);

/*
 * A new one; NULL: no room. It is told when a block has got a second address: rows from then on are
 * only there, and those before at both.
 */
struct segment_slot *blocks_new(
	void (*moved)(const struct segment_slot *from, struct segment_slot *to));

/* All get room for so many slots. -1: no memory. */
int blocks_grow(uint32_t slots);

/* The figure of a row: its slots of all threads. Others may be counting meanwhile. */
struct segment_slot blocks_sum(uint32_t row);

/* What lies in one block, by its offset from the first. -1: it lies in none. */
int blocks_read(uint64_t offset, void *to, size_t size);

#endif
