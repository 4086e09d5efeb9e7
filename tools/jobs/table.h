/* SPDX-License-Identifier: MIT */
/*
 * Where each of the things of an array stands, by name.
 */
#ifndef GPUSPY_JOBS_TABLE_H
#define GPUSPY_JOBS_TABLE_H

#include <stddef.h>

struct table {
	/* The name of the thing of that number in the array. */
	const char *(*name)(const void *owner, unsigned i);
	const void *owner;
	unsigned *places; /* numbers and one more, 0: free; by the sum of the name */
	size_t size;      /* a power of two */
	unsigned used;
};

enum { TABLE_NONE = -1 };

/* Its number, or TABLE_NONE. */
long table_find(const struct table *table, const char *name);

/* What has the next number, and stands in the array already, is new. -1: no memory. */
int table_add(struct table *table);

void table_free(struct table *table);

#endif
