/* SPDX-License-Identifier: MIT */
/*
 * Memory that is taken in order and given back all at once.
 *
 * It comes from mmap, not from malloc: the report is also written on the way of _exit(), where the
 * program's own allocator may be in the middle of something.
 */
#ifndef GPUSPY_GROUND_ARENA_H
#define GPUSPY_GROUND_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_chunk *chunks; /* newest first; a zeroed struct is an empty arena */
	size_t size;                /* bytes of them in use */
	/*
	 * What this arena and others with the same pointer may still take, for what is made of
	 * files from others; who frees one gives back what it had. NULL: as much as there is.
	 */
	size_t *budget;
};

/* `size` zeroed bytes, aligned for any object; NULL when there is no memory, or no more allowed. */
void *arena_take(struct arena *arena, size_t size);

/* A copy of the first `length` bytes of `text`, ended by a 0; NULL when there is no memory. */
char *arena_copy(struct arena *arena, const char *text, size_t length);

/* Gives everything back; the arena is empty and can be used again. */
void arena_free(struct arena *arena);

/*
 * From now on this many chunks at most, a quarter of a MiB each, are kept when arenas are given
 * back, and used again: for a command that reads thousands of sessions one after the other, by one
 * thread. It was a third of its time that the kernel mapped memory.
 */
void arena_keep(unsigned chunks);

#endif
