/* SPDX-License-Identifier: MIT */
/*
 * Where a library lies that the loader does not find: in the same virtualenv, conda environment or
 * R library as who asked for it, or in a CUDA toolkit.
 */
#ifndef GPUSPY_LOADER_NEARBY_H
#define GPUSPY_LOADER_NEARBY_H

#include <limits.h>
#include <stdbool.h>

#include "folder.h"

enum { NEARBY_DEPTH = 4 };

struct loader_nearby {
	const char *root;    /* put before what a toolkit's folder is called: "", or a test's */
	const char *asker;   /* path of who asked; NULL: unknown */
	const char *program; /* path of the interpreter as it was called; NULL: unknown */
	char path[PATH_MAX]; /* the answer */
	char base[PATH_MAX];
	struct loader_folder folders[NEARBY_DEPTH];
};

/* A library of that very name; in nearby->path. */
bool loader_nearby(struct loader_nearby *nearby, const char *name);

/* Any version of it ("libcudnn.so.9" for "libcudnn.so.8"). */
bool loader_nearby_version(struct loader_nearby *nearby, const char *name);

/* Kinds of places, by a path in them; NULL: it is none of them. "Python environment", ... */
const char *loader_place(const char *path);

#endif
