/* SPDX-License-Identifier: MIT */
/*
 * What the command has from its caller is the command's alone: who waits for the end of its output,
 * or that nobody reads any more, waits for the command, and not for gpuspy.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

/* May it name one of them at the end (/dev/stdout, /dev/fd/3, /proc/self/fd/3)? */
static bool may_name_one(const char *path)
{
	return path && (!strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6));
}

void run_note_descriptors(struct run *run)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		int fd = atoi(entry->d_name);

		if (fd > STDERR_FILENO && fd < RUN_DESCRIPTORS_MAX && fd != dirfd(folder))
			run->descriptors[fd] = true;
	}
	if (folder)
		closedir(folder);
}

void run_give_up_descriptors(struct run *run)
{
	int null;

	if (may_name_one(run->json) || may_name_one(getenv("GPUSPY_OUTPUT")))
		return;
	for (int fd = STDERR_FILENO + 1; fd < RUN_DESCRIPTORS_MAX; fd++)
		if (run->descriptors[fd])
			close(fd);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	if (run->json_fd != STDOUT_FILENO)
		dup2(null, STDOUT_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}
