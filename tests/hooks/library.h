/* SPDX-License-Identifier: MIT */
/* Where libgpuspy.so is in this process. */
#ifndef GPUSPY_TESTS_HOOKS_LIBRARY_H
#define GPUSPY_TESTS_HOOKS_LIBRARY_H

#include <stdbool.h>
#include <stdint.h>

struct library {
	uintptr_t low, high; /* from what its offsets are counted from to the end of its code */
};

/* Is it loaded? */
bool library_find(struct library *library);

#endif
