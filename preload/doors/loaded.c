/* SPDX-License-Identifier: MIT */
#include "loaded.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/stat.h>

#include "../cuda/layers.h"
#include "../ground/page.h"
#include "../ground/path.h"
#include "../objects/functions.h"
#include "../objects/objects.h"

static bool has_name(const struct object *object, const char *name, bool is_path)
{
	if (is_path)
		return !strcmp(object->path, name);
	return !strcmp(path_file(object->path), name) ||
	       (object->image.soname && !strcmp(object->image.soname, name));
}

/* What was found to be readable in this walk, under the load lock: of each page once. */
struct walk {
	uintptr_t pages[16]; /* numbers of 4 KiB, which is no larger than any page */
};

static bool has_page(struct walk *walk, const char *at)
{
	uintptr_t number = (uintptr_t)at >> 12;
	uintptr_t *known = &walk->pages[number % (sizeof(walk->pages) / sizeof(walk->pages[0]))];

	if (!number || (*known != number && !page_is_readable(at)))
		return false;
	*known = number;
	return true;
}

static bool is_readable(struct walk *walk, const void *from, size_t size)
{
	return has_page(walk, from) && has_page(walk, (const char *)from + size - 1);
}

/* Of a library's own name, where it is not its file's; NULL: none that can be read. */
static const char *soname_of(struct walk *walk, const struct link_map *map)
{
	enum { ENTRIES_MAX = 128 };
	uintptr_t strings = 0, soname = 0;

	for (int i = 0; i < ENTRIES_MAX; i++) {
		const ElfW(Dyn) *d = &map->l_ld[i];

		if (!is_readable(walk, d, sizeof(*d)) || d->d_tag == DT_NULL)
			break;
		if (d->d_tag == DT_STRTAB)
			strings = d->d_un.d_ptr;
		if (d->d_tag == DT_SONAME)
			soname = d->d_un.d_val;
	}
	if (strings && strings < map->l_addr)
		strings += map->l_addr;
	if (!strings || !soname || !is_readable(walk, (const char *)(strings + soname), 1))
		return NULL;
	return (const char *)(strings + soname);
}

static bool is_driver(struct walk *walk, const struct link_map *map)
{
	const char *soname = soname_of(walk, map);

	if (soname && layer_of_library(soname) == LAYER_DRIVER)
		return true;
	return map->l_name && is_readable(walk, map->l_name, 1) &&
	       layer_of_library(path_file(map->l_name)) == LAYER_DRIVER;
}

/*
 * An entry of one of the loader's lists, and its neighbours know it. dlclose(3) is given what the
 * program likes, and refuses what is none.
 */
static bool is_linked(struct walk *walk, const struct link_map *map)
{
	const struct link_map *next, *previous;

	if (!map || (uintptr_t)map % sizeof(void *) || !is_readable(walk, map, sizeof(*map)))
		return false;
	next = map->l_next;
	previous = map->l_prev;
	return (!next || (is_readable(walk, next, sizeof(*next)) && next->l_prev == map)) &&
	       (!previous ||
		       (is_readable(walk, previous, sizeof(*previous)) && previous->l_next == map));
}

static bool is_of_program(const struct link_map *map)
{
	const struct object_list *all = objects_all();

	for (unsigned i = 0; i < all->n; i++)
		if (all->at[i]->map == map)
			return true;
	return false;
}

/* A ring is none of the loader's. */
unsigned namespace_drivers(const struct link_map *handle)
{
	const struct link_map *map = handle;
	struct walk walk = { { 0 } };
	unsigned drivers = 0;

	if (is_of_program(handle))
		return 0;
	while (is_linked(&walk, map) && map->l_prev && map->l_prev != handle)
		map = map->l_prev;
	if (!is_linked(&walk, map) || map->l_prev)
		return 0;
	for (; map && is_linked(&walk, map); map = map->l_next)
		drivers += is_driver(&walk, map);
	return drivers;
}

bool library_is_loaded(const char *name)
{
	const struct object_list *all = objects_all();
	bool is_path = strchr(name, '/') != NULL;
	struct stat file;

	for (unsigned i = 0; i < all->n; i++)
		if (has_name(all->at[i], name, is_path))
			return true;
	/* By another name (the program has none there, the vDSO's is no file); asking for the file
	 * of every object is slow where they are many. */
	if (!is_path || stat(name, &file))
		return false;
	for (unsigned i = 0; i < all->n; i++)
		if (path_leads_to(all->at[i]->path, &file))
			return true;
	return false;
}

const char *library_words(const char *name)
{
	void *handle;

	loader_real.dlerror();
	handle = loader_real.dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
	if (handle)
		loader_real.dlclose(handle); /* another thread has loaded it just now */
	return handle ? NULL : loader_real.dlerror();
}
