/* SPDX-License-Identifier: MIT */
/*
 * where PROGRAM: what it needs, and what that needs, by breadth, and where the loader would find
 * each: "NAME PATH", "NAME -" for nowhere. Ends at the first file that is no library: "broken
 * PATH".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/file.h"
#include "loader/search.h"

enum { OBJECTS = 64, NEEDS = 16 };

struct object {
	char name[256], path[PATH_MAX], rpath[PATH_MAX], runpath[PATH_MAX], soname[256];
	char needs[NEEDS][256];
	unsigned n_needs;
	struct loader_asker as;
};

static struct object objects[OBJECTS];
static unsigned n_objects;

static const char *keep(char *to, size_t size, const char *text)
{
	size_t length = text ? strnlen(text, size - 1) : 0;

	if (length)
		memmove(to, text, length);
	to[length] = 0;
	return text ? to : NULL;
}

static void add(const char *name, const char *path, const struct object *by)
{
	static struct loader_file file;
	struct object *object = &objects[n_objects++];

	keep(object->name, sizeof(object->name), name);
	object->as.path = keep(object->path, sizeof(object->path), path);
	object->as.by = by ? &by->as : NULL;
	if (loader_file_read(&file, path)) {
		printf("broken %s\n", path);
		exit(0);
	}
	object->as.rpath = keep(object->rpath, sizeof(object->rpath), file.rpath);
	object->as.runpath = keep(object->runpath, sizeof(object->runpath), file.runpath);
	keep(object->soname, sizeof(object->soname), file.soname);
	for (unsigned i = 0; i < file.n_needed && i < NEEDS; i++)
		keep(object->needs[object->n_needs++], 256, file.needed[i]);
}

static bool is_there(const char *name)
{
	for (unsigned i = 0; i < n_objects; i++)
		if (!strcmp(objects[i].name, name) || !strcmp(objects[i].soname, name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static struct loader_search search;

	if (argc != 2)
		return 2;
	loader_search_begin(&search, "", getenv("LD_LIBRARY_PATH"));
	add("", argv[1], NULL);
	for (unsigned i = 0; i < n_objects; i++) {
		for (unsigned k = 0; k < objects[i].n_needs; k++) {
			const char *name = objects[i].needs[k];

			if (is_there(name) || n_objects == OBJECTS)
				continue;
			if (loader_search_find(&search, &objects[i].as, name) == WAY_NONE) {
				printf("%s -\n", name);
				continue;
			}
			printf("%s %s\n", name, search.path);
			add(name, search.path, &objects[i]);
		}
	}
	loader_search_end(&search);
	return 0;
}
