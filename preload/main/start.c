/* SPDX-License-Identifier: MIT */
/*
 * The beginning of a watched process.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../doors/doors.h"
#include "../ground/fork.h"
#include "../hooks/threads.h"
#include "../observers/observers.h"
#include "../report/doubts.h"
#include "../segment/gaps.h"
#include "../segment/paths.h"
#include "../segment/run_page.h"
#include "../segment/writer.h"
#include "../session/config.h"
#include "../session/ended.h"
#include "../session/filtered.h"
#include "../session/imports.h"
#include "../session/output.h"
#include "../session/process.h"
#include "../session/program.h"
#include "../session/run_page.h"
#include "../session/notes.h"
#include "../session/session.h"
#include "end.h"
#include "leaves.h"
#include "next.h"
#include "opens.h"
#include "start.h"
#include "starts.h"
#include "waiting.h"

extern char **environ;

/* In a forked child: numbers of threads first, for observers ask whose block they write to. */
static void (*const forgets[])(void) = { threads_forget, observers_forget, NULL };

/* A member of gpuspy run's session tells of itself where nobody else can read it. */
static bool may_report(void)
{
	return variables.rule == REPORT_ALWAYS ||
	       (variables.rule == REPORT_AUTO && (!session_is_member() || run_page_present()));
}

static void begin_output(void)
{
	if (imports_closes_error())
		output_begin_with_copy();
	else
		output_begin();
}

/* What people ask about leaves a trace at once; so does what readers must know of. */
static void leave_trace(bool late)
{
	bool launcher = program_is_launcher();

	if (launcher)
		gap(GAP_LAUNCHED);
	/* Who loads this library by hand asks about the program. */
	if (late || (session.interpreter && session_wants_interpreter()))
		process_touch();
	else if (launcher || session_is_for_record())
		process_touch_quietly();
}

static void start(void)
{
	const struct doors_beginning beginning = {
		.late = imports_came_late(),
		.exit = end_exit,
		.found = observers_come_late,
	};

	fork_page_make();
	if (beginning.late) /* there are other threads, and they may fork */
		fork_page_mark();
	process_forgets(forgets);
	ended_begin(doubts_explained);
	process_begin();
	observers_start();
	session_begin(beginning.late);
	starts_begin();
	leaves_begin();
	opens_begin();
	run_page_begin();
	session_tell_another();
	if (may_report())
		begin_output();
	end_begin();
	if (doors_start(&beginning))
		gap(GAP_DOORS);
	leave_trace(beginning.late);
	fork_page_threads();
}

/* Before an exec this process owned its session, and what it has become reports. */
static bool owned_a_session(void)
{
	static const char told[][16] = { "GPUSPY_SESSION", "GPUSPY_OWNER" };
	uint64_t time;
	pid_t pid;

	for (unsigned i = 0; i < sizeof(told) / sizeof(*told); i++) {
		const char *value = getenv(told[i]);

		if (value && paths_session_identity(value, &pid, &time) && pid == getpid())
			return true;
	}
	return false;
}

/* Somebody asks about every process, or waits for a word of this one. */
static bool is_asked_for(void)
{
	const char *rule = getenv("GPUSPY_REPORT");

	return imports_came_late() || owned_a_session() || getenv(RUN_PAGE_VARIABLE) ||
	       (rule && !strcmp(rule, "always")) || program_is_launcher();
}

/*
 * In true, sed and rm there is nothing to see, so nothing is begun: half of what this library costs
 * them. What the system itself loads into them later is looked at then.
 */
static bool may_wait(void)
{
	static unsigned known; /* how many objects there were when it was found out */
	unsigned n = imports_objects();

	if (n == known)
		return true;
	if (is_asked_for() || !imports_is_bystander())
		return false;
	known = n;
	return true;
}

static bool stands_down(void)
{
	const char *disable = getenv("GPUSPY_DISABLE");

	if ((disable && !strcmp(disable, "1")) || imports_second_copy())
		return true;
	if (!program_is_gpuspy())
		return false;
	/* As the command of gpuspy run it says itself what it missed (tools/run_outer.c). */
	run_page_begin();
	return true;
}

static bool is_watched(void)
{
	config_read();
	return program_is_watched();
}

static enum progress { WAITING, BEGINNING, BEGUN } progress;
static __thread bool begins; /* this thread does, and a signal handler may come here again */

static bool is_waiting(void)
{
	return __atomic_load_n(&progress, __ATOMIC_ACQUIRE) == WAITING;
}

/* Two threads may end the waiting: the second one goes on when all has begun. */
static void start_if_watched(void)
{
	static const struct timespec a_moment = { .tv_nsec = 1000000 };
	enum progress expected = WAITING;
	int saved = errno;

	if (__atomic_compare_exchange_n(
		    &progress, &expected, BEGINNING, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		begins = true;
		if (!stands_down() && is_watched())
			start();
		__atomic_store_n(&progress, BEGUN, __ATOMIC_RELEASE);
		begins = false;
	}
	while (!begins && __atomic_load_n(&progress, __ATOMIC_ACQUIRE) == BEGINNING)
		nanosleep(&a_moment, NULL);
	errno = saved;
}

/* Has it begun? */
static bool begin(void)
{
	/* No thread but the first is there when libraries of the program are initialised. */
	if (!is_waiting())
		return true;
	if (filter_is_inherited()) {
		__atomic_store_n(&progress, BEGUN, __ATOMIC_RELEASE);
		return true;
	}
	if (may_wait())
		return false;
	start_if_watched();
	return true;
}

static bool constructed;

/* An object that is initialised before libc (-z initfirst, as valgrind's) finds no variables. */
void start_gmon_start(uintptr_t address)
{
	if ((constructed || environ) && begin())
		doors_new_code(address);
}

__attribute__((constructor)) static void constructor(void)
{
	constructed = true;
	next_find();
	waiting_begin(start_if_watched);
	begin();
}
