/*
 * A table from 64-bit keys (handles, addresses) to 64-bit values, in memory from mmap. It grows as
 * needed. The caller locks.
 */
#ifndef GPUSPY_OBSERVERS_HANDLES_H
#define GPUSPY_OBSERVERS_HANDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct handle_entry {
	uint64_t key; /* 0: free; keys are never 0 */
	uint64_t a, b, c;
};

struct handle_table {
	struct handle_entry *entries;
	size_t size, used; /* size: a power of 2, or 0 */
};

/* NULL: not there. Good until the next call of handles_put or handles_remove. */
struct handle_entry *handles_find(const struct handle_table *table, uint64_t key);

/* The entry of that key, made anew with zeros if need be; NULL: no memory. */
struct handle_entry *handles_put(struct handle_table *table, uint64_t key);

void handles_remove(struct handle_table *table, struct handle_entry *entry);

/* Removes all for which `gone` is true. */
void handles_remove_if(struct handle_table *table,
	bool (*gone)(struct handle_entry *entry, void *context), void *context);

/*
 * Empties a table that a thread of the parent may have been changing when this process was forked:
 * its memory is left where it is.
 */
void handles_forget(struct handle_table *table);

#endif
