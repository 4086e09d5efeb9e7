/* SPDX-License-Identifier: MIT */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../preload/segment/snapshot.h"

/* Seconds that a line waits for its reader: told to stop, or when the command has ended. */
enum { STOPPED_WAIT = 2, ENDED_WAIT = 60 };

struct patience {
	uint64_t since; /* of no progress */
	int unread;
	bool limited, refused; /* the last write took nothing */
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/* They come while it waits, and at no other time. */
static void take_signals(sigset_t *waiting)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = stop };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct sigaction before;

		sigaction(numbers[i], NULL, &before);
		if (before.sa_handler == SIG_IGN) /* nohup */
			continue;
		sigaction(numbers[i], &action, NULL);
		sigaddset(&blocked, numbers[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, waiting);
}

void sink_answer(struct sink *sink)
{
	struct recorder *recorder = sink->recorder;
	int null;

	if (recorder->answer < 0)
		return;
	close(recorder->answer);
	recorder->answer = -1;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDERR_FILENO);
		close(null);
	}
}

/* 1: the owner's end, or what is wanted of `also`, came. Signals come meanwhile. */
static int wait_for(struct sink *sink, struct pollfd *also, const struct timespec *time)
{
	int owner = sink->owner_gone ? -1 : sink->recorder->owner;
	struct pollfd awaited[] = { { owner, 0, 0 }, also ? *also : (struct pollfd){ -1, 0, 0 } };
	int ready = ppoll(awaited, 2, time, &sink->waiting);

	sink->owner_gone |= ready > 0 && awaited[0].revents;
	if (also)
		also->revents = ready > 0 ? awaited[1].revents : 0;
	return ready > 0;
}

bool sink_wait(struct sink *sink, const struct timespec *time)
{
	return wait_for(sink, NULL, time);
}

bool sink_stopped(void)
{
	return stopped;
}

/* Bytes that the reader has not taken yet; -1: it does not tell. */
static int unread(int fd)
{
	int bytes;

	return ioctl(fd, TIOCOUTQ, &bytes) && ioctl(fd, FIONREAD, &bytes) ? -1 : bytes;
}

/* A pipe's reader may be slow, a terminal stopped; while there is progress, a line is not given up.
 */
static int wait_for_reader(struct sink *sink, struct patience *patience)
{
	static const struct timespec step = { 0, 50000000 };
	struct pollfd room = { sink->fd, POLLOUT, 0 };

	for (;;) {
		bool limited = stopped || sink->owner_gone;
		uint64_t limit = stopped ? STOPPED_WAIT : ENDED_WAIT;
		int left = unread(sink->fd);

		if (limited != patience->limited || left < patience->unread)
			patience->since = snapshot_monotonic();
		patience->limited = limited;
		patience->unread = left;
		if (sink->owner_gone)
			sink_answer(sink);
		if (limited && snapshot_monotonic() - patience->since >= limit * 1000000000u)
			return ETIMEDOUT;
		/* A terminal may have room, and not for what comes next. */
		wait_for(sink, patience->refused ? NULL : &room,
			limited || patience->refused ? &step : NULL);
		if (room.revents || patience->refused)
			return 0;
	}
}

/* Of what is no file as much as it takes at once; -1 with errno, which is 0 when that is nothing.
 */
static ssize_t write_part(int fd, const char *part, size_t length)
{
	ssize_t written = write(fd, part, length < PIPE_BUF ? length : PIPE_BUF);

	if (written < 0 && (errno == EINTR || errno == EAGAIN))
		errno = 0;
	return written;
}

static int write_to_reader(struct sink *sink, const char *line, size_t length)
{
	struct patience patience = { .unread = -1 };

	for (size_t done = 0; done < length;) {
		int error = wait_for_reader(sink, &patience);
		ssize_t written;

		if (error)
			return error;
		written = write_part(sink->fd, line + done, length - done);
		if (written < 0 && errno)
			return errno;
		patience.refused = written <= 0;
		if (written <= 0)
			continue;
		done += (size_t)written;
		patience.since = snapshot_monotonic();
	}
	return 0;
}

/* What a full disk or a signal cut off is taken back, so that a file holds whole lines always. */
static int write_to_file(int fd, const char *line, size_t length, off_t before)
{
	ssize_t written;

	do
		written = write(fd, line, length);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return errno;
	if ((size_t)written != length)
		return ftruncate(fd, before) ? errno : ENOSPC;
	return 0;
}

static int write_all(struct sink *sink, const char *line, size_t length)
{
	struct stat st;

	if (!fstat(sink->fd, &st) && S_ISREG(st.st_mode))
		return write_to_file(sink->fd, line, length, st.st_size);
	return write_to_reader(sink, line, length);
}

/*
 * A descriptor of its own that does not block, for while a write blocks no signal comes: those that
 * others have of the same pipe or terminal stay as they are. A socket cannot be opened anew.
 */
static int open_again(int fd)
{
	char path[32];
	struct stat st;
	int own = -1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!fstat(fd, &st) && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)))
		own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own < 0 ? fd : own;
}

int sink_line(struct sink *sink, char *line)
{
	int error = line ? write_all(sink, line, strlen(line)) : ENOMEM;

	free(line);
	return error;
}

void sink_begin(struct sink *sink, struct recorder *recorder)
{
	*sink = (struct sink){ .recorder = recorder, .fd = open_again(recorder->fd) };
	take_signals(&sink->waiting);
}

void sink_end(struct sink *sink)
{
	if (sink->fd != sink->recorder->fd)
		close(sink->fd);
}
