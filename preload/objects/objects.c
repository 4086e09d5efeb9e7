/* SPDX-License-Identifier: MIT */
#include "objects.h"

#include <string.h>
#include <sys/mman.h>

#include "../cuda/layers.h"
#include "../ground/arena.h"
#include "../ground/hash.h"
#include "../ground/large.h"
#include "../ground/lock.h"
#include "../segment/gaps.h"
#include "addresses.h"
#include "functions.h"
#include "image.h"

static struct object *unused; /* linked by `next` */
/* During a look: those that are met once more, in their order, linked too. */
static struct object *again, **again_end = &again;
static unsigned n_stay; /* the first of `all`: they came with the program, and do not go */
static struct arena arena;

/* Small programs are the most, and for them there is no system call. */
LARGE static struct object first[FEW];
static struct object *first_room[FEW];
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
LARGE static struct seen first_seen[FEW];
static struct seen *seen = first_seen; /* [place in `all`] */
static unsigned seen_room = FEW;
static unsigned n_old; /* before this place in `all` none is fresh */
static unsigned n_awaited;
static bool met_first;

static struct object_list all = { .at = first_room, .room = FEW };

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
	struct seen *grown = list_room(seen, all.n, &seen_room, sizeof(*seen));

	if (!grown)
		return false;
	seen = grown;
	seen[all.n] = (struct seen){ map, object->image.base, object->image.dynamic,
		object->kind == OBJECT_NVIDIA ? name_of(map) : 0 };
	return list_push(&all, object);
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

static void classify(struct object *object, const struct link_map *map)
{
	object->path = map->l_name ? map->l_name : "";
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
	object->fresh = true;
	object->first = !met_first;
	image_read(&object->image, map);
	classify(object, map);
	return object;
}

static bool is_as_read(const struct object *object, struct elf_image *now)
{
	memset(now, 0, sizeof(*now));
	image_read(now, object->map);
	return !memcmp(now, &object->image, sizeof(*now));
}

/* Others find it by its address all the while, so it is taken out before it is changed. */
bool objects_reread(struct object *object)
{
	struct elf_image now;

	if (is_as_read(object, &now))
		return false;
	addresses_leave(object);
	object->image = now;
	object->looked_for_ret = false;
	classify(object, object->map);
	if (!addresses_enter(object))
		gap(GAP_OBJECTS);
	return true;
}

/* The one that was in this very place, among those that are met once more; NULL: there was none. */
static struct object *find_again(const struct link_map *map)
{
	struct object *object = again;

	while (object && object->map != map)
		object = object->next;
	return object;
}

/*
 * One that is the same in all that was read of it stays what it was: another thread may be about to
 * look at it, as dlsym does at its caller.
 */
static bool stays(struct object *object, const struct link_map *map)
{
	struct object **at = &again;
	struct elf_image now;

	if (object->path != map->l_name || !is_as_read(object, &now))
		return false;
	while (*at != object)
		at = &(*at)->next;
	*at = object->next;
	if (!*at)
		again_end = at;
	object->fresh = true;
	object->met = object->settled = false;
	return true;
}

/*
 * Who has told of itself will not again, unless it is another one by then: taken for one that has
 * yet to tell, it would hide that one. (The calls of a plugin that was closed and opened again,
 * while others were, went uncounted.)
 */
static void add(const struct link_map *map)
{
	struct object *before = find_again(map), *object;
	bool has_told = before && before->told, known = before && stays(before, map);

	object = known ? before : make(map);
	loader_came(map);
	if (!object || !push_seen(object, map) || (!known && !addresses_enter(object))) {
		gap(GAP_OBJECTS);
		return;
	}
	object->told = has_told;
}

static void withdraw(struct object *object)
{
	addresses_leave(object);
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

/* Where it still lies, or its like in its very place, among those from `map` on. */
static const struct link_map *still_at(const struct seen *one, const struct link_map *map)
{
	while (map && !is_same(one, map))
		map = map->l_next;
	return map;
}

static void meet_again(struct object *object)
{
	object->next = NULL;
	*again_end = object;
	again_end = &object->next;
}

/*
 * From this place on, all are forgotten, and met anew where they are among the loader's from `map`
 * on, in whatever order: one may have been closed, and have come to its place again behind others.
 * Other threads find all that is met anew meanwhile: dlsym takes a caller that it does not know for
 * one of the program's.
 */
static void forget_rest(
	unsigned next, const struct link_map *map, void (*gone)(const struct object *object))
{
	const struct link_map *near = map, *at; /* behind the one before */

	for (; next < all.n; next++) {
		struct object *object = all.at[next];

		object->told &= seen[next].map != NULL;
		seen[next].map = object->map;
		at = still_at(&seen[next], near);
		if (!at)
			at = still_at(&seen[next], map);
		if (object->kind == OBJECT_NVIDIA)
			gone(object);
		if (!at) {
			withdraw(object);
			continue;
		}
		near = at->l_next;
		meet_again(object);
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
	/* The program itself stays in any case. */
	for (unsigned i = n_stay ? n_stay : 1; objects_nvidia()->n && i < all.n; i++)
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
	unsigned known;

	if (closed)
		suspect_the_silent();
	map = compare(gone);
	known = all.n;
	for (; map; map = map->l_next)
		add(map);
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

void objects_met_first(bool stay)
{
	met_first = true;
	if (stay)
		__atomic_store_n(&n_stay, all.n, __ATOMIC_RELEASE);
}

static void await(struct object *object, bool awaited)
{
	if (object->awaited != awaited)
		__atomic_store_n(
			&n_awaited, awaited ? n_awaited + 1 : n_awaited - 1, __ATOMIC_RELAXED);
	object->awaited = awaited;
}

void objects_await(struct object *object)
{
	if (!object->first && !object->told && object->kind == OBJECT_OTHER)
		await(object, true);
}

bool objects_some_awaited(void)
{
	return __atomic_load_n(&n_awaited, __ATOMIC_RELAXED) != 0;
}

/* Its _init runs, under ld.so's load lock as whoever looks. */
static void tell(struct object *object)
{
	object->told = true;
	await(object, false);
}

void objects_were_there(void)
{
	for (unsigned i = 0; i < all.n; i++)
		all.at[i]->told = elf_refers_to(&all.at[i]->image, "__gmon_start__");
}

/*
 * None can have taken the place of what came with the program. It is asked without a lock: most
 * programs take none, and the first would mark the page that a fork wipes. The first room is never
 * given back.
 */
static bool stays_settled(uintptr_t address)
{
	unsigned n = __atomic_load_n(&n_stay, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < n && i < FEW; i++)
		if (range_has(&first_room[i]->image.all, address))
			return first_room[i]->settled;
	return false;
}

bool objects_begin(uintptr_t address)
{
	struct object *object;
	bool look;

	if (stays_settled(address))
		return false;
	lock_take(LOCK_OBJECTS);
	object = addresses_find(address);
	look = !object || object->told || !object->settled;
	if (object && object->told)
		replace(object);
	if (!look)
		tell(object);
	lock_give(LOCK_OBJECTS);
	return look;
}

void objects_begun(uintptr_t address)
{
	struct object *object;

	lock_take(LOCK_OBJECTS);
	object = addresses_find(address);
	if (object)
		tell(object);
	lock_give(LOCK_OBJECTS);
}
