/* SPDX-License-Identifier: MIT */
#include "claim.h"

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../segment/alive.h"
#include "../segment/paths.h"

static const char file_name[] = "owner";

/* Whose claim it is, and where that runs. */
struct owner {
	int32_t pid;
	uint64_t start_ticks;
	struct segment_place place;
};

static void write_self(struct owner *self)
{
	memset(self, 0, sizeof(*self));
	self->pid = getpid();
	self->start_ticks = paths_start_ticks(self->pid);
	alive_here(&self->place);
}

static bool read_owner(int folder, struct owner *owner)
{
	int fd = openat(folder, file_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, owner, sizeof(*owner));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)sizeof(*owner);
}

static bool write_owner(int folder, const struct owner *self)
{
	ssize_t n;
	int fd;

	unlinkat(folder, file_name, 0);
	fd = openat(folder, file_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	n = write(fd, self, sizeof(*self));
	close(fd);
	return n == (ssize_t)sizeof(*self);
}

/* From elsewhere nobody can say that an owner is dead. */
static bool claim(int folder)
{
	struct owner self, owner;

	write_self(&self);
	if (read_owner(folder, &owner)) {
		if (!memcmp(&owner, &self, sizeof(self)))
			return true; /* an earlier image of this process, before an exec */
		if (alive_look(owner.pid, owner.start_ticks, &owner.place) != ENDED)
			return false;
	}
	return write_owner(folder, &self);
}

/* The lock is held for microseconds; who holds it longer was stopped there, and owns it. */
static bool lock_folder(int fd)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return true;
		sched_yield();
	}
	return false;
}

bool claim_session(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	bool claimed;

	if (fd < 0)
		return false;
	claimed = !fstat(fd, &st) && st.st_uid == geteuid() && lock_folder(fd) && claim(fd);
	close(fd);
	return claimed;
}
