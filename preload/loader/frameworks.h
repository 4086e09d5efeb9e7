/*
 * Frameworks that can use a GPU, known by the file names of their libraries, and whether a given
 * build of one has code for it: told from its files, without loading anything.
 */
#ifndef GPUSPY_LOADER_FRAMEWORKS_H
#define GPUSPY_LOADER_FRAMEWORKS_H

#include "../segment/layout.h"

/* The framework's name as people know it, by the path of a library of it; NULL: it is none. */
const char *framework_name(const char *path);

/* Reads at most a few files beside it. */
enum segment_build framework_build(const char *path);

#endif
