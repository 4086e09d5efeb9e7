/*
 * Why a library that was found could not be loaded, as far as NVIDIA's libraries are the cause.
 */
#ifndef GPUSPY_DOORS_NEEDS_H
#define GPUSPY_DOORS_NEEDS_H

#include <stdbool.h>

void needs_start(const char *library_path);

/*
 * Follows what a library needs, on disk, and what that needs, and reports NVIDIA's libraries that
 * are not there. True when there are any. `asker`: path of the object that asked for it.
 */
bool needs_follow(const char *name, const char *asker);

/* Other versions of a library of NVIDIA's that was not found: the first is reported. */
void needs_versions(const char *name, const char *asker);

enum outcome {
	OUTCOME_LOADED,
	OUTCOME_MISSING, /* or no library at all */
	OUTCOME_REFUSED, /* there, and not loaded */
};

/* In loading.c: what has become of a library; `words`: the loader's, of OUTCOME_MISSING. */
enum outcome loading_outcome(const void *ret, const char *name, const char **words);

/* In loading.c: is a library of that path, or of that file name, loaded? */
bool loading_is_loaded(const char *name);

#endif
