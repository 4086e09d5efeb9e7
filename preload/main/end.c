/* SPDX-License-Identifier: MIT */
#include "end.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../doors/asked.h"
#include "../doors/doors.h"
#include "../doors/loading.h"
#include "../ground/fork.h"
#include "../ground/large.h"
#include "../ground/lock.h"
#include "../loader/program_file.h"
#include "../observers/observers.h"
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
#include "../session/notes.h"
#include "../session/others.h"
#include "../session/session.h"
#include "../session/witness.h"
#include "../session/workers.h"
#include "arch.h"

enum { REPORT_SIZE = 65536, PATIENCE_MS = 3000, LOOKS = 10, LOOK_MS = 20 };

static pid_t ended;         /* the process whose end has begun: a forked child has its own */
static pid_t done;          /* and the one whose end is over */
static pid_t ending_thread; /* which came first */

static bool own_segment(void)
{
	return segment && !fork_happened();
}

/*
 * A filter of system calls that the program has put in place may kill it for any but those that it
 * needs itself: gpuspy report finds the record.
 */
static bool ends_silently(void)
{
	return variables.rule == REPORT_NEVER || witness_is_filtered();
}

/* In memory alone: a sandbox may kill a process for a system call. */
static void write_end(int status)
{
	if (!ends_silently() && own_file_lost()) {
		session_lost_file();
		run_page_lost();
	}
	segment->exit_status = status & 0xff; /* what wait(2) tells of it */
	segment->ended_ns = snapshot_now();
	segment->monotonic.ended_ns = snapshot_monotonic();
	__atomic_store_n(&segment->state, STATE_EXITED, __ATOMIC_RELEASE);
}

/* For housekeeping, which goes by the folder's time. */
static void stamp_folder(void)
{
	char folder[PATHS_MAX];

	if (session_folder(folder))
		utimensat(AT_FDCWD, folder, NULL, AT_SYMLINK_NOFOLLOW);
}

/*
 * What `gpuspy run` cannot read, nobody tells but the process itself; not to who captures what it
 * writes.
 */
static bool tells_alone(void)
{
	return run_page_present() && own_segment() &&
	       (run_page_hidden() || segment->gaps[GAP_PRIVATE] || segment->gaps[GAP_REMOVED]) &&
	       (variables.output || (!witness_is_filtered() && run_page_same_error()));
}

static bool is_worth_a_report(void)
{
	if (own_segment() && process_is_quiet())
		return session_has_other_segments();
	return own_segment() || session_has_segments();
}

