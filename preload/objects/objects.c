/* SPDX-License-Identifier: MIT */
#include "objects.h"

#include <string.h>
#include <sys/mman.h>

#include "../cuda/layers.h"
#include "../ground/arena.h"
#include "../ground/hash.h"
#include "../ground/lock.h"
#include "../segment/gaps.h"
#include "functions.h"
#include "image.h"

static struct object *unused; /* linked by `next` */
/* During a look: those that are met once more, in their order, linked too. */
static struct object *again, **again_end = &again;
static unsigned n_stay = 1; /* the first of `all`: they came with the program, and do not go */
static struct arena arena;

/* Small programs are the most, and for them there is no system call. */
enum { FEW = 32 };
static struct object first[FEW];
static struct object *first_rooms[3][FEW];
static unsigned n_first;

/*
 * What a look compares with the loader's list, close together: among 300 objects, to touch each of
 * them made dlopen and dlclose a tenth slower.
 */
struct seen {
	const struct link_map *map; /* NULL: another one stands in its place */
	uintptr_t base;
	const ElfW(Dyn) * dynamic;
	uint64_t name; /* of NVIDIA's, name_of(); else 0 */
};
static struct seen first_seen[FEW];
static struct seen *seen = first_seen; /* [place in `all`] */
static unsigned seen_room = FEW;
static unsigned n_old; /* before this place in `all` none is fresh */

/* During a look: those that are met once more and have told of themselves already. */
static const struct link_map *first_told[FEW];
static const struct link_map **told = first_told;
static unsigned n_told, told_room = FEW;

/*
 * The lists belong to who looks. LOCK_OBJECTS is for those who look addresses up meanwhile: they
 * read `by_address` alone.
 */
static struct object_list all = { .at = first_rooms[0], .room = FEW };
static struct object_list by_address = { .at = first_rooms[1], .room = FEW };
static struct object_list nvidia = { .at = first_rooms[2], .room = FEW };

/* Room for one more; `at` has n of `room` entries. NULL: no memory. */
static void *with_room(void *at, unsigned n, unsigned *room, size_t size)
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

static bool push(struct object_list *list, struct object *object)
{
	struct object **at = with_room(list->at, list->n, &list->room, sizeof(*at));

	if (!at)
		return false;
	list->at = at;
	list->at[list->n++] = object;
	return true;
}

/*
 * Of two libraries that are built alike one may come to the very place of the other, with its link
 * map there too; and before its _init has run, another thread may look.
 */
static uint64_t name_of(const struct link_map *map)
{
	return map->l_name ? hash_text(map->l_name) : HASH_EMPTY;
}

