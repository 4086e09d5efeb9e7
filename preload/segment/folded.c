/* SPDX-License-Identifier: MIT */
#include "folded.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/entries.h"
#include "alive.h"
#include "paths.h"

/* The last letter is the layout's. */
static const char magic[8] = { 'G', 'P', 'U', 'S', 'P', 'Y', 'F', '4' };

struct folded {
	char magic[8];
	struct folded_numbers numbers; /* added to by many, atomically */
	struct segment_place place;    /* of one of them */
};

_Static_assert(sizeof(struct folded) == 128, "it has a new letter with each change");

static const struct segment_place nowhere;

/* Whoever makes the file writes the letters last. */
static bool is_of_other_version(const struct folded *folded)
{
	static const char none[sizeof(magic)];

	return memcmp(folded->magic, magic, sizeof(magic)) != 0 &&
	       memcmp(folded->magic, none, sizeof(none)) != 0;
}

static int open_file(int folder, int flags)
{
	return openat(folder, FOLDED_FILE, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

/* Space first: a full file system is an error here, and would be a SIGBUS later. */
static struct folded *map_file(int folder)
{
	int fd = open_file(folder, O_RDWR | O_CREAT);
	void *map = MAP_FAILED;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
		((st.st_mode & 0777) == 0600 || !fchmod(fd, 0600)) &&
		!posix_fallocate(fd, 0, sizeof(struct folded)))
		map = mmap(NULL, sizeof(struct folded), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static struct folded *map_in(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct folded *folded;

	if (fd < 0)
		return NULL;
	folded = map_file(fd);
	close(fd);
	if (!folded)
		return NULL;
	if (is_of_other_version(folded)) {
		munmap(folded, sizeof(*folded));
		return NULL;
	}
	if (!memcmp(&folded->place, &nowhere, sizeof(nowhere)))
		alive_here(&folded->place);
	memcpy(folded->magic, magic, sizeof(magic)); /* all write the same */
	return folded;
}

void folded_add_kept(uint64_t *number)
{
	__atomic_fetch_add(number, 1, __ATOMIC_RELAXED);
}

static bool add(const char *folder, size_t which)
{
	struct folded *folded = map_in(folder);

	if (!folded)
		return false;
	folded_add_kept((uint64_t *)((char *)folded + which));
	munmap(folded, sizeof(*folded));
	return true;
}

uint64_t *folded_keep_apart(const char *folder)
{
	struct folded *folded = map_in(folder);

	return folded ? &folded->numbers.apart : NULL;
}

bool folded_add(const char *folder)
{
	return add(folder, offsetof(struct folded, numbers.processes));
}

bool folded_add_unwatched(const char *folder)
{
	return add(folder, offsetof(struct folded, numbers.unwatched));
}

bool folded_add_apart(const char *folder)
{
	return add(folder, offsetof(struct folded, numbers.apart));
}

bool folded_take_apart(const char *folder)
{
	struct folded *folded = map_in(folder);
	uint64_t before;
	bool taken = false;

	if (!folded)
		return false;
	before = __atomic_load_n(&folded->numbers.apart, __ATOMIC_RELAXED);
	while (before && !taken)
		taken = __atomic_compare_exchange_n(&folded->numbers.apart, &before, before - 1,
			false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	munmap(folded, sizeof(*folded));
	return taken;
}

/* Another version's is given back as if there were none. */
static struct folded read_file(int folder, bool *other_version)
{
	int fd = open_file(folder, O_RDONLY);
	struct folded folded = { .magic = "" };
	ssize_t n = fd < 0 ? -1 : pread(fd, &folded, sizeof(folded), 0);

	if (fd >= 0)
		close(fd);
	if (other_version)
		*other_version = n > 0 && is_of_other_version(&folded);
	if (n != (ssize_t)sizeof(folded) || memcmp(folded.magic, magic, sizeof(magic)) != 0)
		return (struct folded){ .magic = "" };
	return folded;
}

struct folded_numbers folded_read(int folder, bool *other_version)
{
	return read_file(folder, other_version).numbers;
}

bool folded_is_of_here(int folder)
{
	struct folded folded = read_file(folder, NULL);

	return alive_is_here(&folded.place);
}

/* By the open file: a lock of the process's goes when any descriptor of that file is closed. */
static int set_lock(int fd, short type)
{
	struct flock whole = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &whole);
}

int folded_lock(int folder)
{
	int fd = open_file(folder, O_RDWR | O_CREAT);

	if (fd < 0 || !set_lock(fd, F_WRLCK))
		return fd;
	close(fd);
	return -1;
}

/* Not by closing it alone: a child that was forked meanwhile has it too. */
void folded_unlock(int lock)
{
	set_lock(lock, F_UNLCK);
	close(lock);
}

struct beside {
	bool other, mark;
};

static bool look_beside(void *context, const char *name)
{
	struct beside *beside = context;

	if (paths_user(PATHS_USER_MARK, name))
		beside->mark = true;
	else
		beside->other = *name != '.' && strcmp(name, FOLDED_FILE) != 0;
	return beside->other;
}

bool folded_is_alone(int folder)
{
	struct folded folded = read_file(folder, NULL);
	char entries[1024] __attribute__((aligned(8)));
	struct beside beside = { .other = false };

	if (folded.numbers.processes)
		return false;
	entries_each(folder, entries, sizeof(entries), look_beside, &beside);
	return !beside.other && (folded.magic[0] || beside.mark);
}
