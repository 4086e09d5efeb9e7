/* SPDX-License-Identifier: MIT */
#include "claim.h"

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../segment/alive.h"
#include "../segment/paths.h"

static const char file_name[] = "owner";

/* Who has a claim, and where that runs; pid 0: a free place. The file is a list of these. */
struct owner {
	int32_t pid;
	uint64_t start_ticks;
	struct segment_place place;
};

_Static_assert(sizeof(struct owner) == 112, "another version's file has another name");

enum { OWNERS_MAX = 65536 };

static void write_self(struct owner *self)
{
	memset(self, 0, sizeof(*self));
	self->pid = getpid();
	self->start_ticks = paths_start_ticks(self->pid);
	alive_here(&self->place);
}

static int open_list(int folder)
{
	int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

	return openat(folder, file_name, flags, 0600);
}

static bool read_place(int list, unsigned place, struct owner *owner)
{
	return place < OWNERS_MAX && pread(list, owner, sizeof(*owner),
					     (off_t)(place * sizeof(*owner))) == sizeof(*owner);
}

static bool write_place(int list, unsigned place, const struct owner *owner)
{
	return pwrite(list, owner, sizeof(*owner), (off_t)(place * sizeof(*owner))) ==
	       sizeof(*owner);
}

/* From elsewhere nobody can say that an owner is dead. */
static bool is_free(const struct owner *owner)
{
	return !owner->pid || alive_look(owner->pid, owner->start_ticks, &owner->place) == ENDED;
}

/* In a free place, unless an earlier image of this process, before an exec, stands there. */
static bool enter(int list)
{
	struct owner self, owner;
	unsigned place = 0, first_free = OWNERS_MAX;

	write_self(&self);
	for (; read_place(list, place, &owner); place++) {
		if (!memcmp(&owner, &self, sizeof(self)))
			return true;
		if (first_free == OWNERS_MAX && is_free(&owner))
			first_free = place;
	}
	return write_place(list, first_free < place ? first_free : place, &self);
}

static bool leave(int list)
{
	static const struct owner nobody;
	struct owner self, owner;
	bool last = true;

	write_self(&self);
	for (unsigned place = 0; read_place(list, place, &owner); place++) {
		if (!memcmp(&owner, &self, sizeof(self)))
			write_place(list, place, &nobody);
		else
			last &= is_free(&owner);
	}
	return last;
}

/*
 * The lock is held for microseconds, unless its holder waits for a processor: on a machine with
 * more to do than it has processors that takes some of its time slices. Who holds it for half a
 * second was stopped there, and owns it.
 */
static bool lock_folder(int fd)
{
	static const struct timespec millisecond = { .tv_nsec = 1000000 };

	for (int tries = 0; tries < 600; tries++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return true;
		if (tries < 100)
			sched_yield();
		else
			nanosleep(&millisecond, NULL);
	}
	return false;
}

static bool with_list(const char *folder, bool (*do_it)(int list))
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), list;
	struct stat st;
	bool done = false;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && st.st_uid == geteuid() && lock_folder(fd)) {
		list = open_list(fd);
		done = list >= 0 && do_it(list);
		if (list >= 0)
			close(list);
	}
	close(fd);
	return done;
}

bool claim_session(const char *folder)
{
	return with_list(folder, enter);
}

bool claim_was_last(const char *folder)
{
	return with_list(folder, leave);
}
