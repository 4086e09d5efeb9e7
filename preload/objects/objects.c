#include "objects.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../cuda/layers.h"
#include "../ground/lock.h"

enum { OBJECTS_MAX = 4096 };

/* `current` is read under LOCK_OBJECTS; `next` belongs to the scan, which ld.so's lock makes one.
 */
static struct objects tables[2], *current = &tables[0], *next = &tables[1];

int objects_start(void)
{
	size_t size = OBJECTS_MAX * sizeof(struct object);

	for (int i = 0; i < 2; i++) {
		void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (map == MAP_FAILED)
			return -1;
		tables[i].at = map;
	}
	return 0;
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

	if (range_has(&object->image.all, (uintptr_t)tables))
		return true;
	if (!object->image.symbols || !object->image.strings)
		return true;
	return soname && (!strncmp(soname, "ld-linux", 8) || !strncmp(soname, "linux-vdso", 10) ||
				 !strcmp(soname, "libc.so.6"));
}

static void classify(struct object *object)
{
	object->layer = LAYER_NONE;
	if (is_system(object)) {
		object->kind = OBJECT_SYSTEM;
		return;
	}
	object->layer = layer_of(object);
	object->kind = object->layer == LAYER_NONE ? OBJECT_OTHER : OBJECT_NVIDIA;
	object->ret = elf_return_instruction(&object->image);
}

static bool same_object(const struct object *a, const struct object *b)
{
	return a->image.dynamic == b->image.dynamic && !strcmp(a->path, b->path);
}

/* Objects come and go at the list's end, so the search begins where it ended last. */
static const struct object *find_same(
	const struct objects *in, const struct object *object, unsigned *hint)
{
	for (unsigned i = 0; i < in->n; i++) {
		unsigned k = (*hint + i) % in->n;

		if (same_object(&in->at[k], object)) {
			*hint = k + 1;
			return &in->at[k];
		}
	}
	return NULL;
}

static int collect_one(struct dl_phdr_info *info, size_t size, void *data)
{
	struct objects *to = data;
	struct object *object;

	(void)size;
	if (to->n == OBJECTS_MAX)
		return 1;
	object = &to->at[to->n++];
	memset(object, 0, sizeof(*object));
	elf_read(&object->image, info);
	snprintf(object->path, sizeof(object->path), "%s", info->dlpi_name ? info->dlpi_name : "");
	to->adds = info->dlpi_adds;
	to->subs = info->dlpi_subs;
	return 0;
}

struct objects *objects_collect(void (*gone)(const struct object *object))
{
	/* With something unloaded, an object at the same place may be another one. */
	bool all_fresh;
	unsigned hint = 0;

	next->n = next->n_nvidia = next->n_fresh_nvidia = 0;
	dl_iterate_phdr(collect_one, next);
	all_fresh = next->subs != current->subs;
	for (unsigned i = 0; i < next->n; i++) {
		struct object *object = &next->at[i];
		const struct object *same = find_same(current, object, &hint);

		object->fresh = !same || all_fresh;
		if (object->fresh) {
			classify(object);
		} else { /* a program with many objects has many scans */
			object->kind = same->kind;
			object->layer = same->layer;
			object->ret = same->ret;
		}
		next->n_nvidia += object->kind == OBJECT_NVIDIA;
		next->n_fresh_nvidia += object->kind == OBJECT_NVIDIA && object->fresh;
	}
	hint = 0;
	for (unsigned i = 0; i < current->n; i++)
		if (current->at[i].kind == OBJECT_NVIDIA &&
			!find_same(next, &current->at[i], &hint))
			gone(&current->at[i]);
	return next;
}

void objects_publish(void)
{
	struct objects *made = next;

	lock_take(LOCK_OBJECTS);
	next = current;
	current = made;
	lock_give(LOCK_OBJECTS);
}

static int compare_counts(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(bool *)data = info->dlpi_adds != current->adds || info->dlpi_subs != current->subs;
	return 1;
}

bool objects_changed(void)
{
	bool changed = false;

	dl_iterate_phdr(compare_counts, &changed);
	return changed;
}

const struct object *objects_in(const struct objects *objects, uintptr_t address)
{
	for (unsigned i = 0; i < objects->n; i++)
		if (range_has(&objects->at[i].image.all, address))
			return &objects->at[i];
	return NULL;
}

bool objects_find(uintptr_t address, struct object *to)
{
	const struct object *found;

	lock_take(LOCK_OBJECTS);
	found = objects_in(current, address);
	if (found)
		*to = *found;
	lock_give(LOCK_OBJECTS);
	return found != NULL;
}

bool objects_find_layer(int layer, struct object *to)
{
	bool found = false;

	lock_take(LOCK_OBJECTS);
	for (unsigned i = 0; i < current->n && !found; i++) {
		found = current->at[i].kind == OBJECT_NVIDIA && current->at[i].layer == layer;
		if (found)
			*to = current->at[i];
	}
	lock_give(LOCK_OBJECTS);
	return found;
}
