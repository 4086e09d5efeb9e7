/* SPDX-License-Identifier: MIT */
/*
 * Which object is where: for those who look an address up, in any thread, while another one looks
 * at what is loaded (objects.h). What they read is changed under LOCK_OBJECTS, by the one who
 * looks.
 */
#ifndef GPUSPY_OBJECTS_ADDRESSES_H
#define GPUSPY_OBJECTS_ADDRESSES_H

#include <stddef.h>

#include "objects.h"

/* Small programs are the most, and for them there is no system call: each list begins with room for
 * so many that is there already. */
enum { FEW = 32 };

/* Room for one more; `at` has n of `room` entries. NULL: no memory. */
void *list_room(void *at, unsigned n, unsigned *room, size_t size);
bool list_push(struct object_list *list, struct object *object);

/* False: no memory, and it may not be found. */
bool addresses_enter(struct object *object);
void addresses_leave(const struct object *object);

/* With LOCK_OBJECTS taken. */
struct object *addresses_find(uintptr_t address);

#endif
