#include "end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../report/output_name.h"
#include "../report/text.h"
#include "../report/verdict.h"
#include "../segment/snapshot.h"
#include "../segment/writer.h"
#include "fork.h"
#include "output.h"
#include "session.h"

enum { REPORT_SIZE = 65536 };

static int ended;

static bool own_segment(void)
{
	return segment && !fork_happened();
}

static void write_end(int status)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	segment->missed.unlinked = !writer_in_file();
	segment->exit_status = status;
	segment->ended_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	__atomic_store_n(&segment->state, STATE_EXITED, __ATOMIC_RELEASE);
}

/* A process that made no segment owns a session all the same when a forked child made one. */
static bool session_has_anything(void)
{
	char folder[PATHS_MAX];

	return own_segment() || (session_folder(folder) && access(folder, F_OK) == 0);
}

static bool should_report(void)
{
	switch (session.rule) {
	case REPORT_NEVER:
		return false;
	case REPORT_ALWAYS:
		return own_segment() || getpid() == session.pid;
	default:
		return session_is_owner() && session_has_anything();
	}
}

static void deliver(const char *text, size_t size)
{
	char path[PATHS_MAX];
	size_t used;

	if (session.output) {
		if (!output_name(path, sizeof(path), session.output, getpid(), session_name()) &&
			output_file(path, session.rule == REPORT_ALWAYS, text, size))
			return;
		output_warning("GPUSPY_OUTPUT cannot be written: the report comes here");
	}
	if (output_error(text, size))
		return;
	/* Standard error is not to be had: `gpuspy report --last` finds the session, and this. */
	if (!session_folder(path))
		return;
	used = strlen(path);
	if ((size_t)snprintf(path + used, PATHS_MAX - used, "/report.txt") < PATHS_MAX - used)
		output_file(path, false, text, size);
}

static void read_figures(struct session_snapshot *all, struct arena *arena)
{
	struct process_snapshot self;
	char folder[PATHS_MAX];
	bool have_self = own_segment() && !snapshot_read(&self, arena, writer_source());

	if (session.rule == REPORT_ALWAYS || !session_folder(folder))
		folder[0] = 0; /* this process alone */
	snapshot_read_session(all, arena, folder, have_self ? &self : NULL);
	all->name = session_name();
}

static void report(void)
{
	struct session_snapshot *all;
	struct judgement *judgement;
	struct arena arena = { NULL };
	char *text;

	all = arena_take(&arena, sizeof(*all));
	judgement = arena_take(&arena, sizeof(*judgement));
	text = arena_take(&arena, REPORT_SIZE);
	if (all && judgement && text) {
		read_figures(all, &arena);
		verdict_judge(judgement, all);
		deliver(text, text_report(text, REPORT_SIZE, all, judgement));
	}
	arena_free(&arena);
}

static void end(int status)
{
	/* vfork's child has our memory and another pid; a second thread may come here too. */
	if (getpid() != session.pid && !(segment && segment->pid == getpid()))
		return;
	if (__atomic_exchange_n(&ended, getpid(), __ATOMIC_ACQ_REL) == getpid())
		return;
	if (own_segment())
		write_end(status);
	if (should_report())
		report();
}

/* What the program wrote before comes before the report, where both go to one place. */
static void flush_output(void)
{
	if (ftrylockfile(stdout))
		return;
	fflush_unlocked(stdout);
	funlockfile(stdout);
}

static void at_exit(int status, void *nothing)
{
	(void)nothing;
	if (getpid() == session.pid && should_report())
		flush_output();
	end(status);
}

void end_begin(void)
{
	/* Registered before anything else, so it runs last: destructors may call CUDA still. */
	on_exit(at_exit, NULL);
}

/*
 * _exit and _Exit are ways to leave without destructors (mclapply's children, os._exit). The rest
 * is what glibc's own do (sysdeps/unix/sysv/linux/_exit.c).
 */
__attribute__((visibility("default"), noreturn)) void _exit(int status)
{
	if (session.pid)
		end(status);
	for (;;)
		syscall(SYS_exit_group, status);
}

__attribute__((visibility("default"), noreturn, alias("_exit"))) void _Exit(int status);
