/* SPDX-License-Identifier: MIT */
#include "addresses.h"

#include <string.h>
#include <sys/mman.h>

#include "../ground/large.h"
#include "../ground/lock.h"

LARGE static struct object *first_rooms[2][FEW];
static struct object_list by_address = { .at = first_rooms[0], .room = FEW };
static struct object_list nvidia = { .at = first_rooms[1], .room = FEW };

void *list_room(void *at, unsigned n, unsigned *room, size_t size)
{
	unsigned more = *room > FEW ? 2 * *room : 512;
	void *grown;

	if (n < *room)
		return at;
	grown = mmap(NULL, more * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (grown == MAP_FAILED)
		return NULL;
	memcpy(grown, at, n * size);
	if (*room > FEW)
		munmap(at, *room * size);
	*room = more;
	return grown;
}

bool list_push(struct object_list *list, struct object *object)
{
	struct object **at = list_room(list->at, list->n, &list->room, sizeof(*at));

	if (!at)
		return false;
	list->at = at;
	list->at[list->n++] = object;
	return true;
}

static void take_out(struct object_list *list, unsigned place)
{
	memmove(list->at + place, list->at + place + 1, (--list->n - place) * sizeof(*list->at));
}

/* The number of objects that begin at the address or below. */
static unsigned place_of(uintptr_t address)
{
	unsigned low = 0, high = by_address.n;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (by_address.at[middle]->image.all.low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool enter_address(struct object *object)
{
	unsigned place = place_of(object->image.all.low);
	bool done;

	lock_take(LOCK_OBJECTS);
	done = list_push(&by_address, object);
	if (done) {
		memmove(by_address.at + place + 1, by_address.at + place,
			(by_address.n - 1 - place) * sizeof(*by_address.at));
		by_address.at[place] = object;
	}
	lock_give(LOCK_OBJECTS);
	return done;
}

/* Others may begin at the same address: one that came in its place before it was seen to go. */
static void forget_address(const struct object *object)
{
	for (unsigned i = place_of(object->image.all.low); i--;)
		if (by_address.at[i] == object) {
			take_out(&by_address, i);
			return;
		}
}

struct object *addresses_find(uintptr_t address)
{
	unsigned place = place_of(address);

	if (!place || !range_has(&by_address.at[place - 1]->image.all, address))
		return NULL;
	return by_address.at[place - 1];
}

const struct object *objects_find(uintptr_t address)
{
	const struct object *found;

	lock_take(LOCK_OBJECTS);
	found = addresses_find(address);
	lock_give(LOCK_OBJECTS);
	return found;
}

const struct object *objects_find_layer(int layer)
{
	const struct object *found = NULL;

	lock_take(LOCK_OBJECTS);
	for (unsigned i = 0; i < nvidia.n && !found; i++)
		if (nvidia.at[i]->layer == layer)
			found = nvidia.at[i];
	lock_give(LOCK_OBJECTS);
	return found;
}

const struct object_list *objects_nvidia(void)
{
	return &nvidia;
}

static bool enter_nvidia(struct object *object)
{
	bool done;

	lock_take(LOCK_OBJECTS);
	done = list_push(&nvidia, object);
	lock_give(LOCK_OBJECTS);
	return done;
}

bool addresses_enter(struct object *object)
{
	return enter_address(object) && (object->kind != OBJECT_NVIDIA || enter_nvidia(object));
}

void addresses_leave(const struct object *object)
{
	lock_take(LOCK_OBJECTS);
	forget_address(object);
	for (unsigned i = nvidia.n; i--;)
		if (nvidia.at[i] == object)
			take_out(&nvidia, i);
	lock_give(LOCK_OBJECTS);
}
