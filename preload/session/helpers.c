/* SPDX-License-Identifier: MIT */
#include "helpers.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../segment/paths.h"
#include "connections.h"
#include "idle.h"

/* "main(7)", "main(3, False)": the end of a helper's code, with nothing behind it. */
static bool is_last_call(const char *code)
{
	static const char inside[] = "0123456789, TrueFals";
	size_t start = strlen("main("), n;

	if (strncmp(code, "main(", start) != 0)
		return false;
	n = strspn(code + start, inside);
	return !strcmp(code + start + n, ")");
}

/* Python's multiprocessing and loky (joblib) have one; "from ... import main;main(7)". */
static bool tracks_resources(pid_t pid, const char *code)
{
	static const char names[][40] = { "resource_tracker import main;",
		"semaphore_tracker import main;" };
	const char *at;

	(void)pid;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		at = strstr(code, names[i]);
		if (!at || strncmp(code, "from ", 5) != 0 ||
			code + 5 + strcspn(code + 5, " ;(") < at)
			continue;
		at += strlen(names[i]);
		return is_last_call(at + strspn(at, " "));
	}
	return false;
}

/*
 * Of Python 3.14.10 it imports sys first (gh-144503). It may load modules of the program's before
 * it waits, and these may have started threads.
 */
static bool waits_to_fork(pid_t pid, const char *code)
{
	static const char start[] = "from multiprocessing.forkserver import main; main(",
			  imports[] = "import sys; ";

	if (!strncmp(code, imports, sizeof(imports) - 1))
		code += sizeof(imports) - 1;
	return !strncmp(code, start, sizeof(start) - 1) && idle_waits(pid, -1);
}

/*
 * A worker of parallel's, so of future's and foreach's. One that computes goes on to the end of its
 * call, whoever is to have the answer.
 */
static bool waits_for_calls(pid_t pid, const char *code)
{
	int connection = strstr(code, "parallel:::.workRSOCK") ? connections_answered(pid) : -1;

	return connection >= 0 && idle_waits(pid, connection);
}

/* mirai's end at once, whatever they compute, unless they are told otherwise: mirai::daemon(). */
static bool ends_at_once(pid_t pid, const char *code)
{
	(void)pid;
	return (strstr(code, "mirai::daemon(") || strstr(code, "mirai::dispatcher(")) &&
	       (!strstr(code, "autoexit") || strstr(code, "autoexit=TRUE"));
}

static const struct {
	char option[4]; /* before the code */
	bool (*waits)(pid_t pid, const char *code);
} helpers[] = {
	{ "-c", tracks_resources },
	{ "-c", waits_to_fork },
	{ "-e", waits_for_calls },
	{ "-e", ends_at_once },
};

static bool is_one(pid_t pid, const char *option, const char *code)
{
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		if (!strcmp(option, helpers[i].option) && helpers[i].waits(pid, code))
			return true;
	return false;
}

/* Arguments ended by zeros, proc(5); what is cut off is none. */
static size_t read_arguments(pid_t pid, char *text, size_t size)
{
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, size);
	if (fd >= 0)
		close(fd);
	while (n > 0 && text[n - 1])
		n--;
	return n > 0 ? (size_t)n : 0;
}

bool helpers_wait(pid_t pid)
{
	LARGE static char text[16384];
	size_t size = read_arguments(pid, text, sizeof(text));
	const char *option = text, *end = text + size;

	/* What one forked has the same words, and goes on for as long as it likes. */
	if (!size || paths_is_forked(pid))
		return false;
	while (option < end && strcmp(option, "--args") != 0) {
		const char *next = option + strlen(option) + 1;

		if (next < end && is_one(pid, option, next))
			return true;
		option = strcmp(option, "-c") ? next : end; /* what follows are the code's own */
	}
	return false;
}
