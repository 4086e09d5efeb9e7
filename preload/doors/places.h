/* SPDX-License-Identifier: MIT */
/*
 * Places of an object that hold the address of a function: relocation slots and words of its data.
 * They are written where the loader keeps them from being written, too, and where it has copied
 * them already.
 */
#ifndef GPUSPY_DOORS_PLACES_H
#define GPUSPY_DOORS_PLACES_H

#include "../objects/objects.h"

/* An object's RELRO part is opened at the first place in it, and closed at the end. */
enum relro { RELRO_UNKNOWN, RELRO_OPENED, RELRO_WAS_OPEN, RELRO_REFUSED };

struct places {
	const struct object *object;
	enum relro relro;
	uintptr_t page; /* of a place, known to be writable */
};

void places_begin(struct places *places, const struct object *object);
void places_end(struct places *places);

/*
 * The program may bind or write the place at the same time: only what was seen is replaced. What
 * could not be written is a gap. `target`: the function that a call by this place reaches.
 */
void places_put(struct places *places, void **place, void *seen, void *target, void *hook);

/* A place that leads to `target` and is not watched. */
void places_missed(void *target);

#endif
