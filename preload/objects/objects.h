/*
 * The objects that are loaded, as the last scan saw them.
 */
#ifndef GPUSPY_OBJECTS_OBJECTS_H
#define GPUSPY_OBJECTS_OBJECTS_H

#include <stdbool.h>

#include "elf.h"

enum object_kind {
	OBJECT_OTHER,
	OBJECT_NVIDIA,
	OBJECT_SYSTEM, /* this library, the loader, libc, the vDSO: never looked into */
};

struct object {
	struct elf_image image;
	enum object_kind kind;
	int layer;       /* of OBJECT_NVIDIA: enum segment_layer, LAYERS: not counted */
	bool fresh;      /* not there at the scan before */
	const void *ret; /* for arch_call_from(), NULL: none */
	char path[232];  /* "" for the program itself; cut */
};

struct objects {
	struct object *at;
	unsigned n, n_nvidia, n_fresh_nvidia;
	unsigned long long adds, subs; /* dlpi_adds and dlpi_subs, dl_iterate_phdr(3) */
};

/* -1: no memory. */
int objects_start(void);

/* Have objects come or gone since the last scan? */
bool objects_changed(void);

/*
 * A new table of all that is loaded; objects_publish() makes it the one that the functions below
 * look at. Under ld.so's load lock. `gone` is called for NVIDIA's libraries that went away.
 */
struct objects *objects_collect(void (*gone)(const struct object *object));
void objects_publish(void);

/* The object that contains the address, copied to `to`; false: none. */
bool objects_find(uintptr_t address, struct object *to);

/* NVIDIA's first object of a layer. */
bool objects_find_layer(int layer, struct object *to);

/* The same in a table that is being made. */
const struct object *objects_in(const struct objects *objects, uintptr_t address);

#endif
