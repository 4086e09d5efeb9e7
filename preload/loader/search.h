/* SPDX-License-Identifier: MIT */
/*
 * Where the loader finds a library, without loading it.
 *
 * The order is the loader's (ld.so(8)): the RPATHs of who needs it and of who brought that one, if
 * it has no RUNPATH; LD_LIBRARY_PATH; the RUNPATH of who needs it; the cache; the default folders.
 * In each folder its subfolders for this processor come first (levels.h).
 */
#ifndef GPUSPY_LOADER_SEARCH_H
#define GPUSPY_LOADER_SEARCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "cache.h"
#include "../ground/path.h"
#include "folder.h"

/* By what a library was found. */
enum loader_way {
	WAY_NONE,
	WAY_NAME, /* the name is a path */
	WAY_RPATH,
	WAY_VARIABLE, /* LD_LIBRARY_PATH */
	WAY_RUNPATH,
	WAY_CACHE,
	WAY_DEFAULT,
};

/* Who looks for a library. NULLs: none, unknown. */
struct loader_asker {
	const char *path; /* for $ORIGIN */
	const char *rpath, *runpath;
	const struct loader_asker *by; /* who brought it, the program itself last */
};

struct loader_search {
	const char *root;         /* put before the cache's path and all in it: "", or a test's */
	const char *library_path; /* LD_LIBRARY_PATH, NULL: none */
	bool multiarch;           /* its folders are Debian's */
	struct loader_cache cache;
	char path[PATH_MAX]; /* the latest answer */
	/* The first of that name that the loader passed over; "": none was there. */
	char passed[PATH_MAX];
	struct loader_folder folder;
};

/* The strings must live as long as the search. */
void loader_search_begin(struct loader_search *search, const char *root, const char *library_path);
void loader_search_end(struct loader_search *search);

/* The path of a library, which lives in search->path; `asker` may be NULL. */
enum loader_way loader_search_find(
	struct loader_search *search, const struct loader_asker *asker, const char *name);

/*
 * Calls `found` for every file of that name, or of that stem with ".so" and perhaps a version, in
 * all places in order, until it returns false. One may come several times.
 */
typedef bool loader_found(const char *path, enum loader_way way, void *data);
void loader_search_all(struct loader_search *search, const struct loader_asker *asker,
	const char *name, loader_found *found, void *data);
void loader_search_versions(struct loader_search *search, const struct loader_asker *asker,
	const char *stem, loader_found *found, void *data);

/* ld.so(8)'s, as $LIB or ${LIB}; a list as LD_PRELOAD has no escape for them. */
enum loader_token { TOKEN_ORIGIN, TOKEN_LIB, TOKEN_PLATFORM };

/* The length of a token at the text's start, 0: none is there. */
size_t loader_token(const char *text, enum loader_token *which);

/* "LD_LIBRARY_PATH", "its RPATH", ... */
const char *loader_way_name(enum loader_way way);

/* "libcudnn" of "/a/libcudnn.so.9": its length, and where it begins. */
size_t loader_stem(const char *name, const char **at);

/* Are they one library, perhaps in two versions? */
bool loader_same_stem(const char *a, const char *b);

/* Is it "libcudnn.so", or that with a version, of the stem "libcudnn"? */
bool loader_is_version(const char *name, const char *stem, size_t length);

#endif
