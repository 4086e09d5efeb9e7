/* SPDX-License-Identifier: MIT */
/*
 * What the loader says of a library by its name.
 */
#ifndef GPUSPY_DOORS_LOADED_H
#define GPUSPY_DOORS_LOADED_H

#include <stdbool.h>

/* Is a library of that file name or SONAME loaded, or the file at that path? */
bool library_is_loaded(const char *name);

/* The loader's words about a library that is not loaded; NULL: it has none. */
const char *library_words(const char *name);

#endif
