/* SPDX-License-Identifier: MIT */
#include "own_report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../ground/fork.h"
#include "../loader/program_file.h"
#include "../report/in_r.h"
#include "../report/output_name.h"
#include "../report/text.h"
#include "../report/verdict.h"
#include "../segment/own_file.h"
#include "../segment/snapshot.h"
#include "../segment/writer.h"
#include "../session/children.h"
#include "../session/leaving.h"
#include "../session/output.h"
#include "../session/process.h"
#include "../session/run_page.h"
#include "../session/session.h"
#include "../session/witness.h"
#include "../session/workers.h"

enum { REPORT_SIZE = 65536, LOOKS = 10, LOOK_MS = 20 };

bool own_segment(void)
{
	return segment && !fork_happened();
}

/*
 * A filter of system calls that the program has put in place may kill it for any but those that it
 * needs itself: gpuspy report finds the record.
 */
bool own_ends_silently(void)
{
	return variables.rule == REPORT_NEVER || witness_is_filtered();
}

/*
 * Strict mode (seccomp(2)) takes the processor's counter away, which the exact clocks read, and
 * others may forbid the call that is made where there is no such counter. The coarse ones (of the
 * kernel's last tick, clock_gettime(2)) are in memory.
 */
static uint64_t end_time(clockid_t coarse, uint64_t started)
{
	struct timespec tick;
	uint64_t time;

	clock_gettime(coarse, &tick);
	time = (uint64_t)tick.tv_sec * 1000000000u + (uint64_t)tick.tv_nsec;
	return time > started ? time : started;
}

/* In memory alone: a sandbox may kill a process for a system call. */
void own_write_end(int status)
{
	if (!own_ends_silently() && own_file_lost()) {
		session_lost_file();
		run_page_lost();
	}
	segment->exit_status = status & 0xff; /* what wait(2) tells of it */
	if (witness_is_filtered()) {
		segment->ended_ns = end_time(CLOCK_REALTIME_COARSE, segment->started_ns);
		segment->monotonic.ended_ns =
			end_time(CLOCK_MONOTONIC_COARSE, segment->monotonic.started_ns);
	} else {
		segment->ended_ns = snapshot_now();
		segment->monotonic.ended_ns = snapshot_monotonic();
	}
	__atomic_store_n(&segment->state, STATE_EXITED, __ATOMIC_RELEASE);
}

