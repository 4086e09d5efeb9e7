/* SPDX-License-Identifier: MIT */
/*
 * The entries of a folder, without malloc, which opendir() would call.
 */
#ifndef GPUSPY_GROUND_ENTRIES_H
#define GPUSPY_GROUND_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * For each entry but . and .., until `visit` says true. `buffer`: room for a few of them. -1 with
 * errno: they cannot be read to the end.
 */
int entries_each(int folder, char *buffer, size_t size,
	bool (*visit)(void *context, const char *name), void *context);

#endif
