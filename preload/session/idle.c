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
#include "../ground/text.h"

struct process {
	pid_t pid;
	enum idle how;
	uint64_t descriptor;
	bool waits;
};

enum { ARGUMENTS = 6 };

struct call {
	uint64_t number, arguments[ARGUMENTS];
};

/* "7 0x7ffd1 0x1 ... ": the call, six arguments, and more. False: "running", or in none. */
static bool read_call(const char *text, struct call *call)
{
	const char *end;

	call->number = number_read(text, 10, &end);
	if (end == text)
		return false;
	for (int i = 0; i < ARGUMENTS; i++) {
		if (strncmp(end, " 0x", 3) != 0)
			return false;
		call->arguments[i] = number_read(end + 3, 16, &end);
	}
	return true;
}

/* futex(2): the fourth argument is the limit of time. */
static bool is_for_others(const struct call *call)
{
	return call->number == SYS_futex && !call->arguments[3];
}

/* epoll_wait(2): so it is, and negative if there is none. */
static bool is_for_events(const struct call *call)
{
	bool waits = call->number == SYS_epoll_pwait;

#ifdef SYS_epoll_wait
	waits |= call->number == SYS_epoll_wait;
#endif
	return waits && (int)call->arguments[3] < 0;
}

/* R's select(2) goes as far as its connection; one for another, opened meanwhile, goes further. */
static bool is_for_connection(const struct call *call, uint64_t descriptor)
{
	bool selects = call->number == SYS_pselect6;

#ifdef SYS_select
	selects |= call->number == SYS_select;
#endif
	if (selects)
		return call->arguments[0] == descriptor + 1;
	return (call->number == SYS_read || call->number == SYS_recvfrom) &&
	       call->arguments[0] == descriptor;
}

static bool waits(const struct process *process, bool first, const struct call *call)
{
	if (first && process->how == IDLE_CONNECTION)
		return is_for_connection(call, process->descriptor);
	if (first && process->how == IDLE_EVENTS)
		return is_for_events(call);
	return is_for_others(call) || (process->how == IDLE_WITHOUT_LIMIT && is_for_events(call));
}

static bool look_at_thread(void *context, const char *thread)
{
	struct process *process = context;
	const char *end;
	bool first = number_read(thread, 10, &end) == (uint64_t)process->pid;
	char path[64], text[256];
	struct call call;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/syscall", (int)process->pid, thread);
	process->waits = text_read(path, text, sizeof(text)) > 0 && read_call(text, &call) &&
			 waits(process, first, &call);
	return !process->waits;
}

bool idle_waits(pid_t pid, enum idle how, int descriptor)
{
	struct process process = { pid, how, (uint64_t)descriptor, false };
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
