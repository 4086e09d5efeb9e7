/* SPDX-License-Identifier: MIT */
/*
 * When what threads remember of the driver may be wrong: one number for all of it. A thread that
 * remembers something keeps the number beside it, and asks again when the number has changed.
 */
#ifndef GPUSPY_OBSERVERS_GENERATION_H
#define GPUSPY_OBSERVERS_GENERATION_H

#include <stdint.h>

/* With the epoch of captures (capture.h) in one word, so that a launch compares both at once. */
union observers_now {
	struct {
		uint32_t generation, capture_epoch; /* never 0 */
	};
	uint64_t both;
};

extern union observers_now observers_now;

static inline uint32_t generation_now(void)
{
	return __atomic_load_n(&observers_now.generation, __ATOMIC_ACQUIRE);
}

/* A context or a module is gone, a handle means something else, a capture began. */
static inline void generation_changes(void)
{
	if (!__atomic_add_fetch(&observers_now.generation, 1, __ATOMIC_ACQ_REL))
		__atomic_add_fetch(&observers_now.generation, 1, __ATOMIC_ACQ_REL);
}

#endif
