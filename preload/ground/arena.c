/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { CHUNK_SIZE = 256 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used; /* with this header */
};

/* Nothing but zeros, except for their headers. */
static struct {
	struct arena_chunk *chunks;
	unsigned count, most;
} kept;

void arena_keep(unsigned chunks)
{
	kept.most = chunks;
}

static struct arena_chunk *map_chunk(size_t size)
{
	struct arena_chunk *chunk = size == CHUNK_SIZE ? kept.chunks : NULL;

	if (chunk) {
		kept.chunks = chunk->next;
		kept.count--;
		return chunk;
	}
	chunk = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return chunk == MAP_FAILED ? NULL : chunk;
}

static void unmap_chunk(struct arena_chunk *chunk)
{
	if (chunk->size != CHUNK_SIZE || kept.count >= kept.most) {
		munmap(chunk, chunk->size);
		return;
	}
	memset(chunk + 1, 0, chunk->used - sizeof(*chunk));
	chunk->next = kept.chunks;
	kept.chunks = chunk;
	kept.count++;
}

/* A request of its own size gets a chunk of its own, so the rest of the newest one is not lost. */
static struct arena_chunk *new_chunk(struct arena *arena, size_t needed)
{
	size_t size = needed > CHUNK_SIZE / 4 ? needed : CHUNK_SIZE;
	struct arena_chunk *chunk;

	if (arena->budget && size > *arena->budget)
		return NULL;
	chunk = map_chunk(size);
	if (!chunk)
		return NULL;
	if (arena->budget)
		*arena->budget -= size;
	chunk->size = size;
	chunk->used = (sizeof(*chunk) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	arena->size += chunk->used;
	if (needed > CHUNK_SIZE / 4 && arena->chunks) {
		chunk->next = arena->chunks->next;
		arena->chunks->next = chunk;
	} else {
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	return chunk;
}

void *arena_take(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;
	size_t rounded;
	void *taken;

	if (size > SIZE_MAX / 2)
		return NULL;
	rounded = size ? (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : ALIGNMENT;
	if (!chunk || chunk->size - chunk->used < rounded)
		chunk = new_chunk(arena, rounded + sizeof(*chunk) + ALIGNMENT);
	if (!chunk)
		return NULL;
	taken = (char *)chunk + chunk->used; /* fresh from mmap: zeros */
	chunk->used += rounded;
	arena->size += rounded;
	return taken;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_take(arena, length + 1);

	if (copy)
		memcpy(copy, text, length);
	return copy;
}

void arena_free(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks, *next;

	arena->chunks = NULL;
	arena->size = 0;
	for (; chunk; chunk = next) {
		next = chunk->next;
		if (arena->budget)
			*arena->budget += chunk->size;
		unmap_chunk(chunk);
	}
}
