/* SPDX-License-Identifier: MIT */
#include "workers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../ground/number.h"
#include "../ground/entries.h"
#include "../ground/large.h"
#include "../ground/parent.h"
#include "../segment/paths.h"
#include "connections.h"
#include "helpers.h"
#include "kernel_threads.h"
#include "younger.h"

static struct self {
	struct stat programs[2]; /* this one; R's own, if this is another one with R inside */
	uint64_t started;
	pid_t pid, parent, group;
	bool looked;   /* for what is shared */
	bool vanished; /* somebody, while he was looked at */
	char shared[64];
	unsigned found, without_record;
} self;

static const struct workers_session *left; /* NULL: what was there before is looked for */

enum { PLACE_MAX = 48 }; /* below /proc: "123", or "123/task/125" */

static bool program_of(const char *place, struct stat *program)
{
	char path[PLACE_MAX + 16];

	snprintf(path, sizeof(path), "/proc/%s/exe", place);
	return !stat(path, program);
}

static bool take_thread(void *place, const char *thread)
{
	struct stat program;
	char *end = place;
	size_t process = strcspn(place, "/");

	snprintf(end + process, PLACE_MAX - process, "/task/%.16s", thread);
	return program_of(place, &program);
}

/*
 * Where the files of a process are. Its first thread may have left, and what was of the process is
 * to be seen with the others then.
 */
static void find_place(char place[PLACE_MAX], const char *pid)
{
	char path[PLACE_MAX + 16], buffer[1024];
	struct stat program;
	int folder;

	snprintf(place, PLACE_MAX, "%.16s", pid);
	if (program_of(place, &program) || errno != ENOENT)
		return;
	snprintf(path, sizeof(path), "/proc/%s/task", place);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return;
	entries_each(folder, buffer, sizeof(buffer), take_thread, place);
	close(folder);
}

static bool runs_the_same(const char *place)
{
	struct stat program;

	if (!program_of(place, &program))
		return false;
	for (int i = 0; i < 2; i++)
		if (program.st_dev == self.programs[i].st_dev &&
			program.st_ino == self.programs[i].st_ino)
			return true;
	return false;
}

static bool find_programs(void)
{
	const char *home = getenv("R_HOME");
	char path[256];

	if (!program_of("thread-self", &self.programs[0]))
		return false;
	snprintf(path, sizeof(path), "%s/bin/exec/R", home ? home : "");
	if (stat(path, &self.programs[1]))
		self.programs[1] = self.programs[0];
	return true;
}

/*
 * R starts PSOCK workers by "sh -c '... &'": their parent is soon another, their group is not.
 * Those of a worker's group that have its own parent are workers beside it.
 */
static bool is_ours(pid_t pid)
{
	pid_t parent = paths_parent(pid);

	return parent == self.pid ||
	       (getpgid(pid) == self.group && (self.group == self.pid || parent != self.parent));
}

/*
 * Finds these bytes in a file of /proc/PID, and up to `behind` bytes more behind them; NULL: they
 * are not there. Until the next call.
 */
static const char *find(
	const char *place, const char *name, const char *what, size_t length, size_t behind)
{
	LARGE static char text[4096 + 1];
	char path[PLACE_MAX + 16];
	const char *found = NULL;
	size_t have = 0;
	ssize_t got = 1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", place, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && got > 0) {
		size_t keep = have < length + behind ? have : length + behind;

		memmove(text, text + have - keep, keep);
		got = read(fd, text + keep, sizeof(text) - 1 - keep);
		have = keep + (size_t)(got > 0 ? got : 0);
		text[have] = 0;
		found = memmem(text, have, what, length);
		if (found && (size_t)(text + have - found) >= length + behind)
			break;
	}
	if (fd >= 0)
		close(fd);
	return found;
}

/* "=PID-TIME-PLACE", ended by a zero. */
static bool names_owner(const char *place)
{
	char value[SESSION_NAME_MAX + 1];
	int length = snprintf(value, sizeof(value), "=%s", left->owner);

	return length > 1 && (size_t)length < sizeof(value) &&
	       find(place, "environ", value, (size_t)length + 1, 0);
}

static bool names_a_session(const char *place)
{
	char start[32];
	int length = snprintf(start, sizeof(start), "%s=", left->of_earlier);

	return find(place, "environ", start, (size_t)length, 0);
}

/* Who takes care of orphans is the first process, or of another session(7); no shell is. */
static bool takes_orphans(pid_t pid)
{
	return pid == 1 || (pid > 0 && getsid(pid) > 0 && getsid(pid) != getsid(0));
}

/*
 * What this process started before it became another program does not name it, and what hides its
 * memory (prctl(2), PR_SET_DUMPABLE) does not show it. Such a one is known by its parent, or, when
 * that has ended, by its group. Others of that group are the rest of a pipeline, or of a script.
 */
static bool descends(pid_t pid, uint64_t started, const char *place)
{
	struct stat program;
	bool hidden = !program_of(place, &program);
	pid_t parent;

	if (!hidden && (!left->of_earlier || started > left->began || names_a_session(place)))
		return false;
	parent = paths_parent(pid);
	return parent == self.pid || (getpgid(pid) == self.group && takes_orphans(parent));
}

/* The new program's memory is there, its environment is not yet. */
static bool is_becoming(const char *place)
{
	struct stat program;
	char file[PLACE_MAX + 16];

	snprintf(file, sizeof(file), "/proc/%s/stat", place);
	return program_of(place, &program) && paths_is_in_exec(file);
}

/*
 * By its environment. A new program may have to be read from a disk, and is waited for, for so long
 * in all; one that still is not there then is known by its parent or its session(7).
 */
