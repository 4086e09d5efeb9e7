/* SPDX-License-Identifier: MIT */
#include "end.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
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
#include "../objects/functions.h"
#include "../observers/observers.h"
#include "../segment/writer.h"
#include "../session/process.h"
#include "../session/run_page.h"
#include "../session/notes.h"
#include "../session/others.h"
#include "../session/session.h"
#include "../session/witness.h"
#include "arch.h"
#include "next.h"
#include "own_report.h"

enum { PATIENCE_MS = 3000 };

static pid_t ended;         /* the process whose end has begun: a forked child has its own */
static pid_t done;          /* and the one whose end is over */
static pid_t ending_thread; /* which came first */

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
		return own_segment() || session_is_here();
	default:
		return tells_alone() || (is_worth_a_report() && session_is_owner());
	}
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
	return session_is_here() || (segment && segment->pid == getpid() && !fork_happened());
}

static void end(int status)
{
	bool reports;

	/* A second thread may come here, too. */
	if (__atomic_exchange_n(&ended, getpid(), __ATOMIC_ACQ_REL) == getpid()) {
		wait_for_the_first();
		return;
	}
	ending_thread = (pid_t)syscall(SYS_gettid);
	reports = should_report();
	if (variables.rule == REPORT_ALWAYS)
		process_touch(); /* so that the report says of whom it is */
	else if (reports && !own_segment() && !witness_is_filtered())
		process_touch_as_oldest(); /* a shell: when it began, and what it is called */
	testify();
	cancel_hold(); /* for good: a thread that calls _exit ends the process */
	if (own_segment())
		own_write_end(status);
	if (reports || should_report()) {
		stamp_folder();
		own_report(status);
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

/*
 * The streams that are open, as exit(3) finds them: no header has these, but every glibc (2.2 to
 * 2.43, libio/genops.c). The list's lock is left alone, as there.
 */
extern FILE *_IO_iter_begin(void), *_IO_iter_end(void);
extern FILE *_IO_iter_next(FILE *at), *_IO_iter_file(FILE *at);

/*
 * What the program wrote before comes before the report, where both go to one place: in the order
 * of exit(3), which comes too late for that. A stream that another thread uses is left to it.
 */
static void flush_output(void)
{
	enum { STREAMS_MAX = 65536 };
	unsigned n = 0;

	for (FILE *at = _IO_iter_begin(); at != _IO_iter_end() && n < STREAMS_MAX; n++) {
		FILE *stream = _IO_iter_file(at);

		if (!ftrylockfile(stream)) {
			if (__fpending(stream))
				fflush_unlocked(stream);
			funlockfile(stream);
		}
		at = _IO_iter_next(at);
	}
}

/* Asked first, without a system call where there must be none. */
static bool is_concerned(void)
{
	return session.pid && !own_ends_silently() &&
	       (segment || asked_waits() || variables.rule == REPORT_ALWAYS ||
		       session_has_segments());
}

/* A program that has no segment may have opened a GPU's files by itself. Then it gets one. */
static void look_at_bystander(void)
{
	if (!segment && session_joined() &&
		(variables.rule != REPORT_NEVER || run_page_present()) && witness_of_bystander() &&
		session_is_here())
		process_touch();
}

/*
 * A forked child's slots and namespaces are as its parent's were, and it may have called what
 * nobody had looked at. Who has a segment says so in that.
 */
static void look_at_child(void)
{
	if (!session.pid || !fork_happened())
		return;
	if (doors_may_hide_calls())
		process_touch();
	if (doors_namespaces)
		witness_namespace();
}

/* What is told whatever the process has done. */
static void tell_first(void)
{
	look_at_child();
	run_page_end();
	if (!witness_is_filtered())
		session_tell_out_of_sight();
	look_at_bystander();
}

static void end_at_exit(int status)
{
	/* Not from a signal handler that came into a part of ours: its locks stay taken. */
	if (session_is_here() && !lock_is_held()) {
		doors_look_again();
		loading_end();
	} else {
		doors_leave();
	}
	if (session_is_here() && should_report())
		flush_output();
	end(status);
}

static void at_exit(int status, void *nothing)
{
	(void)nothing;
	tell_first();
	if (own_ends_silently() && session.pid && own_segment()) {
		testify();
		own_write_end(status);
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

/* Who has told its end and is in another library's _exit, which comes to end_exit() at last. */
static pid_t told;

static void before_exit(int status)
{
	if (told && told == getpid())
		return;
	tell_first();
	if (!is_concerned() || !is_end_of_ours())
		return;
	if (own_segment())
		doors_leave();
	with_room(end, status);
}

/*
 * _exit and _Exit are ways to leave without destructors (mclapply's children, os._exit). The rest
 * is what glibc's own do (sysdeps/unix/sysv/linux/_exit.c); this stands for those.
 */
void end_exit(int status)
{
	before_exit(status);
	for (;;)
		syscall(SYS_exit_group, status);
}

/* Another library behind this one may have its own. A child of vfork(2) is not its parent. */
__attribute__((noreturn)) static void leave(int status, void *behind)
{
	void (*function)(int status);

	memcpy(&function, &behind, sizeof(function));
	if (behind && function != loader_real.exit) {
		before_exit(status);
		told = getpid();
		function(status);
	}
	end_exit(status);
}

__attribute__((noreturn)) static void end__exit(int status)
{
	leave(status, next_known(&next._exit));
}

__attribute__((noreturn)) static void end__Exit(int status)
{
	leave(status, next_known(&next._Exit));
}

__attribute__((visibility("default"), noreturn, alias("end__exit"))) void _exit(int status);
__attribute__((visibility("default"), noreturn, alias("end__Exit"))) void _Exit(int status);
