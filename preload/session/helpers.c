/* SPDX-License-Identifier: MIT */
#include "helpers.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../ground/path.h"
#include "../ground/text.h"
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

static const char *after(const char *text, const char *start)
{
	size_t n = strlen(start);

	return strncmp(text, start, n) ? NULL : text + n;
}

/* Python's multiprocessing and loky (joblib) have one: "from ... import main;main(7)". */
static bool tracks_resources(pid_t pid, const char *code)
{
	static const char starts[][72] = {
		"from multiprocessing.resource_tracker import main;",
		"from multiprocessing.semaphore_tracker import main;",
		"from loky.backend.resource_tracker import main;",
		"from joblib.externals.loky.backend.resource_tracker import main;",
	};

	(void)pid;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		const char *call = after(code, starts[i]);

		if (call)
			return is_last_call(call + strspn(call, " "));
	}
	return false;
}

/*
 * Of Python 3.14.10 it imports sys first (gh-144503). It may load modules of the program's before
 * it waits, and these may have started threads.
 */
static bool waits_to_fork(pid_t pid, const char *code)
{
	const char *rest = after(code, "import sys; ");

	return after(rest ? rest : code, "from multiprocessing.forkserver import main; main(") &&
	       idle_waits(pid, IDLE_EVENTS, -1);
}

/*
 * A worker of parallel's, so of future's and foreach's. One that computes goes on to the end of its
 * call, whoever is to have the answer.
 */
static bool waits_for_calls(pid_t pid, const char *code)
{
	int connection = strstr(code, "parallel:::.workRSOCK") ? connections_answered(pid) : -1;

	return connection >= 0 && idle_waits(pid, IDLE_CONNECTION, connection);
}

/*
 * mirai's of this machine end at once when their host does, unless they are told otherwise
 * (mirai::daemon()). No mirai was at hand to be looked at: one that is not seen to wait is a
 * reason.
 */
static bool serves_mirai(pid_t pid, const char *code)
{
	static const char here[][16] = { "abstract://", "ipc://",
		"//127.0.0.1:", "//localhost:", "//[::1]:" };

	if ((!strstr(code, "mirai::daemon(") && !strstr(code, "mirai::dispatcher(")) ||
		(strstr(code, "autoexit") && !strstr(code, "autoexit=TRUE")))
		return false;
	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
		if (strstr(code, here[i]))
			return idle_waits(pid, IDLE_WITHOUT_LIMIT, -1);
	return false;
}

static const struct {
	char option[4]; /* before the code */
	bool (*waits)(pid_t pid, const char *code);
} helpers[] = {
	{ "-c", tracks_resources },
	{ "-c", waits_to_fork },
	{ "-e", waits_for_calls },
	{ "-e", serves_mirai },
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

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	n = text_read(path, text, size);
	while (n > 0 && text[n - 1])
		n--;
	return n > 0 ? (size_t)n : 0;
}

/* gpuspy record, as R's gpu_watch(record = TRUE) starts it, looks on, and ends when R does. */
static bool looks_on(pid_t pid, const char *arguments, const char *end)
{
	char path[32], program[PATHS_MAX];
	const char *second = arguments + strlen(arguments) + 1;
	ssize_t n;

	if (second >= end || strcmp(second, "record") != 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, program, sizeof(program) - 1);
	program[n > 0 ? n : 0] = 0;
	return !strcmp(path_file(program), "gpuspy");
}

bool helpers_wait(pid_t pid)
{
	LARGE static char text[16384];
	size_t size = read_arguments(pid, text, sizeof(text));
	const char *option = text, *end = text + size, *last = NULL, *code = NULL;

	/* What one forked has the same words, and goes on for as long as it likes. */
	if (!size || paths_is_forked(pid))
		return false;
	if (looks_on(pid, text, end))
		return true;
	/* Behind Python's -c are the code's own arguments; of R's -e the last one is run last. */
	while (option < end && strcmp(option, "--args") != 0 &&
		(!last || strcmp(last, "-c") != 0)) {
		const char *next = option + strlen(option) + 1;

		if (next < end && (!strcmp(option, "-c") || !strcmp(option, "-e"))) {
			last = option;
			code = next;
			next += strlen(next) + 1;
		}
		option = next;
	}
	return code && is_one(pid, last, code);
}
