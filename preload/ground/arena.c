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

/* A request of its own size gets a chunk of its own, so the rest of the newest one is not lost. */
static struct arena_chunk *new_chunk(struct arena *arena, size_t needed)
{
	size_t size = needed > CHUNK_SIZE / 4 ? needed : CHUNK_SIZE;
	struct arena_chunk *chunk;

	if (arena->budget && size > *arena->budget)
		return NULL;
	chunk = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
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
		munmap(chunk, chunk->size);
	}
}
