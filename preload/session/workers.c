/* SPDX-License-Identifier: MIT */
#include "workers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/number.h"
#include "../ground/entries.h"
#include "../segment/paths.h"

static struct self {
	struct stat programs[2]; /* this one; R's own, if this is another one with R inside */
	uint64_t started;
	pid_t pid, parent, group;
	unsigned found;
	bool children_alone;
} self;

static bool runs_the_same(const char *pid)
{
	struct stat program;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%.16s/exe", pid);
	if (stat(path, &program))
		return false;
	for (int i = 0; i < 2; i++)
		if (program.st_dev == self.programs[i].st_dev &&
			program.st_ino == self.programs[i].st_ino)
			return true;
	return false;
}

static ssize_t read_words(const char *pid, char *words, size_t size)
{
	char path[40];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.16s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	got = read(fd, words, size);
	close(fd);
	return got;
}

/*
 * A forked child has them from its parent. What was started by exec has its own, and its own record
 * when there is something to record; Python's resource tracker and forkserver end with their pipes.
 */
static bool has_our_words(const char *pid)
{
	char ours[256], theirs[256];
	ssize_t n = read_words("self", ours, sizeof(ours));

	return n > 0 && n == read_words(pid, theirs, sizeof(theirs)) &&
	       !memcmp(ours, theirs, (size_t)n);
}

static bool find_programs(void)
{
	const char *home = getenv("R_HOME");
	char path[256];

	if (stat("/proc/self/exe", &self.programs[0]))
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

	if (parent == self.pid || self.children_alone)
		return parent == self.pid;
	return getpgid(pid) == self.group && (self.group == self.pid || parent != self.parent);
}

static bool look(void *context, const char *name)
{
	const char *end;
	pid_t pid = (pid_t)number_read(name, 10, &end);

	(void)context;
	/* A start of 0: it has ended. */
	if (pid > 0 && pid != self.pid && runs_the_same(name) && is_ours(pid) &&
		paths_start_ticks(pid) >= self.started &&
		(!self.children_alone || has_our_words(name)))
		self.found++;
	return false;
}

static unsigned count(bool children_alone)
{
	int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char buffer[2048];

	self.found = 0;
	self.children_alone = children_alone;
	self.pid = getpid();
	self.parent = getppid();
	self.group = getpgid(0);
	self.started = paths_start_ticks(self.pid);
	if (folder >= 0 && self.started && find_programs())
		entries_each(folder, buffer, sizeof(buffer), look, NULL);
	if (folder >= 0)
		close(folder);
	return self.found;
}

unsigned workers_before(void)
{
	return count(false);
}

/* These wait for this process, and end when its sockets and pipes do: after the report. */
static bool ends_with_us(const char *command)
{
	static const char helpers[][20] = { ".workRSOCK", "resource_tracker", "forkserver",
		"mirai::" };

	for (size_t i = 0; command && i < sizeof(helpers) / sizeof(helpers[0]); i++)
		if (strstr(command, helpers[i]))
			return true;
	return false;
}

/*
 * What nobody waits for: a callr process in the background, a daemon (Rserve). Whether it runs its
 * record says; a forked child has none before its first call, and is looked for.
 */
unsigned workers_left(const struct session_snapshot *session)
{
	unsigned recorded = 0, left = count(true);

	for (unsigned i = 0; i < session->n_processes; i++)
		recorded += session->processes[i].state == PROCESS_RUNNING &&
			    session->processes[i].pid != getpid() &&
			    !ends_with_us(session->processes[i].command);
	return left > recorded ? left : recorded;
}
