/* SPDX-License-Identifier: MIT */
/*
 * Folders of the file system, listed within a budget.
 */
#ifndef GPUSPY_TOP_DIRECTORY_H
#define GPUSPY_TOP_DIRECTORY_H

#include <sys/stat.h>

#include "budget.h"

/* A folder, not a link to one: a descriptor, or -1. */
int directory_open(int directory, const char *name, struct stat *st);

bool directory_changed(const struct stat *st, struct timespec *before, bool *listed);

/* Calls `entry` for each name, as long as there is time (`budget` may be NULL). false: it ran out.
 */
typedef void directory_entry(void *context, int directory, const char *name);
bool directory_list(
	int directory, const struct budget *budget, directory_entry *entry, void *context);

void *directory_grow(void **array, unsigned count, size_t size);

#endif
