/* SPDX-License-Identifier: MIT */
#include "pruned.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void pruned_read_job(char job[PRUNED_JOB_MAX], int segment, const struct segment_header *header)
{
	uint32_t text = header->job.texts[JOB_ID];
	char read[PRUNED_JOB_MAX];
	ssize_t n;

	if (memcmp(header->magic, SEGMENT_MAGIC, sizeof(header->magic)) != 0 ||
		header->version != SEGMENT_VERSION || !text || text >= SEGMENT_STRINGS_SIZE)
		return;
	n = pread(segment, read, sizeof(read) - 1, (off_t)(SEGMENT_STRINGS_OFFSET + text));
	if (n <= 0)
		return;
	read[n] = 0;
	/* One line a job, whatever its name would like to be. */
	if (!read[strcspn(read, "\n")])
		strcpy(job, read);
}

void pruned_note(int base, const char *job)
{
	char line[PRUNED_JOB_MAX + 1];
	int length = snprintf(line, sizeof(line), "%s\n", job);
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = openat(base, PRUNED_FILE, flags, 0600);
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		if (write(fd, line, (size_t)length) == length && st.st_size > PRUNED_SIZE)
			renameat(base, PRUNED_FILE, base, PRUNED_OLD_FILE);
	}
	close(fd);
}
