/* SPDX-License-Identifier: MIT */
/*
 * ground/arena.h once more, for a program that reads the same segments for hours: memory comes
 * from malloc, which has it at hand. What mmap gives and takes back at each reading costs more than
 * the reading. (The other arena must do without malloc, for it also works inside watched programs.)
 */
#include "ground/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 4 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used; /* with this header */
};

static size_t rounded(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

/* A request of its own size gets a chunk of its own, so the rest of the newest one is not lost. */
static struct arena_chunk *new_chunk(struct arena *arena, size_t needed)
{
	bool own = needed > CHUNK_SIZE / 4;
	size_t size = own ? needed : CHUNK_SIZE;
	bool allowed = !arena->budget || size <= *arena->budget;
	struct arena_chunk *chunk = allowed ? malloc(size) : NULL;

	if (!chunk)
		return NULL;
	if (arena->budget)
		*arena->budget -= size;
	arena->size += size;
	chunk->size = size;
	chunk->used = rounded(sizeof(*chunk));
	if (own && arena->chunks) {
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
	size_t needed = size ? rounded(size) : ALIGNMENT;
	void *taken;

	if (size > SIZE_MAX / 2)
		return NULL;
	if (!chunk || chunk->size - chunk->used < needed)
		chunk = new_chunk(arena, needed + rounded(sizeof(*chunk)));
	if (!chunk)
		return NULL;
	taken = (char *)chunk + chunk->used;
	chunk->used += needed;
	return memset(taken, 0, needed);
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
		free(chunk);
	}
}
