/* SPDX-License-Identifier: MIT */
/*
 * Paths and names.
 */
#ifndef GPUSPY_GROUND_PATH_H
#define GPUSPY_GROUND_PATH_H

#include <stdbool.h>
#include <stddef.h>

struct stat;

/* The file name: what follows the last slash, the path itself where there is none. */
const char *path_file(const char *path);

/* Is it the path of that very file or folder? */
bool path_leads_to(const char *path, const struct stat *file);

/*
 * What follows `start` in a text that begins with it, else NULL. Tables of names are searched at
 * each dlopen: most differ in a letter or two, which is sooner seen than strncmp(3) called.
 */
static inline const char *after_start(const char *text, const char *start)
{
	for (; *start; text++, start++)
		if (*text != *start)
			return NULL;
	return text;
}

#endif
