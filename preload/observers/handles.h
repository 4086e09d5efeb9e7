/* SPDX-License-Identifier: MIT */
/*
 * A table from 64-bit keys (handles, addresses) to what is known of them, in memory from mmap. It
 * grows as needed. The caller locks.
 */
#ifndef GPUSPY_OBSERVERS_HANDLES_H
#define GPUSPY_OBSERVERS_HANDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NO_CONTEXT = UINT32_MAX };

enum kernel_handle { HANDLE_FUNCTION, HANDLE_KERNEL };

struct known_kernel {
	const char *name;   /* kept for good; NULL: the driver is to be asked */
	const void *owner;  /* the module or library that it ends with */
	uint32_t context;   /* number of the one that it ends with; NO_CONTEXT: it outlives it */
	uint16_t unloading; /* the call that may end its owner; 0: none */
	uint8_t kind;       /* enum kernel_handle */
};

struct allocation {
	uint64_t bytes;
	uint32_t context; /* number; NO_CONTEXT: outlives it */
	int16_t device;   /* -1: unknown */
	bool host;
	bool known; /* false: there is no entry */
};

/* Physical memory: it lives while it has a handle or is mapped. */
struct piece {
	uint64_t bytes;
	int device; /* -1: the host's */
	unsigned holders;
};

struct physical_handle {
	uint64_t piece;    /* its number */
	uint64_t releases; /* times that it must be released */
};

struct mapping {
	uint64_t piece, bytes;
};

struct handle_entry {
	uint64_t key; /* 0: free; keys are never 0 */
	union {
		struct known_kernel kernel;
		struct allocation memory;
		struct piece piece;
		struct physical_handle physical;
		struct mapping mapping;
		struct executable *executable;
		struct past *past; /* never NULL */
		const char *name;
		int green_device; /* that a green context is a part of */
	};
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
