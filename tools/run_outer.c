/* SPDX-License-Identifier: MIT */
/*
 * gpuspy run inside of a session: the command has a session of its own, and the outer one, which
 * does not know what it did, is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "segment/alive.h"
#include "segment/folded.h"
#include "sessions.h"

void run_find_outer(struct run *run)
{
	const char *named = getenv("GPUSPY_SESSION");
	uint64_t time;
	pid_t pid;

	run->outer[0] = 0;
	if (named && paths_session_valid(named) && paths_session_identity(named, &pid, &time) &&
		pid != getpid() && alive_named_here(named) && alive_owner(named))
		strcpy(run->outer, named);
}

static void name_folder(char folder[PATHS_MAX + SESSION_NAME_MAX + 1], const struct run *run)
{
	snprintf(folder, PATHS_MAX + SESSION_NAME_MAX + 1, "%s/%s", run->base, run->outer);
}

void run_tell_outer(struct run *run)
{
	char folder[PATHS_MAX + SESSION_NAME_MAX + 1];
	int fd = run->outer[0] ? session_make(run->base, run->outer) : -1;

	if (fd < 0)
		return;
	close(fd);
	name_folder(folder, run);
	run->outer_told = folded_add_apart(folder);
}

void run_untell_outer(struct run *run)
{
	char folder[PATHS_MAX + SESSION_NAME_MAX + 1];

	if (!run->outer_told)
		return;
	name_folder(folder, run);
	run->outer_told = !folded_take_apart(folder);
}
