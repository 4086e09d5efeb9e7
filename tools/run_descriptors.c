/* SPDX-License-Identifier: MIT */
/*
 * What the command has from its caller is the command's alone: who waits for the end of its output,
 * or that nobody reads any more, waits for the command, and not for gpuspy.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptors.h"
#include "run.h"

/* May it name one of them at the end (/dev/stdout, /dev/fd/3, /proc/self/fd/3)? */
static bool may_name_one(const char *path)
{
	return path && (!strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6));
}

static void note(int fd, void *data)
{
	struct run *run = data;

	size_t size = (run->n_descriptors + 1) * sizeof(fd);
	int *longer = fd > STDERR_FILENO ? realloc(run->descriptors, size) : NULL;

	if (!longer)
		return;
	run->descriptors = longer;
	run->descriptors[run->n_descriptors++] = fd;
}

void run_note_descriptors(struct run *run)
{
	descriptors_each(note, run);
}

void run_give_up_descriptors(struct run *run)
{
	int null;

	if (may_name_one(run->json) || may_name_one(getenv("GPUSPY_OUTPUT")))
		return;
	for (unsigned i = 0; i < run->n_descriptors; i++)
		close(run->descriptors[i]);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	if (run->json_fd != STDOUT_FILENO)
		dup2(null, STDOUT_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}
