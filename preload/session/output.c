/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	PIECE = 4096, /* PIPE_BUF: what a pipe that poll(2) calls ready takes without blocking */
	PATIENCE_MS = 2000,
	KEPT_FROM = 200, /* above what a program that counts its descriptors looks at */
};

static struct stat at_start;
static bool had_error;
static int kept = -1;               /* standard error of a program that closes its own */
static long patience = PATIENCE_MS; /* for all that is written: it is the program that waits */

void output_begin(void)
{
	had_error = fstat(STDERR_FILENO, &at_start) == 0;
}

/* Is it the file that standard error was at the start? The program may have put another there. */
static bool is_of_the_start(int fd)
{
	struct stat now;

	return had_error && fstat(fd, &now) == 0 && now.st_dev == at_start.st_dev &&
	       now.st_ino == at_start.st_ino && now.st_rdev == at_start.st_rdev;
}

/* Whoever waits for the end of what the program writes is not to wait for a daemon. */
static void give_up_copy(void)
{
	if (kept >= 0 && is_of_the_start(kept))
		close(kept);
	kept = -1;
}

/* pthread_atfork(3)'s, which is not in libc itself. It allocates nothing for the first few. */
extern int __register_atfork(
	void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object);
extern void *__dso_handle __attribute__((visibility("hidden")));

void output_begin_with_copy(void)
{
	output_begin();
	if (had_error)
		kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, KEPT_FROM);
	if (kept >= 0)
		__register_atfork(NULL, NULL, give_up_copy, &__dso_handle);
}

void output_begin_late(void)
{
	if (!had_error)
		output_begin();
}

/* Where standard error went at the start; -1: that is not to be had any more. */
static int error_of_the_start(void)
{
	if (kept >= 0 && is_of_the_start(kept))
		return kept;
	return is_of_the_start(STDERR_FILENO) ? STDERR_FILENO : -1;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A moment too late is soon enough for what takes it at once. */
static bool wait_for_room(int fd, long end)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	int n;

	do {
		long left = end - now_ms();

		n = poll(&ready, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	return n > 0 && (ready.revents & POLLOUT);
}

static bool write_all(int fd, const char *text, size_t size)
{
	long end = now_ms() + patience;
	bool open = true;

	while (size && open) {
		ssize_t n = -1;

		open = wait_for_room(fd, end);
		if (open)
			n = write(fd, text, size < PIECE ? size : PIECE);
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		} else if (open && (errno == EINTR || errno == EAGAIN)) {
			open = now_ms() < end;
		} else {
			open = false;
		}
	}
	patience = end - now_ms();
	return !size;
}

/* Signals that a write can raise; one that is pending afterwards and was not before is taken away.
 * sigprocmask() is this thread's alone on Linux; pthread_sigmask() was not in libc before 2.32.
 */
static const int signals[] = { SIGPIPE, SIGXFSZ, SIGTTOU };
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

bool output_to(int fd, const char *text, size_t size)
{
	const struct timespec no_time = { 0, 0 };
	sigset_t ours, before, pending;
	bool written;

	sigemptyset(&ours);
	for (int i = 0; i < SIGNALS; i++)
		sigaddset(&ours, signals[i]);
	sigpending(&pending);
	sigprocmask(SIG_BLOCK, &ours, &before);
	written = write_all(fd, text, size);
	for (int i = 0; i < SIGNALS; i++)
		if (sigismember(&pending, signals[i]))
			sigdelset(&ours, signals[i]);
	while (sigtimedwait(&ours, NULL, &no_time) > 0)
		continue;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return written;
}

bool output_error(const char *text, size_t size)
{
	int fd = error_of_the_start();

	return fd >= 0 && output_to(fd, text, size);
}

void output_warning(const char *text)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "gpuspy: warning: %s\n", text);

	output_error(line, n < (int)sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

bool output_file(const char *path, enum output_way way, const char *text, size_t size)
{
	static const int ways[] = { [OUTPUT_ANEW] = O_TRUNC,
		[OUTPUT_APPEND] = O_APPEND,
		[OUTPUT_OWN] = O_TRUNC | O_NOFOLLOW };
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, flags | ways[way], 0600);
	bool written;

	if (fd < 0)
		return false;
	written = output_to(fd, text, size);
	return !close(fd) && written;
}
