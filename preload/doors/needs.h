/* SPDX-License-Identifier: MIT */
/*
 * Where a library lies that was asked for, and why it could not be loaded, as far as NVIDIA's
 * libraries are the cause: told from the files.
 */
#ifndef GPUSPY_DOORS_NEEDS_H
#define GPUSPY_DOORS_NEEDS_H

#include <limits.h>
#include <stdbool.h>

void needs_start(const char *library_path);

/* In these, `asker` is the path of the object that asks; "": the program itself. */

/* The path of a library where the loader would find it for the asker; false: nowhere. */
bool needs_find(const char *name, const char *asker, char path[PATH_MAX]);

/*
 * Follows what the library at that path needs, and what that needs, and reports NVIDIA's libraries
 * that are not there. True when there are any.
 */
bool needs_follow(const char *path, const char *asker);

/* Other versions of a library of NVIDIA's that was not found: the first is reported. */
void needs_versions(const char *name, const char *asker);

/* At the end: if the driver that was loaded did not do, which other one is there? */
void needs_other_driver(void);

#endif
