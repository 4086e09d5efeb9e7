/* SPDX-License-Identifier: MIT */
/*
 * The objects that are loaded in the program's own namespace, as the last look at the loader's list
 * saw them.
 *
 * The list is walked under ld.so's load lock only, and asks for none of its other locks: a forked
 * child may find dl_iterate_phdr(3)'s taken for ever. What came and went is told from the order of
 * the list, to whose end all that is new is added.
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

/* What calls that lead nowhere yet could reach, once that is global for the loader: slots.c. */
enum dangling {
	DANGLING_NOT,
	DANGLING_ABOVE, /* a library above the driver */
	DANGLING_DRIVER,
};

struct object {
	const struct link_map *map; /* while it is loaded */
	struct elf_image image;
	enum object_kind kind;
	int layer;    /* of OBJECT_NVIDIA: enum segment_layer, LAYERS: not counted */
	bool fresh;   /* its slots are to be looked at */
	bool met;     /* doors.c has heard of it */
	bool settled; /* looked at since it is relocated */
	bool told;    /* its _init has run */
	bool first;   /* the first look has met it: at the program's start, before other threads */
	bool awaited; /* it calls the driver, and is to tell before it does: objects_await() */
	enum dangling dangles;
	bool looked_for_ret;
	const void *ret;     /* object_return() */
	const char *path;    /* the loader's own: "" for the program itself */
	struct object *next; /* of those that objects.c keeps apart */
};

struct object_list {
	struct object **at;
	unsigned n, room;
};

/* How a look came about. */
enum look {
	LOOK_INIT,  /* an object is about to run its constructors: it and its group are relocated */
	LOOK_OTHER, /* perhaps in the middle of a dlopen: nothing is settled by it */
};

enum {
	FOUND_FRESH = 1 << 0, /* some are fresh */
	FOUND_NEW = 1 << 1,   /* some were not there at the look before */
};

/*
 * Walks the list. Under ld.so's load lock, which makes it one at a time. `closed`: some were closed
 * since the look before. `gone` is called for NVIDIA's libraries that are not there any more.
 */
unsigned objects_look(enum look look, bool closed, void (*gone)(const struct object *object));

/* For the one who looks: all of them in the loader's order, and NVIDIA's. */
const struct object_list *objects_all(void);
const struct object_list *objects_nvidia(void);

/*
 * The first look is over. `stay`: it was at the program's start: so did all these come, and none
 * will go.
 */
void objects_met_first(bool stay);

/* After the first look of one that came late: those that tell of themselves have done so. */
void objects_were_there(void);

/*
 * For the one who looks: another one may stand in an object's very place, and have yet to tell.
 * True: so it was, and that one was read.
 */
bool objects_reread(struct object *object);

/* After a look: none before this place in objects_all() is fresh. */
unsigned objects_old(void);

/*
 * An object's _init calls, from an address in it. False: it was looked at, and nothing else can
 * have come with it; true: objects_look() is called for.
 */
bool objects_begin(uintptr_t address);

/* After that look: it has told of itself. */
void objects_begun(uintptr_t address);

/*
 * For the one who looks: an object that came later than the driver calls it. One without an _init
 * that tells (ld's -init, -nostartfiles) may have called before anybody looked at it. Have some not
 * told by now?
 */
void objects_await(struct object *object);
bool objects_some_awaited(void);

/*
 * The object that contains the address; NULL: none. What it points to is good as long as it is
 * loaded: its own code calls, or a function in it was just found.
 */
const struct object *objects_find(uintptr_t address);

/* NVIDIA's first object of a layer, NULL: none. */
const struct object *objects_find_layer(int layer);

/* A return in its code, for arch_call_from(); NULL: none. */
const void *object_return(const struct object *object);

/* The program itself. */
const struct object *objects_program(void);

#endif
