#include "search.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../ground/path.h"

static const char *const default_folders[] = { "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu",
	"/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/lib",
	"/usr/lib" };

enum { N_DEFAULTS = sizeof(default_folders) / sizeof(*default_folders) };

size_t loader_stem(const char *name, const char **at)
{
	const char *end;

	*at = path_file(name);
	end = strstr(*at, ".so");
	return end ? (size_t)(end - *at) : strlen(*at);
}

/* $ORIGIN and ${ORIGIN}; what does not fit is left out. */
static void add_folder(
	struct loader_search *search, const char *folder, size_t length, const char *origin)
{
	static const char *const tokens[] = { "$ORIGIN", "${ORIGIN}" };
	char *to = search->folders[search->n_folders];
	size_t size = sizeof(search->folders[0]);
	int n = -1;

	if (!length || search->n_folders == LOADER_FOLDERS_MAX)
		return;
	for (size_t i = 0; origin && i < 2; i++) {
		size_t token = strlen(tokens[i]);

		if (length >= token && !strncmp(folder, tokens[i], token))
			n = snprintf(
				to, size, "%s%.*s", origin, (int)(length - token), folder + token);
	}
	if (n < 0)
		n = snprintf(to, size, "%.*s", (int)length, folder);
	if ((size_t)n < size)
		search->n_folders++;
}

void loader_search_add(struct loader_search *search, const char *path, const char *origin)
{
	while (path && *path) {
		size_t length = strcspn(path, ":;");

		add_folder(search, path, length, origin);
		path += length;
		path += *path != 0;
	}
}

void loader_search_forget(struct loader_search *search)
{
	search->n_folders = search->n_common;
}

void loader_search_begin(struct loader_search *search, const char *root, const char *library_path)
{
	char cache[PATH_MAX];

	search->root = root;
	search->n_folders = search->n_common = 0;
	loader_search_add(search, library_path, NULL);
	search->n_common = search->n_folders;
	snprintf(cache, sizeof(cache), "%s/etc/ld.so.cache", root);
	loader_cache_open(&search->cache, cache);
}

void loader_search_end(struct loader_search *search)
{
	loader_cache_close(&search->cache);
}

static bool try_path(char path[PATH_MAX], const char *root, const char *folder, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s%s%s%s", root, folder, *folder ? "/" : "", name);

	return n > 0 && n < PATH_MAX && access(path, R_OK) == 0;
}

enum place loader_search_find(
	const struct loader_search *search, const char *name, char path[PATH_MAX])
{
	const char *entry, *where;

	if (strchr(name, '/'))
		return try_path(path, "", "", name) ? PLACE_FOLDER : PLACE_NONE;
	for (unsigned i = search->n_folders; i-- > search->n_common;)
		if (try_path(path, "", search->folders[i], name))
			return PLACE_FOLDER;
	for (unsigned i = 0; i < search->n_common; i++)
		if (try_path(path, "", search->folders[i], name))
			return PLACE_FOLDER;
	for (unsigned i = 0; i < search->cache.count; i++)
		if (loader_cache_entry(&search->cache, i, &entry, &where) && !strcmp(entry, name) &&
			try_path(path, search->root, "", where))
			return PLACE_SYSTEM;
	for (size_t i = 0; i < N_DEFAULTS; i++)
		if (try_path(path, search->root, default_folders[i], name))
			return PLACE_SYSTEM;
	return PLACE_NONE;
}

static bool is_version(const char *name, const char *stem)
{
	size_t length = strlen(stem);

	return !strncmp(name, stem, length) && !strncmp(name + length, ".so", 3) &&
	       (!name[length + 3] || name[length + 3] == '.');
}

static bool look_in(const char *root, const char *folder, const char *stem,
	bool (*found)(const char *path, void *data), void *data)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool more = true;
	DIR *open_folder;

	snprintf(path, sizeof(path), "%s%s", root, folder);
	open_folder = opendir(path);
	while (open_folder && more && (entry = readdir(open_folder)))
		if (is_version(entry->d_name, stem) && try_path(path, root, folder, entry->d_name))
			more = found(path, data);
	if (open_folder)
		closedir(open_folder);
	return more;
}

void loader_search_versions(const struct loader_search *search, const char *stem,
	bool (*found)(const char *path, void *data), void *data)
{
	const char *entry, *where;
	char path[PATH_MAX];

	for (unsigned i = 0; i < search->n_folders; i++)
		if (!look_in("", search->folders[i], stem, found, data))
			return;
	for (unsigned i = 0; i < search->cache.count; i++)
		if (loader_cache_entry(&search->cache, i, &entry, &where) &&
			is_version(entry, stem) && try_path(path, search->root, "", where) &&
			!found(path, data))
			return;
	for (size_t i = 0; i < N_DEFAULTS; i++)
		if (!look_in(search->root, default_folders[i], stem, found, data))
			return;
}
