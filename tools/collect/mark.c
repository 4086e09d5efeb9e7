/* SPDX-License-Identifier: MIT */
#include "mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../preload/session/pruned.h"
#include "ground/entries.h"
#include "segment/summed.h"

enum { ADDITION = 8192 }; /* more than a session has files */

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), wanted = strlen(end);

	return length > wanted && !strcmp(name + length - wanted, end);
}

struct counting {
	unsigned files;
	bool summed;
};

static bool count_one(void *context, const char *name)
{
	struct counting *counting = context;

	counting->files += ends_in(name, ".seg") || ends_in(name, ".lost");
	counting->summed |= !strcmp(name, SUMMED_FILE);
	return false;
}

/* Each addition to the sum takes some of the files away, and may leave as many as there were. */
unsigned mark_count(int folder)
{
	char buffer[8192] __attribute__((aligned(8)));
	struct counting counting = { 0, false };
	unsigned count;

	entries_each(folder, buffer, sizeof(buffer), count_one, &counting);
	lseek(folder, 0, SEEK_SET);
	count = counting.files;
	if (counting.summed)
		count += 1 + (unsigned)summed_generation(folder) * ADDITION;
	return count & INT32_MAX;
}

bool mark_is_there(int folder, unsigned segments)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = openat(folder, COLLECTED_FILE, flags);
	char text[16];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = 0;
	return strtoul(text, NULL, 10) == segments;
}

int mark_make(int folder, unsigned segments)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, fd;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };
	struct stat st;
	char text[16];
	int length = snprintf(text, sizeof(text), "%u\n", segments), status;

	if (fstat(folder, &st))
		return -1;
	fd = openat(folder, COLLECTED_FILE, flags, 0644);
	if (fd < 0 && errno == EEXIST && !unlinkat(folder, COLLECTED_FILE, 0))
		fd = openat(folder, COLLECTED_FILE, flags, 0644);
	if (fd < 0)
		return -1;
	status = write(fd, text, (size_t)length) == length ? 0 : -1;
	close(fd);
	/* Housekeeping goes by the folder's time. */
	times[1] = st.st_mtim;
	futimens(folder, times);
	return status;
}
