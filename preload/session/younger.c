/* SPDX-License-Identifier: MIT */
#include "younger.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../ground/number.h"
#include "../ground/text.h"
#include "../ground/ticks.h"
#include "../segment/paths.h"

enum { TEXT_SIZE = 256 }; /* of most files what is asked for stands before that */

/* 0: there is none. */
static uint64_t number_behind(const char *text, const char *key)
{
	const char *at = strstr(text, key), *end;

	return at ? number_read(at + strlen(key), 10, &end) : 0;
}

static uint64_t number_in(const char *path)
{
	char text[TEXT_SIZE];

	text_read(path, text, sizeof(text));
	return number_behind(text, "");
}

/* Is /proc that of the namespace in which getpid() has its number? */
static bool proc_is_ours(pid_t self)
{
	char link[16];
	const char *end;
	ssize_t n = readlink("/proc/self", link, sizeof(link) - 1);

	link[n > 0 ? n : 0] = 0;
	return number_read(link, 10, &end) == (uint64_t)self;
}

/*
 * To come round, every number has to be given once, or to be in use as that of a process, a group
 * and a session for each task. A number takes more than a microsecond: the lock of all numbers and
 * that of all tasks are taken for it. One or two processors gave 0.05 to 0.1 in one, when they did
 * nothing but start threads that end at once.
 */
bool younger_may_wrap(uint64_t microseconds, uint64_t pid_max, uint64_t tasks)
{
	enum { NEVER_GIVEN_AGAIN = 300 }; /* RESERVED_PIDS, kernel/pid.c */
	uint64_t used = NEVER_GIVEN_AGAIN + 3 * tasks;

	return !tasks || used >= pid_max || microseconds >= pid_max - used;
}

/* "0.31 0.25 0.20 2/84 15365": of 84 tasks, proc(5). */
static bool may_have_wrapped(uint64_t start_ticks)
{
	uint64_t pid_max = number_in("/proc/sys/kernel/pid_max"), age = ticks_age(start_ticks);
	char text[TEXT_SIZE];

	text_read("/proc/loadavg", text, sizeof(text));
	return !age || younger_may_wrap(age / 1000 + 1, pid_max, number_behind(text, "/"));
}

/* None lives, and none that ended was waited for or went by itself. */
static bool has_had_no_child(void)
{
	char text[TEXT_SIZE], path[64];
	struct sigaction action;

	if (sigaction(SIGCHLD, NULL, &action) || action.sa_handler == SIG_IGN ||
		(action.sa_flags & SA_NOCLDWAIT) || !paths_has_been_alone())
		return false;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	return !text_read(path, text, sizeof(text));
}

/*
 * clone3(2) gives a number that is asked for to who may restore processes, and none is the last
 * then. capabilities(7): 21 is CAP_SYS_ADMIN, 40 CAP_CHECKPOINT_RESTORE.
 */
static bool may_choose_numbers(void)
{
	static const uint64_t may = 1ull << 21 | 1ull << 40;
	LARGE static char text[4096];
	const char *at, *end;

	if (!geteuid())
		return true;
	text_read("/proc/thread-self/status", text, sizeof(text));
	at = strstr(text, "\nCapEff:\t");
	return !at || (number_read(at + strlen("\nCapEff:\t"), 16, &end) & may);
}

/* /proc/PID is there for threads too, though none is listed. */
static bool is_process(const char *pid)
{
	char path[40], text[TEXT_SIZE];
	uint64_t thread;

	snprintf(path, sizeof(path), "/proc/%.16s/status", pid);
	text_read(path, text, sizeof(text));
	thread = number_behind(text, "\nPid:\t");
	return thread && number_behind(text, "\nTgid:\t") == thread;
}

/* Not that of /proc/loadavg, which containers are told another one of. */
uint64_t younger_last(void)
{
	return number_in("/proc/sys/kernel/ns_last_pid");
}

bool younger_than(uint64_t last, bool (*each)(void *context, const char *pid))
{
	enum { LOOKS = 128, ROUNDS = 20 };
	uint64_t first = last, seen = last;
	char pid[24];

	if (!proc_is_ours(getpid()))
		return false;
	for (int i = 0; i < ROUNDS; i++) {
		last = younger_last();
		if (last < seen || last - first > LOOKS)
			return false;
		/* What was seen may have started another one meanwhile. */
		if (last == seen)
			return true;
		while (seen < last) {
			number_write(pid, ++seen, 10, 1);
			if (is_process(pid))
				each(NULL, pid);
		}
	}
	return false;
}

/* Before the looks, which are for nothing then, and after them, for they take time. */
bool younger_each(uint64_t start_ticks, bool (*each)(void *context, const char *pid))
{
	return !may_have_wrapped(start_ticks) && (has_had_no_child() || !may_choose_numbers()) &&
	       younger_than((uint64_t)getpid(), each) && !may_have_wrapped(start_ticks);
}
