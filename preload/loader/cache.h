/* SPDX-License-Identifier: MIT */
/*
 * /etc/ld.so.cache: which libraries the loader finds without being told a folder (ldconfig(8)).
 *
 * Format as in glibc's dl-cache.h, the "new" one (glibc 2.2), alone or behind the old one.
 */
#ifndef GPUSPY_LOADER_CACHE_H
#define GPUSPY_LOADER_CACHE_H

#include <stdbool.h>
#include <stddef.h>

struct loader_cache {
	const char *map; /* NULL: there is none, or it is of another format */
	size_t size;
	const char *part; /* where the new format begins */
	unsigned count;
};

void loader_cache_open(struct loader_cache *cache, const char *path);
void loader_cache_close(struct loader_cache *cache);

/* Entry number i of `count`; false: it is broken. The strings live as long as the cache is open. */
bool loader_cache_entry(
	const struct loader_cache *cache, unsigned i, const char **name, const char **path);

#endif
