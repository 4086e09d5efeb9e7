/* SPDX-License-Identifier: MIT */
#include "sort.h"

#include "arena.h"

#include <string.h>

/* Merges the runs [low, middle) and [middle, high) of `from` into `to`. */
static void merge_runs(
	char *to, const char *from, const size_t bounds[3], size_t size, compare_function *compare)
{
	size_t left = bounds[0], right = bounds[1];

	for (size_t i = bounds[0]; i < bounds[2]; i++) {
		size_t *next = &left;

		if (left == bounds[1] ||
			(right < bounds[2] && compare(from + left * size, from + right * size) > 0))
			next = &right;
		memcpy(to + i * size, from + *next * size, size);
		++*next;
	}
}

int sort_array(void *array, size_t count, size_t size, compare_function *compare)
{
	struct arena scratch = { 0 };
	char *from = array, *to, *other;

	if (count < 2)
		return 0;
	other = to = arena_take(&scratch, count * size);
	if (!to)
		return -1;
	for (size_t run = 1; run < count; run *= 2) {
		char *swapped = from;

		for (size_t low = 0; low < count; low += 2 * run) {
			size_t middle = low + run < count ? low + run : count;
			size_t high = low + 2 * run < count ? low + 2 * run : count;

			merge_runs(to, from, (size_t[]){ low, middle, high }, size, compare);
		}
		from = to;
		to = swapped;
	}
	if (from == other)
		memcpy(array, from, count * size);
	arena_free(&scratch);
	return 0;
}

int fold_array(void *array, unsigned *count, size_t size, compare_function *compare,
	void (*add)(void *to, const void *from))
{
	char *at = array;
	unsigned kept = 0;

	if (sort_array(array, *count, size, compare))
		return -1;
	for (unsigned i = 0; i < *count; i++) {
		if (kept && compare(at + (kept - 1) * size, at + i * size) == 0)
			add(at + (kept - 1) * size, at + i * size);
		else
			memmove(at + kept++ * size, at + i * size, size);
	}
	*count = kept;
	return 0;
}
