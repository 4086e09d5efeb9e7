/*
 * The beginning of a watched process, and of a forked child's own life.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../doors/doors.h"
#include "../hooks/threads.h"
#include "../observers/observers.h"
#include "../segment/writer.h"
#include "end.h"
#include "fork.h"
#include "output.h"
#include "process.h"
#include "session.h"

static struct arena names;

const char *process_keep(const char *name)
{
	const char *kept;

	lock_take(LOCK_SEGMENT); /* the callers hold different ones */
	kept = arena_copy(&names, name, strlen(name));
	lock_give(LOCK_SEGMENT);
	return kept;
}

/* /proc/self/cmdline: arguments ended by zeros (proc(5)). */
static uint32_t command_line(void)
{
	char text[SEGMENT_STRING_MAX];
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
	char path[SEGMENT_STRING_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return 0;
	path[n] = 0;
	return writer_string(path);
}

static struct writer_identity identity(unsigned image, bool forked)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct writer_identity){
		.pid = getpid(),
		.parent = getppid(),
		.uid = geteuid(),
		.image = image,
		.start_ticks = paths_start_ticks(getpid()),
		.started_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
		.forked = forked,
	};
}

static void write_program(void)
{
	const char *visible = getenv("CUDA_VISIBLE_DEVICES");

	segment->command = command_line();
	segment->program = program_path();
	segment->visible_set = visible != NULL;
	segment->visible = writer_string(visible);
}

/* Under LOCK_PROCESS. */
static int open_segment(bool child)
{
	char folder[PATHS_MAX], file[PATHS_MAX];
	bool inherited = child && segment;
	struct writer_identity self;
	unsigned image = 0;
	int status;

	session_opens();
	if (session_folder(folder))
		session_segment(file, &image, folder);
	else
		folder[0] = 0; /* no such folder: the segment is in private memory */
	if (child) {
		threads_forget();
		observers_forget();
	}
	self = identity(image, inherited);
	status = inherited ? writer_reopen(folder, file, &self) : writer_open(folder, file, &self);
	if (status)
		return -1;
	write_program();
	session_opened(writer_in_file());
	return 0;
}

int process_touch(void)
{
	int saved, status = 0;

	if (__atomic_load_n(&segment, __ATOMIC_ACQUIRE) && !fork_happened())
		return 0;
	saved = errno;
	lock_take(LOCK_PROCESS);
	if (!segment || fork_happened())
		status = open_segment(fork_happened());
	if (!status)
		__atomic_store_n(&fork_page->same, 1, __ATOMIC_RELEASE);
	lock_give(LOCK_PROCESS);
	errno = saved;
	return status;
}

void process_begin(void)
{
	static bool begun;
	const char *disable = getenv("GPUSPY_DISABLE");
	int saved = errno;

	/* No thread but the first is there when libraries of the program are initialised. */
	if (begun)
		return;
	begun = true;
	if (disable && !strcmp(disable, "1"))
		return;
	output_begin();
	if (!fork_page_make()) {
		session_begin();
		end_begin();
		if (!doors_start() && session.interpreter)
			process_touch();
		if (segment)
			session_tell();
	}
	errno = saved;
}

__attribute__((constructor)) static void begin(void)
{
	process_begin();
}
