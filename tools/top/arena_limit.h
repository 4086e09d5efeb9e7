/* SPDX-License-Identifier: MIT */
/*
 * What only this program's arenas can: an end, for what is made of files from others.
 */
#ifndef GPUSPY_TOP_ARENA_LIMIT_H
#define GPUSPY_TOP_ARENA_LIMIT_H

#include "ground/arena.h"

/* Arenas of this thread take no more than this from now on; SIZE_MAX: as much as there is. */
void arena_limit(size_t size);

/* What an arena holds. */
size_t arena_size(const struct arena *arena);

#endif