static bool push_seen(struct object *object, const struct link_map *map)
{
	struct seen *grown = with_room(seen, all.n, &seen_room, sizeof(*seen));

	if (!grown)
		return false;
	seen = grown;
	seen[all.n] = (struct seen){ map, object->image.base, object->image.dynamic,
		object->kind == OBJECT_NVIDIA ? name_of(map) : 0 };
	return push(&all, object);
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
	done = push(&by_address, object);
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

static struct object *find(uintptr_t address)
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
	found = find(address);
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

const struct object *objects_program(void)
{
	const struct object *program;

	lock_take(LOCK_OBJECTS);
	program = all.n ? all.at[0] : NULL;
	lock_give(LOCK_OBJECTS);
	return program;
}

/* Looked for when it is needed: it costs a page of code, and most objects never ask. */
const void *object_return(const struct object *object)
{
	struct object *known = (struct object *)(uintptr_t)object;

	if (!__atomic_load_n(&known->looked_for_ret, __ATOMIC_ACQUIRE)) {
		known->ret = elf_return_instruction(&object->image);
		__atomic_store_n(&known->looked_for_ret, true, __ATOMIC_RELEASE);
	}
	return object->ret;
}

const struct object_list *objects_all(void)
{
	return &all;
}

const struct object_list *objects_nvidia(void)
{
	return &nvidia;
}

/* The version definition's base name survives the renaming of wheels; then the SONAME, the file. */
static int layer_of(const struct object *object)
{
	const char *base = elf_version_base(&object->image);
	int layer = base ? layer_of_library(base) : LAYER_NONE;

	if (layer != LAYER_NONE)
		return layer;
	return layer_of_library(object->image.soname ? object->image.soname : object->path);
}

static bool is_system(const struct object *object)
{
	const char *soname = object->image.soname;

	if (object->map == loader_self || !object->image.symbols || !object->image.strings)
		return true;
	return soname && (!strncmp(soname, "ld-linux", 8) || !strncmp(soname, "linux-vdso", 10) ||
				 !strcmp(soname, "libc.so.6"));
}

static void classify(struct object *object)
{
	object->layer = LAYER_NONE;
	if (is_system(object)) {
		object->kind = OBJECT_SYSTEM;
	} else {
		object->layer = layer_of(object);
		object->kind = object->layer == LAYER_NONE ? OBJECT_OTHER : OBJECT_NVIDIA;
	}
}

static struct object *make(const struct link_map *map)
{
	struct object *object = unused          ? unused
				: n_first < FEW ? &first[n_first++]
						: arena_take(&arena, sizeof(*object));

	if (!object)
		return NULL;
	if (unused)
		unused = unused->next;
	memset(object, 0, sizeof(*object));
	object->map = map;
	object->path = map->l_name ? map->l_name : "";
	object->fresh = true;
	image_read(&object->image, map);
	classify(object);
	return object;
}

static bool is_as_read(const struct object *object, struct elf_image *now)
{
	memset(now, 0, sizeof(*now));
	image_read(now, object->map);
	return !memcmp(now, &object->image, sizeof(*now));
}

bool objects_is_another(struct object *object)
{
	struct elf_image now;

	if (is_as_read(object, &now))
		return false;
	object->image = now;
	object->looked_for_ret = false;
	return true;
}

/*
 * One that was in this very place, and is the same in all that was read of it, stays what it was:
 * another thread may be about to look at it, as dlsym does at its caller. NULL: there is none.
 */
static struct object *met_again(const struct link_map *map)
{
	struct object **at = &again, *object;
	struct elf_image now;

	while (*at && (*at)->map != map)
		at = &(*at)->next;
	object = *at;
	if (!object || object->path != map->l_name || !is_as_read(object, &now))
		return NULL;
	*at = object->next;
	if (!*at)
		again_end = at;
	object->fresh = true;
	object->met = object->settled = false;
	return object;
}

static bool enter(struct object *object)
{
	bool done = enter_address(object);

	if (!done || object->kind != OBJECT_NVIDIA)
		return done;
	lock_take(LOCK_OBJECTS);
	done = push(&nvidia, object);
	lock_give(LOCK_OBJECTS);
	return done;
}

static void add(const struct link_map *map, bool has_told)
{
	struct object *known = met_again(map), *object = known ? known : make(map);

	loader_came(map);
	if (!object || !push_seen(object, map) || (!known && !enter(object))) {
		gap(GAP_OBJECTS);
		return;
	}
	object->told = has_told;
}

static void withdraw(struct object *object)
{
	lock_take(LOCK_OBJECTS);
	forget_address(object);
	for (unsigned i = nvidia.n; i--;)
		if (nvidia.at[i] == object)
			take_out(&nvidia, i);
	lock_give(LOCK_OBJECTS);
	object->next = unused;
	unused = object;
}

static void forget(struct object *object, void (*gone)(const struct object *object))
{
	if (object->kind == OBJECT_NVIDIA)
		gone(object);
	withdraw(object);
}

static bool is_same(const struct seen *one, const struct link_map *map)
{
	return one->map == map && one->base == map->l_addr && one->dynamic == map->l_ld &&
	       (!one->name || one->name == name_of(map));
}

/* How many stand where they stood, from the first on; `map` is what follows them. */
static unsigned count_same(const struct link_map **map)
{
	const struct link_map *next = loader_list->r_map;
	unsigned n = 0;

	for (; n < all.n && next && is_same(&seen[n], next); n++)
		next = next->l_next;
	*map = next;
	return n;
}

static void note_told(const struct link_map *map)
{
	const struct link_map **room = with_room(told, n_told, &told_room, sizeof(*told));

	if (!room) {
		gap(GAP_OBJECTS);
		return;
	}
	told = room;
	told[n_told++] = map;
}

/* Where it still lies, or its like in its very place, among those from `map` on. */
static const struct link_map *still_at(const struct seen *one, const struct link_map *map)
{
	while (map && !is_same(one, map))
		map = map->l_next;
	return map;
}

/*
 * From this place on, all are forgotten, and met anew where they are among the loader's from `map`
 * on. Who has told of itself will not again, unless it is another one by then: taken for one that
 * has yet to tell, it would hide that one. (The calls of a plugin that was closed and opened again,
 * while others were, went uncounted.) Other threads find all that is met anew meanwhile: dlsym
 * takes a caller that it does not know for one of the program's.
 */
static void forget_rest(
	unsigned next, const struct link_map *map, void (*gone)(const struct object *object))
{
	const struct link_map *near = map; /* where the one before was */

	n_told = 0;
	for (; next < all.n; next++) {
		struct object *object = all.at[next];
		bool known = seen[next].map;
		const struct link_map *at;

		seen[next].map = object->map;
		at = still_at(&seen[next], near);
		if (!at && near != map)
			at = still_at(&seen[next], map);
		if (object->kind == OBJECT_NVIDIA)
			gone(object);
		if (!at) {
			withdraw(object);
			continue;
		}
		near = at->l_next;
		object->next = NULL;
		*again_end = object;
		again_end = &object->next;
		if (object->told && known) {
			note_told(at);
			map = at->l_next;
		}
	}
}

/* Others stand where they stood. */
static void withdraw_the_rest(void)
{
	for (struct object *next, *object = again; object; object = next) {
		next = object->next;
		withdraw(object);
	}
	again = NULL;
	again_end = &again;
}

/*
 * Both lists are in the order of loading: who is missing in the loader's has gone, and what is not
 * in ours is new, as is all that follows. Returns the first new one.
 */
static const struct link_map *compare(void (*gone)(const struct object *object))
{
	const struct link_map *map;
	unsigned kept = count_same(&map), next = kept;

	if (n_old > kept)
		n_old = kept;
	for (; map && next < all.n; map = map->l_next) {
		unsigned found = next;

		while (found < all.n && !is_same(&seen[found], map))
			found++;
		if (found == all.n)
			break;
		while (next < found)
			forget(all.at[next++], gone);
		seen[kept] = seen[next];
		all.at[kept++] = all.at[next++];
	}
	forget_rest(next, map, gone);
	all.n = kept;
	return map;
}

/*
 * What tells of nothing may be another one at the same place. Where there is no library of NVIDIA's
 * it has no slot that would matter.
 */
static void suspect_the_silent(void)
{
	for (unsigned i = n_stay; nvidia.n && i < all.n; i++)
		if (!all.at[i]->told && all.at[i]->kind != OBJECT_SYSTEM)
			seen[i].map = NULL;
}

/* What is settled is fresh no more. Returns whether some are fresh. */
static bool settle(enum look look)
{
	unsigned i = n_old;
	bool fresh = false;

	for (n_old = all.n; i < all.n; i++) {
		struct object *object = all.at[i];

		object->fresh = !object->settled;
		if (!object->fresh)
			continue;
		if (!fresh)
			n_old = i;
		fresh = true;
		if (look == LOOK_INIT)
			object->settled = elf_is_relocated(&object->image);
	}
	return fresh;
}

unsigned objects_look(enum look look, bool closed, void (*gone)(const struct object *object))
{
	const struct link_map *map;
	unsigned known, turn = 0;

	if (closed)
		suspect_the_silent();
	map = compare(gone);
	known = all.n;
	for (; map; map = map->l_next) {
		const bool has_told = turn < n_told && told[turn] == map;

		turn += has_told;
		add(map, has_told);
	}
	withdraw_the_rest();
	return (settle(look) ? FOUND_FRESH : 0) | (all.n > known ? FOUND_NEW : 0);
}

unsigned objects_old(void)
{
	return n_old;
}

/* An _init runs once: the next look finds another life of it, or another one in its place. */
static void replace(const struct object *object)
{
	for (unsigned i = all.n; i--;)
		if (all.at[i] == object) {
			seen[i].map = NULL;
			return;
		}
}

void objects_stay(void)
{
	n_stay = all.n;
}

void objects_were_there(void)
{
	for (unsigned i = 0; i < all.n; i++)
		all.at[i]->told = elf_refers_to(&all.at[i]->image, "__gmon_start__");
}

bool objects_begin(uintptr_t address)
{
	struct object *object;
	bool look;

	lock_take(LOCK_OBJECTS);
	object = find(address);
	look = !object || object->told || !object->settled;
	if (object && object->told)
		replace(object);
	if (!look)
		object->told = true;
	lock_give(LOCK_OBJECTS);
	return look;
}

void objects_begun(uintptr_t address)
{
	struct object *object;

	lock_take(LOCK_OBJECTS);
	object = find(address);
	if (object)
		object->told = true;
	lock_give(LOCK_OBJECTS);
}
