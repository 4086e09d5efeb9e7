/* SPDX-License-Identifier: MIT */
/*
 * What was asked of dlopen, each name once.
 *
 * The door of dlopen ends in a jump and does not see the result; what became of a name is found out
 * at the end of the process (loading.h), with who asked for it.
 */
#ifndef GPUSPY_DOORS_ASKED_H
#define GPUSPY_DOORS_ASKED_H

#include <stdbool.h>
#include <stdint.h>

#include "../objects/objects.h"

struct asked {
	const char *name;
	const char *asker; /* path of the object that asked first, "": the program, or unknown */
	uint64_t hash;     /* of the name */
	bool nvidia;       /* by its name */
	bool came;         /* seen loaded */
};

/* A call of dlopen begins. True: its name is known already. Takes no lock. */
bool asked_again(const char *name);

/* Else; `caller` may be NULL. */
void asked_note(const char *name, const struct object *caller);

/* The object was loaded: by whatever of its names it was asked for. */
void asked_came(const struct object *object);

/* Calls `look` for each name of this process that did not come, and for all of NVIDIA's. */
void asked_each(void (*look)(const struct asked *asked));

/* Is there such a name? Asks the kernel for nothing. */
bool asked_waits(void);

#endif
