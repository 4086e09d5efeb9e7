/* SPDX-License-Identifier: MIT */
#include "idle.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../ground/entries.h"
#include "../ground/number.h"

static size_t read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

enum waits { NOT, FOR_OTHERS, FOR_DATA };

/* What a call's first argument is. */
static const struct {
	uint64_t number;
	enum { DESCRIPTOR, HIGHEST, NO_DESCRIPTOR, LOCK } first;
} calls[] = {
	{ SYS_read, DESCRIPTOR },
	{ SYS_recvfrom, DESCRIPTOR },
	{ SYS_pselect6, HIGHEST },
	{ SYS_ppoll, NO_DESCRIPTOR },
	{ SYS_epoll_pwait, NO_DESCRIPTOR },
	{ SYS_futex, LOCK },
#ifdef SYS_poll
	{ SYS_select, HIGHEST },
	{ SYS_poll, NO_DESCRIPTOR },
	{ SYS_epoll_wait, NO_DESCRIPTOR },
#endif
};

/* A select(2) of no more than standard input is a sleep of R's. */
static bool is_for(uint64_t first, int descriptor, bool highest)
{
	if (descriptor < 0)
		return !highest || first > 1;
	return highest ? first > (uint64_t)descriptor : first == (uint64_t)descriptor;
}

/* "7 0x7ffd.. 0x1 ...": the call and its arguments; "running". */
static enum waits by_call(const char *text, int descriptor)
{
	const char *end;
	uint64_t number = number_read(text, 10, &end), first;

	if (end == text || strncmp(end, " 0x", 3) != 0)
		return NOT;
	first = number_read(end + 3, 16, &end);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].number != number)
			continue;
		if (calls[i].first == LOCK)
			return FOR_OTHERS;
		if (calls[i].first == NO_DESCRIPTOR)
			return descriptor < 0 ? FOR_DATA : NOT;
		return is_for(first, descriptor, calls[i].first == HIGHEST) ? FOR_DATA : NOT;
	}
	return NOT;
}

/* Names of functions of Linux 5.10 to 6.18. */
static enum waits by_place(const char *text)
{
	static const char data[][16] = { "poll", "select", "sk_wait_data", "wait_woken",
		"pipe_read" };

	for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		if (strstr(text, data[i]))
			return FOR_DATA;
	return strstr(text, "futex") ? FOR_OTHERS : NOT;
}

struct process {
	pid_t pid;
	int descriptor;
	bool waits;
};

static bool look_at_thread(void *context, const char *thread)
{
	struct process *process = context;
	const char *end;
	bool first = number_read(thread, 10, &end) == (uint64_t)process->pid;
	char path[64], text[256];
	enum waits waits;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/syscall", (int)process->pid, thread);
	if (read_text(path, text, sizeof(text))) {
		waits = by_call(text, first ? process->descriptor : -1);
	} else {
		strcpy(strrchr(path, '/'), "/wchan");
		read_text(path, text, sizeof(text));
		waits = by_place(text);
	}
	process->waits = waits == FOR_DATA || (!first && waits == FOR_OTHERS);
	return !process->waits;
}

bool idle_waits(pid_t pid, int descriptor)
{
	struct process process = { pid, descriptor, false };
	char path[32], entries[1024] __attribute__((aligned(8)));
	int folder;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return false;
	if (entries_each(folder, entries, sizeof(entries), look_at_thread, &process))
		process.waits = false;
	close(folder);
	return process.waits;
}
