/* SPDX-License-Identifier: MIT */
#include "loaded.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/stat.h>

#include "../ground/path.h"
#include "../objects/functions.h"
#include "../objects/objects.h"

/* The program itself has no name there; the vDSO's is no file. */
static bool is_same_file(const struct stat *wanted, const char *loaded)
{
	struct stat file;

	return *loaded && !stat(loaded, &file) && file.st_dev == wanted->st_dev &&
	       file.st_ino == wanted->st_ino;
}

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
	/* By another name; asking for the file of every object is slow where they are many. */
	if (!is_path || stat(name, &file))
		return false;
	for (unsigned i = 0; i < all->n; i++)
		if (is_same_file(&file, all->at[i]->path))
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
