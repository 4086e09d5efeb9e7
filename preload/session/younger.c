/* SPDX-License-Identifier: MIT */
#include "younger.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../ground/number.h"

enum { TEXT_SIZE = 256 }; /* what is asked for stands before that */

/* The beginning of a file; false, and "": it cannot be had. */
static bool read_text(const char *path, char text[TEXT_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, TEXT_SIZE - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n >= 0;
}

/* 0: there is none. */
static uint64_t number_behind(const char *text, const char *key)
{
	const char *at = strstr(text, key), *end;

	return at ? number_read(at + strlen(key), 10, &end) : 0;
}

static uint64_t number_in(const char *path)
{
	char text[TEXT_SIZE];

	read_text(path, text);
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

/* To a clock tick, and not less than it was. */
static uint64_t microseconds_since(uint64_t start_ticks)
{
	unsigned long per_second = getauxval(AT_CLKTCK);
	uint64_t started = start_ticks * (1000000u / (per_second ? per_second : 100)), now;
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	now = (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u + 1;
	return now > started ? now - started : UINT64_MAX;
}

/*
 * To come round, every number has to be given once, or to be in use as that of a process, a group
 * and a session for each task. A number takes more than a microsecond: the lock of all numbers and
 * that of all tasks are taken for it. Two processors gave 0.1 in one, when they did nothing but
 * start threads that end at once.
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
	uint64_t pid_max = number_in("/proc/sys/kernel/pid_max");
	char text[TEXT_SIZE];

	read_text("/proc/loadavg", text);
	return younger_may_wrap(microseconds_since(start_ticks), pid_max, number_behind(text, "/"));
}

/*
 * This process, of one thread, has no child, and none that ended was waited for (field 11 of
 * /proc/PID/stat, proc(5), counts what such a one touched of its memory) or went by itself.
 */
static bool has_had_no_child(void)
{
	enum { FIELD_FAULTS = 11, FIELD_THREADS = 20 };
	char text[TEXT_SIZE], path[64];
	struct sigaction action;
	const char *at, *end;
	unsigned field = 2;

	if (sigaction(SIGCHLD, NULL, &action) || action.sa_handler == SIG_IGN ||
		(action.sa_flags & SA_NOCLDWAIT))
		return false;
	read_text("/proc/self/stat", text);
	for (at = strrchr(text, ')'); at && field < FIELD_THREADS; field++) {
		at = strchr(at + 1, ' ');
		if (at && field + 1 == FIELD_FAULTS && number_read(at + 1, 10, &end))
			return false;
	}
	if (!at || number_read(at + 1, 10, &end) != 1)
		return false;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	return read_text(path, text) && !text[0];
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
	ssize_t n;
	int fd;

	if (!geteuid())
		return true;
	fd = open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	at = strstr(text, "\nCapEff:\t");
	return !at || (number_read(at + strlen("\nCapEff:\t"), 16, &end) & may);
}

/* /proc/PID is there for threads too, though none is listed. */
static bool is_process(const char *pid)
{
	char path[40], text[TEXT_SIZE];
	uint64_t thread;

	snprintf(path, sizeof(path), "/proc/%.16s/status", pid);
	read_text(path, text);
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

bool younger_each(uint64_t start_ticks, bool (*each)(void *context, const char *pid))
{
	return (has_had_no_child() || !may_choose_numbers()) &&
	       younger_than((uint64_t)getpid(), each) && !may_have_wrapped(start_ticks);
}
