/* SPDX-License-Identifier: MIT */
#include "search.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../ground/path.h"
#include "file.h"

/* Debian's folders of one architecture, from meson; then everybody's. */
static const char default_folders[][48] = { "/lib/" GPUSPY_MULTIARCH, "/usr/lib/" GPUSPY_MULTIARCH,
	"/lib64", "/usr/lib64", "/lib", "/usr/lib" };

enum { N_DEFAULTS = sizeof(default_folders) / sizeof(*default_folders) };

size_t loader_stem(const char *name, const char **at)
{
	const char *end;

	*at = path_file(name);
	end = strstr(*at, ".so");
	return end ? (size_t)(end - *at) : strlen(*at);
}

bool loader_same_stem(const char *a, const char *b)
{
	const char *left, *right;
	size_t length = loader_stem(a, &left);

	return length == loader_stem(b, &right) && memcmp(left, right, length) == 0;
}

bool loader_is_version(const char *name, const char *stem, size_t length)
{
	return !strncmp(name, stem, length) && !strncmp(name + length, ".so", 3) &&
	       (!name[length + 3] || name[length + 3] == '.');
}

const char *loader_way_name(enum loader_way way)
{
	static const char names[][20] = { "nothing", "its path", "an RPATH", "LD_LIBRARY_PATH",
		"a RUNPATH", "ld.so.cache", "a default folder" };

	return names[way];
}

void loader_search_begin(struct loader_search *search, const char *root, const char *library_path)
{
	search->root = root;
	search->library_path = library_path;
	snprintf(search->path, sizeof(search->path), "%s/etc/ld.so.cache", root);
	loader_cache_open(&search->cache, search->path);
	*search->path = 0;
}

void loader_search_end(struct loader_search *search)
{
	loader_cache_close(&search->cache);
}

/* What is looked for, and who is told. */
struct look {
	struct loader_search *search;
	const char *name; /* of the file, or its stem */
	size_t stem;      /* length of the stem, 0: the whole name is wanted */
	loader_found *found;
	void *data;
};

/* True: no more is wanted. The loader goes on where a file is for another machine. */
static bool tell(struct look *look, enum loader_way way)
{
	return !access(look->search->path, R_OK) &&
	       loader_file_fits(look->search->path) != FILE_FOREIGN &&
	       !look->found(look->search->path, way, look->data);
}

static bool look_in(struct look *look, size_t used, enum loader_way way)
{
	struct loader_search *search = look->search;
	size_t room = sizeof(search->path) - used;
	const char *name;
	bool enough = false;

	if (!look->stem)
		return (size_t)snprintf(search->path + used, room, "/%s", look->name) < room &&
		       tell(look, way);
	if (!loader_folder_open(&search->folder, search->path))
		return false;
	while (!enough && (name = loader_folder_next(&search->folder)))
		if (loader_is_version(name, look->name, look->stem) &&
			(size_t)snprintf(search->path + used, room, "/%s", name) < room)
			enough = tell(look, way);
	loader_folder_close(&search->folder);
	return enough;
}

/* The length of $ORIGIN or ${ORIGIN} at the start of a text, 0: it is not there. */
static size_t origin_token(const char *text)
{
	return !strncmp(text, "$ORIGIN", 7) ? 7 : !strncmp(text, "${ORIGIN}", 9) ? 9 : 0;
}

/* A folder of a list, with $ORIGIN; how long it got, 0: it does not fit. */
static size_t expand(
	char to[PATH_MAX], const char *folder, const char *end, const struct loader_asker *asker)
{
	const char *origin = asker && asker->path ? asker->path : "";
	size_t length = (size_t)(path_file(origin) - origin), used = 0;

	length -= length > 1; /* without the slash */
	while (folder < end && used + length + 1 < PATH_MAX) {
		size_t token = origin_token(folder);

		if (token) {
			memcpy(to + used, origin, length);
			used += length;
			folder += token;
		} else {
			to[used++] = *folder++;
		}
	}
	to[used] = 0;
	return folder == end ? used : 0;
}

static bool look_in_list(
	struct look *look, const char *list, const struct loader_asker *origin, enum loader_way way)
{
	while (list && *list) {
		size_t length = strcspn(list, ":;");
		size_t used = expand(look->search->path, list, list + length, origin);

		if (used && look_in(look, used, way))
			return true;
		list += length;
		list += *list != 0;
	}
	return false;
}

static bool look_in_rpaths(struct look *look, const struct loader_asker *asker)
{
	if (asker && asker->runpath)
		return false;
	for (; asker; asker = asker->by)
		if (!asker->runpath && look_in_list(look, asker->rpath, asker, WAY_RPATH))
			return true;
	return false;
}

static bool look_in_cache(struct look *look)
{
	struct loader_search *search = look->search;
	const char *name, *path;

	for (unsigned i = 0; i < search->cache.count; i++) {
		if (!loader_cache_entry(&search->cache, i, &name, &path) ||
			!(look->stem ? loader_is_version(name, look->name, look->stem)
				     : !strcmp(name, look->name)))
			continue;
		if ((size_t)snprintf(search->path, PATH_MAX, "%s%s", search->root, path) <
				PATH_MAX &&
			tell(look, WAY_CACHE))
			return true;
	}
	return false;
}

static void look_everywhere(struct look *look, const struct loader_asker *asker)
{
	struct loader_search *search = look->search;

	if (look_in_rpaths(look, asker) ||
		look_in_list(look, search->library_path, NULL, WAY_VARIABLE) ||
		(asker && look_in_list(look, asker->runpath, asker, WAY_RUNPATH)) ||
		look_in_cache(look))
		return;
	for (size_t i = 0; i < N_DEFAULTS; i++) {
		int n = snprintf(search->path, PATH_MAX, "%s%s", search->root, default_folders[i]);

		if (n > 0 && n < PATH_MAX && look_in(look, (size_t)n, WAY_DEFAULT))
			return;
	}
}

static bool keep_first(const char *path, enum loader_way way, void *data)
{
	(void)path;
	*(enum loader_way *)data = way;
	return false;
}

enum loader_way loader_search_find(
	struct loader_search *search, const struct loader_asker *asker, const char *name)
{
	enum loader_way way = WAY_NONE;

	if (!strchr(name, '/')) {
		loader_search_all(search, asker, name, keep_first, &way);
		return way;
	}
	snprintf(search->path, sizeof(search->path), "%s", name);
	return access(name, R_OK) ? WAY_NONE : WAY_NAME;
}

void loader_search_all(struct loader_search *search, const struct loader_asker *asker,
	const char *name, loader_found *found, void *data)
{
	struct look look = { search, name, 0, found, data };

	look_everywhere(&look, asker);
}

void loader_search_versions(struct loader_search *search, const struct loader_asker *asker,
	const char *stem, loader_found *found, void *data)
{
	struct look look = { search, stem, strlen(stem), found, data };

	look_everywhere(&look, asker);
}
