/* SPDX-License-Identifier: MIT */
#include "deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../preload/session/output.h"
#include "report/output_name.h"
#include "say.h"
#include "sessions.h"

static int open_json(const char *name)
{
	return open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
}

static bool is_fifo(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISFIFO(st.st_mode);
}

static bool is_standard(const struct run *run)
{
	return !strcmp(run->json, "-");
}

static int complain(const struct run *run)
{
	say("%s: %s: %s", run->who, is_standard(run) ? "standard output" : run->json,
		strerror(errno));
	return -1;
}

int deliver_open_json(struct run *run)
{
	run->json_fd = -1;
	if (!run->json)
		return 0;
	if (is_standard(run)) {
		run->json_fd = say_output();
		return run->json_fd < 0 ? complain(run) : 0;
	}
	/* Its reader may come while the command runs. */
	if (is_fifo(run->json))
		return access(run->json, W_OK) ? complain(run) : 0;
	run->json_fd = open_json(run->json);
	return run->json_fd < 0 ? complain(run) : 0;
}

/* With the same care: standard error may be what takes nothing. */
static void say_undelivered(const struct run *run)
{
	char line[SAY_LINE_MAX];

	output_error(line,
		say_line(line,
			"%s: %s: the report could not be written (gpuspy report --json --last may "
			"have it)",
			run->who, is_standard(run) ? "standard output" : run->json));
}

void deliver_json(struct run *run, const char *text, size_t size)
{
	bool written = false;

	if (run->json_fd < 0)
		run->json_fd = open_json(run->json);
	if (run->json_fd >= 0)
		written = output_to(run->json_fd, text, size);
	if (run->json_fd > STDERR_FILENO && close(run->json_fd))
		written = false;
	if (!written)
		say_undelivered(run);
}

/* Nobody takes it: `gpuspy report' will find it, also of a session without a segment. */
static void keep_text(const struct run *run, const char *text, size_t size)
{
	int folder = session_make(run->base, run->session), fd = -1;

	if (folder >= 0)
		fd = openat(folder, REPORT_FILE,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd >= 0) {
		output_to(fd, text, size);
		close(fd);
	}
	if (folder >= 0)
		close(folder);
}

void deliver_text(const struct run *run, const char *text, size_t size)
{
	const char *pattern = getenv("GPUSPY_OUTPUT");
	char name[4096];

	if (pattern && *pattern) {
		if (!output_name(name, sizeof(name), pattern, run->pid, run->session) &&
			output_file(name, false, text, size))
			return;
		output_warning("GPUSPY_OUTPUT cannot be written: the report comes here");
	}
	if (!output_error(text, size))
		keep_text(run, text, size);
}
