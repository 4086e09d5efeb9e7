/* SPDX-License-Identifier: MIT */
/*
 * Sums of bytes, for tables and for telling one from another: FNV-1a of 64 bits
 * (draft-eastlake-fnv). No defence against who wants two to have one sum.
 */
#ifndef GPUSPY_GROUND_HASH_H
#define GPUSPY_GROUND_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_EMPTY 14695981039346656037u /* of nothing, to begin with */

static inline uint64_t hash_byte(uint64_t hash, unsigned char byte)
{
	return (hash ^ byte) * 1099511628211u;
}

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	for (const unsigned char *at = bytes; size--; at++)
		hash = hash_byte(hash, *at);
	return hash;
}

static inline uint64_t hash_text(const char *text)
{
	uint64_t hash = HASH_EMPTY;

	while (*text)
		hash = hash_byte(hash, (unsigned char)*text++);
	return hash;
}

#endif
