/* SPDX-License-Identifier: MIT */
#include "cache.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char old_magic[] = "ld.so-1.7.0", new_magic[] = "glibc-ld.so.cache1.1";

struct old_header {
	char magic[sizeof(old_magic)]; /* with its 0 */
	uint32_t count;
};

enum { OLD_ENTRY = 12 };

struct new_header {
	char magic[sizeof(new_magic) - 1];
	uint32_t count, strings;
	uint8_t flags, padding[3];
	uint32_t extensions, unused[3];
};

struct new_entry {
	int32_t flags;
	uint32_t name, path; /* from the start of the new format's header */
	uint32_t system;
	uint64_t hardware;
};

_Static_assert(sizeof(struct new_header) == 48 && sizeof(struct new_entry) == 24, "dl-cache.h");

static size_t new_part(const char *map, size_t size)
{
	struct old_header header;

	if (size < sizeof(header) || memcmp(map, old_magic, sizeof(old_magic)))
		return 0;
	memcpy(&header, map, sizeof(header));
	/* Aligned to what the new header needs. */
	return (sizeof(header) + (size_t)header.count * OLD_ENTRY + 7) & ~(size_t)7;
}

static void find_part(struct loader_cache *cache)
{
	size_t at = new_part(cache->map, cache->size);
	struct new_header header;

	if (at > cache->size || cache->size - at < sizeof(header))
		return;
	memcpy(&header, cache->map + at, sizeof(header));
	if (memcmp(header.magic, new_magic, sizeof(header.magic)) ||
		header.count > (cache->size - at - sizeof(header)) / sizeof(struct new_entry))
		return;
	cache->part = cache->map + at;
	cache->count = header.count;
}

void loader_cache_open(struct loader_cache *cache, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *map;

	memset(cache, 0, sizeof(*cache));
	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
		map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED) {
			cache->map = map;
			cache->size = (size_t)status.st_size;
			find_part(cache);
		}
	}
	close(fd);
}

void loader_cache_close(struct loader_cache *cache)
{
	if (cache->map)
		munmap((void *)(uintptr_t)cache->map, cache->size);
	memset(cache, 0, sizeof(*cache));
}

static const char *string_at(const struct loader_cache *cache, uint32_t offset)
{
	size_t room = cache->size - (size_t)(cache->part - cache->map);

	if (offset >= room || !memchr(cache->part + offset, 0, room - offset))
		return NULL;
	return cache->part + offset;
}

bool loader_cache_entry(
	const struct loader_cache *cache, unsigned i, const char **name, const char **path)
{
	struct new_entry entry;

	memcpy(&entry, cache->part + sizeof(struct new_header) + i * sizeof(entry), sizeof(entry));
	*name = string_at(cache, entry.name);
	*path = string_at(cache, entry.path);
	return *name && *path;
}
