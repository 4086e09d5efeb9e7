/* SPDX-License-Identifier: MIT */
/*
 * Sorting without malloc (glibc's qsort may call it).
 */
#ifndef GPUSPY_GROUND_SORT_H
#define GPUSPY_GROUND_SORT_H

#include <stddef.h>

typedef int compare_function(const void *a, const void *b);

/* Stable. -1: no memory, then nothing was moved. */
int sort_array(void *array, size_t count, size_t size, compare_function *compare);

/*
 * Sorts, and makes one element of all that compare equal: `add` adds the second to the first. Sets
 * the new count.
 */
int fold_array(void *array, unsigned *count, size_t size, compare_function *compare,
	void (*add)(void *to, const void *from));

#endif
