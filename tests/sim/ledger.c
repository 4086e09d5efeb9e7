/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEDGER_SIZE (LEDGER_ENTRIES * sizeof(struct ledger_entry))

static struct ledger_entry *mapped;
static int without; /* 1: there is no ledger */

static struct ledger_entry *map_file(const char *path, int flags)
{
	void *at = MAP_FAILED;
	int prot = PROT_READ | ((flags & O_ACCMODE) == O_RDWR ? PROT_WRITE : 0);
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return NULL;
	/* Every process sets the same size, so none has to wait for the one that made the file. */
	if (!(prot & PROT_WRITE) || ftruncate(fd, LEDGER_SIZE) == 0)
		at = mmap(NULL, LEDGER_SIZE, prot, MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

static struct ledger_entry *table(void)
{
	struct ledger_entry *at = __atomic_load_n(&mapped, __ATOMIC_ACQUIRE), *none = NULL;
	const char *path;

	if (at || __atomic_load_n(&without, __ATOMIC_RELAXED))
		return at;
	path = getenv("SIM_LEDGER");
	at = path && *path ? map_file(path, O_RDWR | O_CREAT) : NULL;
	if (!at) {
		__atomic_store_n(&without, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	if (__atomic_compare_exchange_n(&mapped, &none, at, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return at;
	munmap(at, LEDGER_SIZE);
	return none;
}

/* FNV-1a. */
static uint64_t hash(uint64_t seed, const char *text)
{
	for (; *text; text++)
		seed = (seed ^ (unsigned char)*text) * 0x100000001b3ull;
	return seed;
}

static void copy_name(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);

	memcpy(to, from, n < size ? n : size - 1);
}

struct ledger_entry *ledger_find(const char *library, const char *symbol)
{
	struct ledger_entry *all = table();
	uint64_t key = hash(hash(0xcbf29ce484222325ull, library) * 31, symbol) | 1;

	for (size_t i = 0; all && i < LEDGER_ENTRIES; i++) {
		struct ledger_entry *at = &all[(key + i) % LEDGER_ENTRIES];
		uint64_t seen = 0;

		/*
		 * The key alone claims an entry. Whoever finds it writes the same names into it, so
		 * a process killed in between leaves nothing half made.
		 */
		if (!__atomic_compare_exchange_n(
			    &at->key, &seen, key, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
			seen != key)
			continue;
		if (!at->symbol[0] || !at->library[0]) {
			copy_name(at->library, sizeof(at->library), library);
			copy_name(at->symbol, sizeof(at->symbol), symbol);
		}
		return at;
	}
	return NULL;
}

void ledger_add_call(struct ledger_entry *entry)
{
	if (entry)
		__atomic_add_fetch(&entry->calls, 1, __ATOMIC_RELAXED);
}

void ledger_add_error(struct ledger_entry *entry)
{
	if (entry)
		__atomic_add_fetch(&entry->errors, 1, __ATOMIC_RELAXED);
}

void ledger_add(const char *key, uint64_t n)
{
	struct ledger_entry *entry = ledger_find("total", key);

	if (entry)
		__atomic_add_fetch(&entry->calls, n, __ATOMIC_RELAXED);
}

void ledger_add_live(const char *live_key, const char *peak_key, int64_t n)
{
	struct ledger_entry *live = ledger_find("total", live_key);
	struct ledger_entry *peak = ledger_find("total", peak_key);
	uint64_t now, high;

	if (!live || !peak)
		return;
	now = __atomic_add_fetch(&live->calls, (uint64_t)n, __ATOMIC_RELAXED);
	high = __atomic_load_n(&peak->calls, __ATOMIC_RELAXED);
	while ((int64_t)now > (int64_t)high && !__atomic_compare_exchange_n(&peak->calls, &high,
						       now, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

const struct ledger_entry *ledger_read(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return NULL;
	if ((size_t)status.st_size != LEDGER_SIZE) {
		errno = EINVAL;
		return NULL;
	}
	return map_file(path, O_RDONLY);
}
