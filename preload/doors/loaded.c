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

/* All of what is_linked() and its reader look at. */
static bool is_readable(const struct link_map *map)
{
	return page_is_readable(map) && page_is_readable((const char *)(map + 1) - 1);
}

/* Is it an entry of one of the loader's lists? dlclose(3) is given what the program likes. */
static bool is_linked(const struct link_map *map)
{
	if (!map || (uintptr_t)map % sizeof(void *) || !is_readable(map))
		return false;
	if (map->l_next && !(is_readable(map->l_next) && map->l_next->l_prev == map))
		return false;
	if (map->l_prev && !(is_readable(map->l_prev) && map->l_prev->l_next == map))
		return false;
	return map->l_next || map->l_prev;
}

unsigned namespace_drivers(const struct link_map *handle)
{
	const struct link_map *map = is_linked(handle) ? handle : NULL;
	unsigned drivers = 0;

	while (map && map->l_prev)
		map = map->l_prev;
	if (map == loader_list->r_map)
		return 0;
	for (; map; map = map->l_next)
		drivers += map->l_name && layer_of_library(path_file(map->l_name)) == LAYER_DRIVER;
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
