/* SPDX-License-Identifier: MIT */
/*
 * Many made-up sessions of a job: make-sessions FOLDER NUMBER JOB [odd]. Each ran kernels on one
 * GPU; odd: on one that no other has seen, and more than there are.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "segment/paths.h"
#include "synthetic.h"

static void make_odd(struct synthetic *s, unsigned number)
{
	memcpy(s->devices[0].uuid, &number, sizeof(number));
	synthetic_context(s, 0, (uint64_t)1 << 62, 1);
}

static void make(const char *folder, unsigned number, const char *job, bool odd)
{
	struct synthetic s = synthetic_training((pid_t)number + 1, 1000 + number, 0);
	char path[PATHS_MAX];
	struct utsname names;

	uname(&names);
	if (odd)
		make_odd(&s, number);
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
	if (argc < 4)
		return 2;
	for (unsigned i = 0; i < (unsigned)atoi(argv[2]); i++)
		make(argv[1], i, argv[3], argc > 4);
	return 0;
}
