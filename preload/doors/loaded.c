/* SPDX-License-Identifier: MIT */
#include "loaded.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/stat.h>

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
