/* SPDX-License-Identifier: MIT */
/*
 * Many made-up sessions of a job: make-sessions FOLDER NUMBER JOB. Each ran 10 kernels on one GPU.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "segment/paths.h"
#include "synthetic.h"

static void make(const char *folder, unsigned number, const char *job)
{
	struct synthetic s = synthetic_training((pid_t)number + 1, 1000 + number, 0);
	char path[PATHS_MAX];
	struct utsname names;

	uname(&names);
	s.header->state = STATE_EXITED;
	s.header->exit_status = 0;
	s.header->job.scheduler = SCHEDULER_SLURM;
	s.header->job.texts[JOB_ID] = synthetic_string(&s, job);
	s.header->job.numbers[JOB_TASK] = number + 1;
	snprintf(s.header->place.host, sizeof(s.header->place.host), "%.64s", names.nodename);
	snprintf(path, sizeof(path), "%s/%u-%u", folder, number + 1, 1000 + number);
	if (!mkdir(path, 0700))
		synthetic_write(&s, path);
	synthetic_free(&s);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	for (unsigned i = 0; i < (unsigned)atoi(argv[2]); i++)
		make(argv[1], i, argv[3]);
	return 0;
}
