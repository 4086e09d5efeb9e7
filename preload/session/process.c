/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../ground/fork.h"
#include "../ground/large.h"
#include "../ground/lock.h"
#include "../ground/parent.h"
#include "../ground/ticks.h"
#include "../segment/alive.h"
#include "../segment/folded.h"
#include "../segment/own_file.h"
#include "../segment/writer.h"
#include "access.h"
#include "ended.h"
#include "job.h"
#include "run_page.h"
#include "session.h"

static void (*const *forgets)(void);

/* Under LOCK_PROCESS all texts here are static, for threads have small stacks. */

/* /proc/self/cmdline: arguments ended by zeros (proc(5)). */
static uint32_t command_line(void)
{
	LARGE static char text[SEGMENT_STRING_MAX];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	for (ssize_t i = 0; i < n - 1; i++)
		if (!text[i])
			text[i] = ' ';
	return writer_string(text);
}

static uint32_t program_path(void)
{
	LARGE static char path[SEGMENT_STRING_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return 0;
	path[n] = 0;
	return writer_string(path);
}

/* Loaded late: how old this process is, and its time of day, while it can be asked for. */
static void write_attachment(struct writer_identity *self)
{
	time_t seconds = (time_t)(self->started_ns / 1000000000u);
	uint64_t tenths = ticks_age(self->start_ticks) / 100000000u;
	struct tm local;

	self->attached_tenths = tenths ? (uint32_t)tenths : 1;
	if (localtime_r(&seconds, &local))
		self->attached_offset = (int32_t)local.tm_gmtoff;
}

static bool oldest; /* of the session: no other began before it */

/*
 * How long it lasts is told from the process's start: it was watched then, though the segment came
 * with the first thing to count. The time of day stays that of the segment, for a tick is too long
 * to tell parents from children by it; but who owns the session is the parent of all.
 */
static void write_start(struct writer_identity *self)
{
	uint64_t age = ticks_age(self->start_ticks);

	if (age >= self->started_monotonic_ns) /* the machine slept */
		return;
	self->started_monotonic_ns -= age;
	if (oldest)
		self->started_ns -= age;
}

/* A forked child may stand in another namespace, where the first process has number 1. */
static void write_place(struct writer_identity *self)
{
	if (self->pid == session.pid && self->pid != 1)
		alive_asked(&self->place);
	else
		alive_here(&self->place);
}

static struct writer_identity identity(bool forked)
{
	struct writer_identity self = {
		.pid = getpid(),
		.parent = parent_now(),
		.uid = geteuid(),
		.start_ticks = paths_start_ticks(getpid()),
		.started_ns = snapshot_now(),
		.started_monotonic_ns = snapshot_monotonic(),
		.forked = forked,
	};
	write_place(&self);
	if (session.late && self.pid == session.pid)
		write_attachment(&self);
	else
		write_start(&self);
	return self;
}

/* CUDA_VISIBLE_DEVICES as the program was started with it: at most what tells it from others. */
static struct {
	bool set;
	char value[256];
} at_start;

void process_begin(void)
{
	const char *visible = getenv("CUDA_VISIBLE_DEVICES");

	at_start.set = visible != NULL;
	if (visible)
		strncpy(at_start.value, visible, sizeof(at_start.value) - 1);
}

static bool set_by_program(const char *visible)
{
	return visible &&
	       (!at_start.set || strncmp(visible, at_start.value, sizeof(at_start.value) - 1) != 0);
}

/* The value as a segment has it already is not written again: strings are never given back. */
static void write_visible(void)
{
	const char *visible = getenv("CUDA_VISIBLE_DEVICES");
	const char *known = writer_string_at(segment->visible);

	segment->visible_set = !visible ? 0 : set_by_program(visible) ? 2 : 1;
	if (strcmp(visible ? visible : "", known ? known : "") != 0)
		segment->visible = writer_string(visible);
}

void process_note_visible(void)
{
	int saved = errno;

	cancel_hold();
	if (!process_touch())
		write_visible();
	cancel_release();
	errno = saved;
}

static void write_program(void)
{
	segment->command = command_line();
	segment->program = program_path();
	write_visible();
	job_note();
	if (session_origin())
		segment->job.origin = writer_string(session_origin());
}

void process_forgets(void (*const *functions)(void))
{
	forgets = functions;
}

/* Of a forked child the forker knows, and looks for its record. */
static int32_t fold_by(void)
{
	if (!session_is_here())
		return session.pid;
	return session_is_member() && !own_file_is_first() ? FOLD_ANYBODY : FOLD_SUM;
}

/* Under LOCK_PROCESS. */
static int open_segment(bool child)
{
	LARGE static char folder[PATHS_MAX], file[PATHS_MAX];
	bool inherited = child && segment;
	struct writer_identity self = identity(inherited);
	int status;

	fork_page_mark();
	session_opens();
	if (session_folder(folder))
		session_segment(file, &self.image, folder, self.start_ticks);
	else
		folder[0] = file[0] = 0; /* no such folder: the segment is in private memory */
	for (unsigned i = 0; child && forgets && forgets[i]; i++)
		forgets[i]();
	status = inherited ? writer_reopen(folder, file, &self) : writer_open(folder, file, &self);
	if (status)
		return -1;
	write_program();
	segment->run = run_page_number();
	writer_begun();
	session_opened(own_file_there());
	run_page_segment(folder, own_file_there());
	__atomic_store_n(&segment->fold_by, fold_by(), __ATOMIC_RELEASE);
	if (own_file_made() && !own_file_is_first())
		ended_fold(folder);
	return 0;
}

/*
 * A filter of system calls that the parent has put in place may kill who makes a file. So what this
 * child does is not recorded, and said in the parent's segment, which is shared memory.
 */
static int child_without_segment(void)
{
	if (!fork_page->unrecorded)
		__atomic_fetch_add(&segment->gaps[GAP_CHILD_NO_FILE], 1, __ATOMIC_RELAXED);
	fork_page->unrecorded = 1;
	return -1;
}

int process_touch(void)
{
	int saved, status = 0;

	if (__atomic_load_n(&segment, __ATOMIC_ACQUIRE) && !fork_happened())
		return 0;
	saved = errno;
	lock_take(LOCK_PROCESS);
	if (fork_happened() && own_file_is_shut())
		status = child_without_segment();
	else if (!segment || fork_happened())
		status = open_segment(fork_happened());
	if (!status) {
		fork_noticed();
		gaps_settle();
	}
	lock_give(LOCK_PROCESS);
	errno = saved;
	return status;
}

static bool quietly;

int process_touch_quietly(void)
{
	quietly = true;
	return process_touch();
}

int process_touch_as_oldest(void)
{
	oldest = true;
	return process_touch_quietly();
}

bool process_is_quiet(void)
{
	return quietly && segment && segment->rows <= 1 && !segment->libraries &&
	       !segment->init_calls && !session.interpreter;
}

void process_note_access(void)
{
	int saved = errno;

	cancel_hold();
	if (!process_touch() && !segment->access)
		segment->access = access_look("");
	cancel_release();
	errno = saved;
}

bool process_fold(void)
{
	char folder[PATHS_MAX];

	if (fold_by() != FOLD_ANYBODY || !writer_saw_nothing() || !session_folder(folder) ||
		!folded_add(folder))
		return false;
	own_file_remove();
	run_page_folded(folder);
	return true;
}
