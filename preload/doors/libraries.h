/* SPDX-License-Identifier: MIT */
/*
 * Facts about libraries, into the segment: NVIDIA's that were asked for, loaded, missed, by whom; a
 * framework's that was loaded.
 */
#ifndef GPUSPY_DOORS_LIBRARIES_H
#define GPUSPY_DOORS_LIBRARIES_H

#include <stdbool.h>

#include "../objects/objects.h"

void library_loaded(const struct object *object);
void library_asked(const char *name, const char *asker); /* its path; NULL: unknown */

/* It was asked for and did not come; `asker` NULL: as it was said before. */
void library_failed(const char *name, const char *error, const char *asker);
/* It is there, and cannot be loaded: known better than by the loader's "No such file". */
void library_broken(const char *name, const char *path, const char *error);

/* Needed by a library that therefore could not be loaded. */
void library_needed(const char *name, const char *error, const char *by);

/* It lies at `path`, and was not seen loaded. */
void library_lies(const char *name, const char *path);

/* It was loaded after all, by another name. */
void library_came(const char *name);

/* The driver's path, if it was loaded and did not give a device; NULL: else. */
const char *library_useless_driver(void);

/* The file behind the driver's path, if that is a link to another folder. */
void library_real_driver(const char *path);

/* Another libcuda than the one that was loaded, and who put that one first. */
void library_other_driver(const char *path, const char *words);

/* A framework's library was loaded. */
void framework_loaded(const char *path);

/* The driver has no entry of that name. */
void entry_missing(const char *name);

/* At exit: works out what is said of the framework. */
void libraries_explain(void);

#endif
