/*
 * Where the loader finds a library, without loading it.
 *
 * The order is the loader's (ld.so(8)): the RUNPATH of who needs it, LD_LIBRARY_PATH, the cache,
 * the default folders. Its variants for processor levels (glibc-hwcaps) are looked up by the cache
 * only.
 */
#ifndef GPUSPY_LOADER_SEARCH_H
#define GPUSPY_LOADER_SEARCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "cache.h"

enum { LOADER_FOLDERS_MAX = 64 };

struct loader_search {
	char folders[LOADER_FOLDERS_MAX][PATH_MAX / 8]; /* in order, before the cache */
	unsigned n_folders, n_common; /* the first n_common are for whoever looks */
	struct loader_cache cache;
	const char *root; /* put before the cache's path and all in it: "" or a test's folder */
};

/* With the folders of a variable like LD_LIBRARY_PATH (may be NULL). */
void loader_search_begin(struct loader_search *search, const char *root, const char *library_path);
void loader_search_end(struct loader_search *search);

/* Adds folders, separated by ':', of a library that lies in `origin` ($ORIGIN). */
void loader_search_add(struct loader_search *search, const char *path, const char *origin);
/* Forgets all folders that were added. */
void loader_search_forget(struct loader_search *search);

enum place { PLACE_NONE, PLACE_FOLDER, PLACE_SYSTEM };

/* The path of a library of that name. */
enum place loader_search_find(
	const struct loader_search *search, const char *name, char path[PATH_MAX]);

/*
 * Calls `found` for every file whose name is `stem`, ".so" and perhaps a version, in all places,
 * until it returns false. A name may come several times.
 */
void loader_search_versions(const struct loader_search *search, const char *stem,
	bool (*found)(const char *path, void *data), void *data);

/* "libcudnn" of "/a/libcudnn.so.9": its length, and where it begins. */
size_t loader_stem(const char *name, const char **at);

#endif
