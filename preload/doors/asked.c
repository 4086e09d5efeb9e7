/* SPDX-License-Identifier: MIT */
#include "asked.h"

#include <string.h>

#include "../cuda/layers.h"
#include "../ground/arena.h"
#include "../ground/fork.h"
#include "../ground/hash.h"
#include "../ground/large.h"
#include "../ground/lock.h"
#include "../ground/path.h"
#include "../segment/gaps.h"
#include "libraries.h"

enum { ASKED_MAX = 1024, NVIDIA_MAX = 256, PLACES = 2 * ASKED_MAX };

/* Written under LOCK_LOADING, read without it: an entry stays, and is whole before it is here. */
LARGE static struct asked *places[PLACES];
static unsigned n_asked, n_came;
static struct arena arena;

/* The name's place, or the free one where it belongs. */
static struct asked **place_of(const char *name, uint64_t hash)
{
	for (uint64_t i = hash % PLACES;; i = (i + 1) % PLACES) {
		const struct asked *asked = __atomic_load_n(&places[i], __ATOMIC_ACQUIRE);

		if (!asked || (asked->hash == hash && !strcmp(asked->name, name)))
			return &places[i];
	}
}

/* What its parent asked for is not a forked child's affair. Under LOCK_LOADING. */
static void begin_anew(void)
{
	memset(places, 0, sizeof(places));
	n_asked = n_came = 0;
	__atomic_store_n(&fork_page->asked, 1, __ATOMIC_RELEASE);
}

static bool is_ours(void)
{
	return __atomic_load_n(&fork_page->asked, __ATOMIC_ACQUIRE);
}

static bool add(const char *name, uint64_t hash, const struct object *caller)
{
	struct asked **place, *asked;
	unsigned room;

	if (!is_ours())
		begin_anew();
	place = place_of(name, hash);
	if (*place)
		return false;
	/* Thousands of other libraries leave room for NVIDIA's. */
	room = layer_is_asked(name) ? ASKED_MAX + NVIDIA_MAX : ASKED_MAX;
	asked = n_asked < room ? arena_take(&arena, sizeof(*asked)) : NULL;
	if (asked) {
		asked->name = arena_copy(&arena, name, strlen(name));
		asked->asker = arena_copy(
			&arena, caller ? caller->path : "", caller ? strlen(caller->path) : 0);
	}
	if (!asked || !asked->name || !asked->asker) {
		if (layer_is_asked(name))
			gap(GAP_LIBRARIES);
		return false;
	}
	asked->hash = hash;
	asked->nvidia = layer_is_asked(name);
	n_asked++;
	__atomic_store_n(place, asked, __ATOMIC_RELEASE);
	return asked->nvidia;
}

bool asked_again(const char *name)
{
	return is_ours() && *place_of(name, hash_text(name));
}

void asked_note(const char *name, const struct object *caller)
{
	bool nvidia;

	lock_take(LOCK_LOADING);
	nvidia = add(name, hash_text(name), caller);
	lock_give(LOCK_LOADING);
	if (nvidia)
		library_asked(name, caller ? caller->path : NULL);
}

static void came(const char *name)
{
	struct asked *asked = *place_of(name, hash_text(name));

	if (asked && !asked->came) {
		asked->came = true;
		n_came++;
	}
}

void asked_came(const struct object *object)
{
	if (!is_ours() || !n_asked)
		return;
	lock_take(LOCK_LOADING);
	came(object->path);
	came(path_file(object->path));
	if (object->image.soname)
		came(object->image.soname);
	lock_give(LOCK_LOADING);
}

/* No lock is held meanwhile: who looks may come back here. */
void asked_each(void (*look)(const struct asked *asked))
{
	for (unsigned i = 0; is_ours() && i < PLACES; i++) {
		const struct asked *asked = __atomic_load_n(&places[i], __ATOMIC_ACQUIRE);

		if (asked && (asked->nvidia || !asked->came))
			look(asked);
	}
}

bool asked_waits(void)
{
	return is_ours() && __atomic_load_n(&n_asked, __ATOMIC_RELAXED) >
				    __atomic_load_n(&n_came, __ATOMIC_RELAXED);
}
