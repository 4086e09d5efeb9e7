/* SPDX-License-Identifier: MIT */
/*
 * The names in a folder, read without malloc: at the end of a process its allocator may be in the
 * middle of something.
 */
#ifndef GPUSPY_LOADER_FOLDER_H
#define GPUSPY_LOADER_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct loader_folder {
	int fd;
	size_t at, size; /* in the buffer */
	_Alignas(8) char buffer[2048];
};

/* False: it is none, or cannot be read. */
bool loader_folder_open(struct loader_folder *folder, const char *path);

/* The next name, "." and ".." left out; NULL: there are no more. It lives until the next call. */
const char *loader_folder_next(struct loader_folder *folder);

void loader_folder_close(struct loader_folder *folder);

#endif