static void deliver(const char *text, size_t size)
{
	char path[PATHS_MAX];
	size_t used;

	if (variables.output) {
		if (output_name_doubtful(variables.output))
			output_warning(OUTPUT_NAME_DOUBT);
		if (!output_name(path, sizeof(path), variables.output, getpid(), session_name()) &&
			output_file(path,
				variables.rule == REPORT_ALWAYS ? OUTPUT_APPEND : OUTPUT_ANEW, text,
				size))
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
		output_file(path, OUTPUT_OWN, text, size);
}

/* Counted in an image before an exec, and this one, which ends, has nothing to do with CUDA. */
static void say_own_end(struct session_snapshot *all, int status)
{
	for (unsigned i = 0; i < all->n_processes; i++) {
		struct process_snapshot *process = &all->processes[i];

		if (process->pid != getpid() || process->state != PROCESS_RUNNING)
			continue;
		process->state = PROCESS_EXITED;
		process->exit_status = status & 0xff;
		process->ended_ns = all->taken_ns;
		process->monotonic.ended_ns = all->taken_monotonic_ns;
	}
}

static bool has_record(void *context, pid_t pid)
{
	const struct session_snapshot *all = context;

	for (unsigned i = 0; i < all->n_processes; i++)
		if (all->processes[i].pid == pid)
			return true;
	return false;
}

/* For later readers; by a shell, too, which has a record for that alone. */
static void keep_gap(enum gap gap, uint64_t count, int status)
{
	if (!own_segment() && !process_touch_quietly())
		own_write_end(status);
	if (own_segment())
		gap_add(gap, count);
}

/*
 * What this process knows to be missing. What it could not put into a segment of its own counts as
 * the session's.
 */
static void add_what_is_missing(struct session_snapshot *all, bool have_self, int status)
{
	const uint64_t *waiting = gaps_waiting();
	unsigned lost = 0;

	if (variables.rule != REPORT_ALWAYS)
		lost = children_lost(has_record, all);
	all->figures.gaps[GAP_CHILD_NO_FILE] += lost;
	all->unreadable += leaving_left_records();
	if (variables.rule != REPORT_ALWAYS && !session_is_member())
		all->elsewhere += children_out_of_sight();
	for (int i = 0; !have_self && i < GAPS; i++)
		all->figures.gaps[i] += waiting[i];
	if (lost)
		keep_gap(GAP_CHILD_NO_FILE, 1, status);
}

/* What is large is the arena's, for threads leave on small stacks. */
static void read_figures(struct session_snapshot *all, struct arena *arena, int status)
{
	struct process_snapshot *self = arena_take(arena, sizeof(*self));
	char *folder = arena_take(arena, PATHS_MAX);
	bool have_self = self && own_segment() && !snapshot_read(self, arena, writer_source());

	if (folder && (variables.rule == REPORT_ALWAYS || !session_folder(folder)))
		folder[0] = 0; /* this process alone */
	if (!folder || (snapshot_read_session(all, arena, folder, have_self ? self : NULL) &&
			       (have_self || errno != ENOENT)))
		all->unreadable++;
	add_what_is_missing(all, have_self, status);
	all->name = session_name();
	if (!have_self)
		say_own_end(all, status);
}

/* A static one may start others after the report. */
static bool may_go_on(const char *program)
{
	return program_is_harmless(program, false);
}

/* A NO is none while somebody goes on; who ends because this process does is given a moment. */
static unsigned count_left(const struct session_snapshot *all)
{
	struct workers_session of = { all, session_owner(), session_variable_of_earlier(),
		session.began, children_shared(), may_go_on };

	return workers_left(&of);
}

/* False: somebody goes on, and is to be looked at again. */
static bool judge(struct judgement *judgement, struct session_snapshot *all, struct arena *arena,
	int status, bool last)
{
	verdict_judge(judgement, all);
	if (variables.rule == REPORT_ALWAYS || !verdict_is_no(judgement->verdict) ||
		witness_is_filtered())
		return true;
	all->still_running = count_left(all);
	if (all->still_running && !last)
		return false;
	if (all->still_running)
		keep_gap(GAP_STILL_RUNNING, all->still_running, status);
	else
		/* Who lived when the figures were read may have launched, and ended, since. */
		read_figures(all, arena, status);
	verdict_judge(judgement, all);
	return true;
}

/* The folder has an entry more for each, and two of its own. */
static bool has_other_threads(void)
{
	struct stat st;

	return !stat("/proc/self/task", &st) && st.st_nlink > 3;
}

/*
 * Other threads live on until the process is gone, and launch: what is not in the figures is
 * counted all the same, for who reads them later. They are given a moment to do so, for they may
 * wait for this thread's processor; of one that gets none, nobody knows what it would do.
 */
static void look_whether_it_goes_on(
	struct judgement *judgement, struct session_snapshot *all, struct arena *arena)
{
	const struct timespec moment = { 0, 1000000 };
	struct process_snapshot *again;

	if (!all->figures.n_functions || !own_segment() || witness_is_filtered() ||
		!has_other_threads())
		return;
	nanosleep(&moment, NULL);
	again = arena_take(arena, sizeof(*again));
	if (!again || snapshot_read(again, arena, writer_source()))
		return;
	for (unsigned i = 0; i < all->n_processes; i++) {
		const struct process_snapshot *own = &all->processes[i];
		uint64_t more = again->figures.totals.kernels - own->figures.totals.kernels;

		if (own->pid != getpid() || own->images > 1 || !more)
			continue;
		all->figures.gaps[GAP_GOES_ON] += more;
		verdict_judge(judgement, all);
	}
}

/* False: look again in a moment. */
static bool report(int status, bool last)
{
	struct session_snapshot *all;
	struct judgement *judgement;
	struct arena arena = { NULL };
	bool judged = true;
	char *text;

	all = arena_take(&arena, sizeof(*all));
	judgement = arena_take(&arena, sizeof(*judgement));
	text = arena_take(&arena, REPORT_SIZE);
	if (all && judgement && text) {
		read_figures(all, &arena, status);
		judged = judge(judgement, all, &arena, status, last);
	}
	if (all && judgement && text && judged) {
		look_whether_it_goes_on(judgement, all, &arena);
		if (session.late_in_r)
			in_r(judgement);
		deliver(text, text_report(text, REPORT_SIZE, all, judgement));
	}
	arena_free(&arena);
	return judged;
}

void own_report(int status)
{
	const struct timespec moment = { 0, LOOK_MS * 1000000 };

	for (int look = 1; !report(status, look == LOOKS); look++)
		nanosleep(&moment, NULL);
}
