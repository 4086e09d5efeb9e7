/* SPDX-License-Identifier: MIT */
/*
 * The files that this process has mapped so that it may run or write what is in them: what else is
 * mapped of a file does nothing. From /proc/self/maps (proc(5)).
 */
#ifndef GPUSPY_SESSION_MAPPINGS_H
#define GPUSPY_SESSION_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
	uintptr_t start;
	bool code; /* private, to be read and run, not to be written: as a loader maps code */
	const char *path; /* until `each` returns */
};

/*
 * One that may be run and written comes twice, perhaps, and one of neither kind perhaps, too.
 * `buffer`: room for a line of the file, which is a path mostly; what does not fit is the end of a
 * path, which is left out. -1 with errno: they cannot be read to the end.
 */
int mappings_each(char *buffer, size_t size, void (*each)(void *context, const struct mapping *),
	void *context);

#endif
