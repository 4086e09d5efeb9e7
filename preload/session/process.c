#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../ground/fork.h"
#include "../ground/lock.h"
#include "../segment/writer.h"
#include "access.h"
#include "session.h"

static void (*const *forgets)(void);

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

void process_forgets(void (*const *functions)(void))
{
	forgets = functions;
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
		folder[0] = file[0] = 0; /* no such folder: the segment is in private memory */
	for (unsigned i = 0; child && forgets && forgets[i]; i++)
		forgets[i]();
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
	if (!status) {
		fork_noticed();
		gaps_settle();
	}
	lock_give(LOCK_PROCESS);
	errno = saved;
	return status;
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
