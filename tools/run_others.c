/* SPDX-License-Identifier: MIT */
/*
 * Other processes than the command's own: what outlives its parent comes to this process
 * (PR_SET_CHILD_SUBREAPER), which lets it go when it ends, and counts it if it goes on. The caller
 * may have had children, too, before it became this process by exec.
 */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "../preload/ground/ticks.h"
#include "loader/program_file.h"
#include "run.h"
#include "segment/snapshot.h"

/* Numbers as /proc has them, which may be that of another namespace than waitpid's. */
#define CHILDREN "/proc/thread-self/children"

/*
 * Who ends because the command did is waited for: for as long as one of them still runs, or wants
 * a processor, at most five times that. Two workers of R's took 0.17 s on one busy processor.
 */
enum { MOMENT_NS = 2000000, PATIENCE_NS = 100000000, PATIENCE_IN_ALL = 5 };

/* Those of the command's that have not ended. */
struct others {
	unsigned alive; /* and could use a GPU */
	uint64_t time;  /* on a processor, and waiting for one, in ns; 0: it is not known */
};

/* The program that was looked at last: many may run the same. */
struct looked {
	dev_t device;
	ino_t inode;
	bool harmless;
};

/* The kernel looks through its own list: as many as live cost nothing but that. */
void run_let_go(struct run *run)
{
	siginfo_t info = { 0 };

	while (!waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid &&
		info.si_pid != run->pid) {
		waitpid(info.si_pid, NULL, WNOHANG);
		run_signals_ended(&run->signals, info.si_pid);
		info.si_pid = 0;
	}
}

/* A static one may start others after the report. */
static bool could_use_gpu(pid_t pid, struct looked *last)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (stat(path, &st))
		return true;
	if (st.st_dev != last->device || st.st_ino != last->inode)
		*last = (struct looked){ st.st_dev, st.st_ino, program_is_harmless(path, false) };
	return !last->harmless;
}

/* No memory: it may be counted as one of the command's, which is no NO. */
static void note(struct run *run, pid_t pid)
{
	size_t size = (run->n_before + 1) * sizeof(*run->before);
	struct run_before *longer = realloc(run->before, size);

	if (!longer)
		return;
	run->before = longer;
	run->before[run->n_before++] = (struct run_before){ pid, paths_start_ticks(pid) };
}

void run_note_others(struct run *run)
{
	FILE *list = fopen(CHILDREN, "re");
	int pid;

	while (list && fscanf(list, "%d", &pid) == 1)
		note(run, pid);
	if (list)
		fclose(list);
	run->start_tick = ticks_now();
}

/* Was it there before the command? What such a process started since cannot be told. */
static bool was_before(const struct run *run, pid_t pid)
{
	uint64_t started = paths_start_ticks(pid);

	if (!started || started > run->start_tick)
		return false;
	for (unsigned i = 0; i < run->n_before; i++)
		if (run->before[i].pid == pid && run->before[i].start_ticks == started)
			return true;
	return started < run->start_tick;
}

/* "7012 330 4", Documentation/scheduler/sched-stats.rst. */
static uint64_t scheduled(pid_t pid, const char *thread)
{
	char path[64];
	unsigned long long on = 0, before = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/schedstat", (int)pid, thread);
	file = fopen(path, "re");
	if (file && fscanf(file, "%llu %llu", &on, &before) != 2)
		on = before = 0;
	if (file)
		fclose(file);
	return on + before;
}

static uint64_t all_scheduled(pid_t pid)
{
	const struct dirent *thread;
	uint64_t time = 0;
	char path[32];
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	folder = opendir(path);
	while (folder && (thread = readdir(folder)))
		if (thread->d_name[0] != '.')
			time += scheduled(pid, thread->d_name);
	if (folder)
		closedir(folder);
	return time;
}

static struct others look(const struct run *run, struct looked *last)
{
	FILE *list = fopen(CHILDREN, "re");
	struct others others = { 0, 0 };
	int pid;

	/* Nobody is let go meanwhile: the list would be of less than all (proc(5)). */
	while (list && fscanf(list, "%d", &pid) == 1) {
		if (was_before(run, pid) || !could_use_gpu(pid, last))
			continue;
		others.alive++;
		others.time += all_scheduled(pid);
	}
	if (list)
		fclose(list);
	return others;
}

void run_wait_for_others(struct run *run)
{
	const struct timespec moment = { 0, MOMENT_NS };
	uint64_t began = snapshot_monotonic(), changed = began, now = began;
	struct others others, before = { 0, 0 };
	struct looked last = { 0 };

	do {
		run_let_go(run);
		others = look(run, &last);
		run->still_running = others.alive;
		if (!others.alive)
			return;
		if (others.alive != before.alive || others.time != before.time)
			changed = now;
		before = others;
		nanosleep(&moment, NULL);
		now = snapshot_monotonic();
	} while (now - changed < PATIENCE_NS &&
		 now - began < PATIENCE_IN_ALL * (uint64_t)PATIENCE_NS);
}