static bool should_report(void)
{
	switch (variables.rule) {
	case REPORT_NEVER:
		return false;
	case REPORT_ALWAYS:
		return own_segment() || getpid() == session.pid;
	default:
		return tells_alone() || (is_worth_a_report() && session_is_owner());
	}
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
		write_end(status);
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

/* A NO is none while somebody goes on; who ends because this process does is given a moment. */
static unsigned count_left(const struct session_snapshot *all)
{
	struct workers_session of = { all, session_owner(), session_variable_of_earlier(),
		session.began, children_shared(), program_is_harmless };

	return workers_left(&of);
}

static bool judge(struct judgement *judgement, struct session_snapshot *all, int status, bool last)
{
	verdict_judge(judgement, all);
	if (variables.rule == REPORT_ALWAYS || !verdict_is_no(judgement->verdict) ||
		witness_is_filtered())
		return true;
	all->still_running = count_left(all);
	if (!all->still_running)
		return true;
	if (last) {
		verdict_judge(judgement, all);
		keep_gap(GAP_STILL_RUNNING, all->still_running, status);
	}
	return last;
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
		judged = judge(judgement, all, status, last);
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

static void report_in_time(int status)
{
	const struct timespec moment = { 0, LOOK_MS * 1000000 };

	for (int look = 1; !report(status, look == LOOKS); look++)
		nanosleep(&moment, NULL);
}

/*
 * Threads that leave at the same time: the process ends with the first to go on, so this one waits
 * for the report of the other. Not so a signal handler above the report, which would wait for ever.
 */
static void wait_for_the_first(void)
{
	const struct timespec moment = { 0, 1000000 };

	if (ending_thread == syscall(SYS_gettid))
		return;
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		if (__atomic_load_n(&done, __ATOMIC_ACQUIRE) == getpid())
			return;
		nanosleep(&moment, NULL);
	}
}

static void testify(void)
{
	/* A driver asks the kernel in its turn. */
	if (witness_is_wanted())
		witness_look(witness_may_ask_driver() ? observers_contexts() : -1);
}

/* vfork's child has our memory and another pid. */
static bool is_end_of_ours(void)
{
	return getpid() == session.pid || (segment && segment->pid == getpid());
}

static void end(int status)
{
	/* A second thread may come here, too. */
	if (__atomic_exchange_n(&ended, getpid(), __ATOMIC_ACQ_REL) == getpid()) {
		wait_for_the_first();
		return;
	}
	ending_thread = (pid_t)syscall(SYS_gettid);
	if (variables.rule == REPORT_ALWAYS)
		process_touch(); /* so that the report says of whom it is */
	testify();
	cancel_hold(); /* for good: a thread that calls _exit ends the process */
	if (own_segment())
		write_end(status);
	if (should_report()) {
		stamp_folder();
		report_in_time(status);
	} else if (own_segment()) {
		process_fold();
	}
	__atomic_store_n(&done, getpid(), __ATOMIC_RELEASE);
}

LARGE static char room[65536] __attribute__((aligned(16)));

/* A larger one is what the program's own functions may count on, which may be called yet. */
static bool is_on_small_alternate_stack(void)
{
	stack_t stack;

	return !sigaltstack(NULL, &stack) && (stack.ss_flags & SS_ONSTACK) &&
	       stack.ss_size < sizeof(room);
}

struct ending {
	void (*go)(int status);
	int status;
	sigset_t signals; /* as they were blocked before */
};

/*
 * The handler's stack is free to the kernel now, and another handler would begin at its top, where
 * frames are that it is to return to. Without an alternate stack it begins here, and what ends the
 * process still does.
 */
static void end_in_room(void *data)
{
	const struct ending *ending = data;
	const stack_t none = { .ss_flags = SS_DISABLE };

	sigaltstack(&none, NULL);
	sigprocmask(SIG_SETMASK, &ending->signals, NULL);
	ending->go(ending->status);
}

/*
 * A handler that leaves has a stack of 8 KiB (SIGSTKSZ; 16 on aarch64). Where registers are wide
 * the kernel's frame takes a third of it, and ld.so as much to bind a function, so it goes on where
 * there is room. One at a time does: what comes second has little to do (wait_for_the_first()).
 */
static void with_room(void (*go)(int status), int status)
{
	struct ending ending = { .go = go, .status = status };
	static bool taken;
	sigset_t every;

	if (!is_on_small_alternate_stack() || __atomic_exchange_n(&taken, true, __ATOMIC_ACQUIRE)) {
		go(status);
		return;
	}
	sigfillset(&every);
	sigprocmask(SIG_BLOCK, &every, &ending.signals);
	arch_call_on(room + sizeof(room), end_in_room, &ending);
	__atomic_store_n(&taken, false, __ATOMIC_RELEASE);
}

/* What the program wrote before comes before the report, where both go to one place. */
static void flush_output(void)
{
	if (ftrylockfile(stdout))
		return;
	fflush_unlocked(stdout);
	funlockfile(stdout);
}

/* Asked first, without a system call where there must be none. */
static bool is_concerned(void)
{
	return session.pid && !ends_silently() &&
	       (segment || asked_waits() || variables.rule == REPORT_ALWAYS ||
		       session_has_segments());
}

/* A program that has no segment may have opened a GPU's files by itself. Then it gets one. */
static void look_at_bystander(void)
{
	if (!segment && session_joined() &&
		(variables.rule != REPORT_NEVER || run_page_present()) && witness_of_bystander() &&
		getpid() == session.pid)
		process_touch();
}

/* What is told whatever the process has done. */
static void tell_first(void)
{
	run_page_end();
	if (!witness_is_filtered())
		session_tell_out_of_sight();
	look_at_bystander();
}

static void end_at_exit(int status)
{
	/* Not from a signal handler that came into a part of ours: its locks stay taken. */
	if (getpid() == session.pid && !lock_is_held()) {
		doors_look_again();
		loading_end();
	}
	if (getpid() == session.pid && should_report())
		flush_output();
	end(status);
}

static void at_exit(int status, void *nothing)
{
	(void)nothing;
	tell_first();
	if (ends_silently() && session.pid && own_segment()) {
		testify();
		write_end(status);
	}
	if (is_concerned() && is_end_of_ours())
		with_room(end_at_exit, status);
}

/* Registered before anything else, so it runs last: destructors may call CUDA still. */
void end_begin(void)
{
	if (!session.late)
		on_exit(at_exit, NULL);
}

/*
 * Loaded late, it would run before what was registered earlier, and before all destructors. What is
 * registered in a destructor runs when they are done: libc looks for more until there is none.
 */
__attribute__((destructor)) static void destructor(void)
{
	if (session.late)
		on_exit(at_exit, NULL);
}

/*
 * _exit and _Exit are ways to leave without destructors (mclapply's children, os._exit). The rest
 * is what glibc's own do (sysdeps/unix/sysv/linux/_exit.c).
 */
void end_exit(int status)
{
	tell_first();
	if (is_concerned() && is_end_of_ours())
		with_room(end, status);
	for (;;)
		syscall(SYS_exit_group, status);
}

__attribute__((visibility("default"), noreturn, alias("end_exit"))) void _exit(int status);
__attribute__((visibility("default"), noreturn, alias("end_exit"))) void _Exit(int status);
