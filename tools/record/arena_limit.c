/* SPDX-License-Identifier: MIT */
/*
 * The library's arena, and what the readers of gpuspy-top need besides (top/arena_limit.h). Not
 * that program's own arena: with it `gpuspy list` took 31 MiB for what takes less than 20 here.
 */
#include "../top/arena_limit.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

static _Thread_local size_t left = SIZE_MAX;

static void *map_within_limit(void *at, size_t size, int access, int flags, int fd, off_t offset)
{
	void *map = size > left ? MAP_FAILED : mmap(at, size, access, flags, fd, offset);

	if (map != MAP_FAILED && left != SIZE_MAX)
		left -= size;
	return map;
}

#define mmap map_within_limit
#include "../../preload/ground/arena.c"
#undef mmap

void arena_limit(size_t size)
{
	left = size;
}

size_t arena_size(const struct arena *arena)
{
	size_t size = 0;

	for (const struct arena_chunk *chunk = arena->chunks; chunk; chunk = chunk->next)
		size += chunk->used;
	return size;
}
