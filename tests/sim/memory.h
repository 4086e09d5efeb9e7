/* SPDX-License-Identifier: MIT */
/* Memory of the simulated devices: host memory, known by its address. */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include "state.h"

enum memory_type {
	MEMORY_DEVICE,
	MEMORY_MANAGED,
	MEMORY_POOL,
	MEMORY_MAPPED,     /* a piece of an allocation of cuMemCreate */
	MEMORY_IPC,        /* another process's */
	MEMORY_GLOBAL,     /* a variable of a module: part of its code, not counted */
	MEMORY_GRAPH,      /* of a graph's allocation node, which each launch uses again */
	MEMORY_HOST,       /* pinned */
	MEMORY_REGISTERED, /* pinned, the program's own */
};

struct memory {
	cu_pointer start;
	size_t bytes;
	enum memory_type type;
	struct device *device;
	struct context *context; /* NULL: outlives contexts */
	struct pool *pool;
	struct allocation *allocation; /* of MEMORY_MAPPED */
	uint64_t id;
	unsigned flags; /* of host memory */
	int shared;     /* file descriptor once an IPC handle was asked for, else -1 */
	struct memory *next, *previous;
};

struct allocation { /* cuMemCreate */
	struct object object;
	struct device *device; /* NULL: host */
	struct cu_allocation_properties properties;
	size_t bytes;
	int file;
	unsigned handles, maps; /* it is gone when both are 0 */
	bool imported;          /* another process's: not counted */
};

struct array_memory {
	struct object object;
	struct device *device;
	struct context *context;
	struct cu_array_3d description;
	size_t pitch, rows, bytes; /* bytes of a row, rows of a layer, all */
	char *data;
	struct mipmap *mipmap; /* NULL: on its own */
};

struct mipmap {
	struct object object;
	struct array_memory *levels[16];
	unsigned count;
	struct cu_array_3d description;
};

struct memory *memory_find(cu_pointer address); /* that it lies in; NULL: none */
bool memory_covers(cu_pointer address, size_t bytes);

/* New memory of a device, counted; OUT_OF_MEMORY beyond SIM_MEMORY. */
enum cu_status memory_new(
	struct device *device, size_t bytes, enum memory_type type, struct memory **memory);
/* Enter, leave a range in the table; no counting. */
struct memory *memory_enter(void *start, size_t bytes, enum memory_type type);
void memory_leave(struct memory *memory);
/* Give memory back. By a call that frees, or because its context ended. */
void memory_free(struct memory *memory, bool by_call);
void memory_context_ended(struct context *context);
void array_context_ended(struct context *context);
struct memory *memory_first(void);

/* Count device memory taken, or given back (bytes < 0), by a call that does so and nothing else. */
void memory_account(struct device *device, int64_t bytes, bool by_call);
void memory_count(const char *total); /* such a call */

#endif