static bool becomes_ours(pid_t pid, const char *place)
{
	static const struct timespec moment = { 0, 1000000 };
	static int patience = 50;

	while (is_becoming(place)) {
		if (patience-- <= 0)
			return paths_parent(pid) == self.pid || getsid(pid) == getsid(0);
		nanosleep(&moment, NULL);
	}
	return names_owner(place);
}

/*
 * New memory shows itself to its own user a moment after it is there (begin_new_exec(), fs/exec.c):
 * who hid it at the first look and not at the last is asked again. So is who became another program
 * meanwhile: its environment may have been looked for between the two.
 */
static bool is_ours_now(pid_t pid, uint64_t started, const char *place)
{
	enum { LOOKS = 8 };
	struct stat before, after;
	bool hidden, ours;
	int looks = 0;

	do {
		hidden = !program_of(place, &before);
		ours = becomes_ours(pid, place) || descends(pid, started, place);
	} while (!ours && ++looks < LOOKS && program_of(place, &after) &&
		 (hidden || before.st_ino != after.st_ino || before.st_dev != after.st_dev ||
			 is_becoming(place)));
	return ours;
}

static bool is_of_session(pid_t pid, uint64_t started, const char *place)
{
	char path[PLACE_MAX + 16];

	snprintf(path, sizeof(path), "/proc/%s/exe", place);
	return is_ours_now(pid, started, place) && !helpers_wait(pid) && !left->harmless(path);
}

/* "rw-s 00000000 00:01 1052 " of the memory that forked children share, proc(5): nobody else has
 * it. */
static void find_shared(void)
{
	enum { BEHIND = 96 };
	char address[20];
	int length = snprintf(
		address, sizeof(address), "%lx-", (unsigned long)(uintptr_t)left->of_forked);
	const char *line = find("thread-self", "maps", address, (size_t)length, BEHIND), *rights,
		   *end;

	self.shared[0] = 0;
	rights = line ? strchr(line, ' ') : NULL;
	end = rights ? strstr(rights, " /dev/zero") : NULL;
	if (end && (size_t)(end - rights) < sizeof(self.shared))
		snprintf(self.shared, sizeof(self.shared), "%.*s", (int)(end - rights), rights);
}

static bool was_forked(const char *place)
{
	if (!self.looked)
		find_shared();
	self.looked = true;
	return self.shared[0] && find(place, "maps", self.shared, strlen(self.shared), 0);
}

static bool has_record(pid_t pid, uint64_t started)
{
	for (unsigned i = 0; i < left->records->n_processes; i++)
		if (left->records->processes[i].pid == pid &&
			left->records->processes[i].start_ticks == started)
			return true;
	return false;
}

static bool is_worker(pid_t pid, const char *place)
{
	if (!runs_the_same(place))
		return false;
	return left ? was_forked(place) : is_ours(pid);
}

/* Who started this process may have begun in the same tick, and be of its group. */
static bool is_ancestor(pid_t pid)
{
	pid_t one = self.parent;

	while (one > 0 && one != pid)
		one = paths_parent(one);
	return one == pid;
}

static bool look(void *context, const char *name)
{
	const char *end;
	pid_t pid = (pid_t)number_read(name, 10, &end);
	char place[PLACE_MAX];
	uint64_t started;
	unsigned *kind = NULL;

	(void)context;
	if (pid <= 0 || pid == self.pid || kernel_threads_have(pid))
		return false;
	started = paths_start_ticks(pid);
	if (started < self.started) /* 0: it has ended */
		return false;
	find_place(place, name);
	if (is_worker(pid, place))
		kind = &self.found;
	else if (left && !has_record(pid, started) && is_of_session(pid, started, place))
		kind = &self.without_record;
	if (!kind)
		self.vanished |= paths_start_ticks(pid) != started;
	else if (!is_ancestor(pid))
		++*kind;
	return false;
}

/* Who is looked at may have started another one and ended, before either was listed. */
static void look_at_all(void)
{
	int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t last = younger_last();
	char buffer[2048];

	self.found = self.without_record = 0;
	if (folder < 0)
		return;
	entries_each(folder, buffer, sizeof(buffer), look, NULL);
	close(folder);
	if (!self.found && !self.without_record && last)
		younger_than(last, look);
}

static unsigned count(void)
{
	enum { LOOKS = 4 };
	int looks = 0;

	self = (struct self){ .pid = getpid(), .parent = parent_now(), .group = getpgid(0) };
	kernel_threads_forget();
	connections_forget();
	self.started = paths_start_ticks(self.pid);
	if (!self.started || !find_programs())
		return 0;
	/* Who ended just now may have been ours, and have started another one before. */
	do {
		self.vanished = false;
		if (!younger_each(self.started, look))
			look_at_all();
	} while (self.vanished && !self.found && !self.without_record && ++looks < LOOKS);
	return self.found;
}

unsigned workers_before(void)
{
	left = NULL;
	return count();
}

/*
 * What nobody waits for: a callr process in the background, a daemon (Rserve). Whether it runs its
 * record says; a forked child has none before its first call, and a shell none at all: these are
 * looked for.
 */
unsigned workers_left(const struct workers_session *of)
{
	const struct session_snapshot *records = of->records;
	unsigned recorded = 0, forked;

	left = of;
	forked = count();
	for (unsigned i = 0; i < records->n_processes; i++)
		recorded += records->processes[i].state == PROCESS_RUNNING &&
			    records->processes[i].pid != getpid() &&
			    !helpers_wait(records->processes[i].pid);
	return (forked > recorded ? forked : recorded) + self.without_record;
}
