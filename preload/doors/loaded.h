/* SPDX-License-Identifier: MIT */
/*
 * What the loader says of a library by its name.
 */
#ifndef GPUSPY_DOORS_LOADED_H
#define GPUSPY_DOORS_LOADED_H

#include <link.h>
#include <stdbool.h>

/* Is a library of that file name or SONAME loaded, or the file at that path? */
bool library_is_loaded(const char *name);

/*
 * How many drivers are loaded in the namespace that dlopen's handle is in; 0 for the program's own.
 * Under ld.so's load lock, after a look.
 */
unsigned namespace_drivers(const struct link_map *handle);

/* The loader's words about a library that is not loaded; NULL: it has none. */
const char *library_words(const char *name);

#endif
