/* SPDX-License-Identifier: MIT */
#include "directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ENTRIES = 64 }; /* between two looks at the clock */

/* Room for one more element at the end of an array; NULL: no memory. The element is zeroed. */
void *directory_grow(void **array, unsigned count, size_t size)
{
	void *more = realloc(*array, (count + (size_t)1) * size);

	if (!more)
		return NULL;
	*array = more;
	return memset((char *)more + count * size, 0, size);
}

/*
 * Has the folder changed since it was listed? A change within the clock's grain of the last one
 * leaves the same time, so a folder that has just changed is listed again.
 */
bool directory_changed(const struct stat *st, struct timespec *before, bool *listed)
{
	struct timespec now;
	bool fresh = !*listed || st->st_mtim.tv_sec != before->tv_sec ||
		     st->st_mtim.tv_nsec != before->tv_nsec;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec - st->st_mtim.tv_sec < 2)
		fresh = true;
	*before = st->st_mtim;
	*listed = true;
	return fresh;
}

int directory_open(int directory, const char *name, struct stat *st)
{
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, st)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Calls `entry` for each name in an open folder, as long as there is time. false: it ran out. */
bool directory_list(
	int directory, const struct budget *budget, directory_entry *entry, void *context)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *next;
	bool time = true;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	for (unsigned count = 1; time && (next = readdir(stream)); count++) {
		entry(context, directory, next->d_name);
		time = !budget || count % ENTRIES || budget_time(budget);
	}
	closedir(stream);
	return time;
}
