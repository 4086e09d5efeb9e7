/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../preload/segment/alive.h"
#include "../sessions.h"
#include "lines.h"

/*
 * A look costs some 100 us for a process, 20 us more for each thread block; the time between two is
 * such that all of them take less than 1 % of a core. The first seconds are looked at more often,
 * for most runs are short.
 */
static const double longest_delay = 1, shortest_delay = 0.1, delays_so_far = 50, cost_factor = 120;

/* One session, of one's own, and no sample is kept: more than a viewer has for a user. */
static const uint64_t look_ns = 2000000000u;
static const size_t look_memory = 32 << 20;

/* Seconds that a line waits for its reader: told to stop, or when the command has ended. */
enum { STOPPED_WAIT = 2, ENDED_WAIT = 60 };

struct patience {
	uint64_t since; /* of no progress */
	int unread;
	bool limited, refused; /* the last write took nothing */
};

struct recording {
	struct recorder *recorder;
	int out;          /* recorder->fd, or the same by another description */
	sigset_t waiting; /* the signals that are let in while it waits */
	struct sampler sampler;
	struct nvml *nvml; /* not the sampler's: what it is asked twice, it tells once */
	struct known known;
	uint64_t started_ns, cost_ns;
	bool owner_gone, told;   /* where it was */
	bool was_running, quiet; /* for a session whose owner is not known: nothing ran last time */
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

/* Nobody waits any more: what it holds open of them is given back. */
static void answer(struct recorder *recorder)
{
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

/* 1: the owner's end, or what is wanted of `output`, came. Signals come meanwhile. */
static int wait_for(struct recording *recording, struct pollfd *output, const struct timespec *time)
{
	struct pollfd awaited[] = { { recording->owner_gone ? -1 : recording->recorder->owner, 0,
					    0 },
		output ? *output : (struct pollfd){ -1, 0, 0 } };
	int ready = ppoll(awaited, 2, time, &recording->waiting);

	recording->owner_gone |= ready > 0 && awaited[0].revents;
	if (output)
		output->revents = ready > 0 ? awaited[1].revents : 0;
	return ready > 0;
}

/* Bytes that the reader has not taken yet; -1: it does not tell. */
static int unread(int fd)
{
	int bytes;

	return ioctl(fd, TIOCOUTQ, &bytes) && ioctl(fd, FIONREAD, &bytes) ? -1 : bytes;
}

/* A pipe's reader may be slow, a terminal stopped; while there is progress, a line is not given up.
 */
static int wait_for_reader(struct recording *recording, struct patience *patience)
{
	static const struct timespec step = { 0, 50000000 };
	struct pollfd output = { recording->out, POLLOUT, 0 };

	for (;;) {
		bool limited = stopped || recording->owner_gone;
		uint64_t limit = stopped ? STOPPED_WAIT : ENDED_WAIT;
		int left = unread(recording->out);

		if (limited != patience->limited || left < patience->unread)
			patience->since = snapshot_monotonic();
		patience->limited = limited;
		patience->unread = left;
		if (recording->owner_gone)
			answer(recording->recorder);
		if (limited && snapshot_monotonic() - patience->since >= limit * 1000000000u)
			return ETIMEDOUT;
		/* A terminal may have room, and not for what comes next. */
		wait_for(recording, patience->refused ? NULL : &output,
			limited || patience->refused ? &step : NULL);
		if (output.revents || patience->refused)
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

static int write_to_reader(struct recording *recording, const char *line, size_t length)
{
	struct patience patience = { .unread = -1 };

	for (size_t done = 0; done < length;) {
		int error = wait_for_reader(recording, &patience);
		ssize_t written;

		if (error)
			return error;
		written = write_part(recording->out, line + done, length - done);
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

static int write_all(struct recording *recording, const char *line, size_t length)
{
	struct stat st;

	if (!fstat(recording->out, &st) && S_ISREG(st.st_mode))
		return write_to_file(recording->out, line, length, st.st_size);
	return write_to_reader(recording, line, length);
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

static int write_line(struct recording *recording, char *line)
{
	int error = line ? write_all(recording, line, strlen(line)) : ENOMEM;

	free(line);
	return error;
}

static struct line_moment now(void)
{
	return (struct line_moment){ snapshot_now(), snapshot_monotonic() };
}

/* Beside the segments, so that `gpuspy report --html` finds it. Nothing depends on it. */
static void tell_where(struct recording *recording)
{
	const struct recorder *recorder = recording->recorder;
	int folder, fd, flags = O_WRONLY | O_CREAT | O_TRUNC;
	char link[64], file[PATHS_MAX];
	ssize_t length;
	struct stat st;

	if (recording->told || fstat(recorder->fd, &st) || !S_ISREG(st.st_mode))
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", recorder->fd);
	length = readlink(link, file, sizeof(file));
	if (length <= 0 || (size_t)length == sizeof(file))
		return;
	folder = session_open(recorder->base, recorder->session);
	if (folder < 0)
		return; /* the session has none yet */
	fd = openat(folder, RECORD_FILE, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	close(folder);
	if (fd < 0)
		return;
	recording->told = write(fd, file, (size_t)length) == length;
	close(fd);
}

/* A session's name says who owns it, unless a user chose it. */
static bool owner_is_gone(const struct recording *recording)
{
	const struct recorder *recorder = recording->recorder;
	uint64_t start_ticks;
	pid_t pid;

	if (recorder->owner >= 0)
		return recording->owner_gone;
	if (paths_session_identity(recorder->session, &pid, &start_ticks))
		return !alive_owner(recorder->session);
	return recording->quiet;
}

/* One look and its line. True: it was the last. The owner is looked at first, so nothing of it can
 * come later than the look at the rest. */
static bool look(struct recording *recording, int *error)
{
	bool gone = owner_is_gone(recording), over = stopped;
	struct sample *sample = sample_take(&recording->sampler);
	struct nvml_figures driver;
	unsigned running;

	if (!sample || known_update(&recording->known, sample, &recording->sampler.folders)) {
		sample_free(sample);
		*error = ENOMEM;
		return true;
	}
	running = known_running(&recording->known);
	over |= gone && !running;
	recording->quiet = recording->was_running && !running;
	recording->was_running |= running != 0;
	tell_where(recording);
	nvml_read(&driver, recording->nvml);
	*error = write_line(recording,
		over ? line_end(now(), &recording->known, gone && !running ? "ended" : "stopped")
		     : line_sample(now(), &recording->known, &driver, recording->nvml));
	sample_free(sample);
	return over || *error;
}

/* The time from the beginning of one look to the next. */
static uint64_t next_delay(const struct recording *recording, uint64_t elapsed)
{
	double seconds = (double)elapsed / 1e9 / delays_so_far;
	double cheap = (double)recording->cost_ns / 1e9 * cost_factor;

	if (recording->recorder->delay > 0)
		return (uint64_t)(recording->recorder->delay * 1e9);
	if (seconds > longest_delay)
		seconds = longest_delay;
	if (seconds < shortest_delay)
		seconds = shortest_delay;
	return (uint64_t)((seconds < cheap ? cheap : seconds) * 1e9);
}

/* What it takes of the processor, not of the time: others want it too. */
static uint64_t own_time(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

/* Where a look took longer than the delay, it is past: the signals are let in nevertheless. */
static void wait_until(struct recording *recording, uint64_t due)
{
	uint64_t at, left;
	bool ended;

	do {
		at = snapshot_monotonic();
		left = at < due ? due - at : 0;
		ended = wait_for(recording, NULL,
			&(struct timespec){
				(time_t)(left / 1000000000u), (long)(left % 1000000000u) });
	} while (!stopped && !ended && left);
}

static int record(struct recording *recording)
{
	int error = write_line(recording,
		line_start(now(), recording->recorder->session, recording->recorder->delay));

	recording->started_ns = snapshot_monotonic();
	while (!error) {
		uint64_t began = snapshot_monotonic(), used = own_time();

		if (look(recording, &error))
			break;
		if (recording->owner_gone)
			answer(recording->recorder);
		recording->cost_ns = own_time() - used;
		wait_until(recording, began + next_delay(recording, began - recording->started_ns));
	}
	return error;
}

int recorder_run(struct recorder *recorder)
{
	struct recording recording = { .recorder = recorder,
		.sampler = { .folders = { .named = recorder->base,
				     .session = recorder->session,
				     .uid = geteuid(),
				     .allowance = { look_ns, look_memory } } } };
	int error;

	recording.out = open_again(recorder->fd);
	take_signals(&recording.waiting);
	sample_prepare();
	recording.nvml = nvml_open();
	error = record(&recording);
	nvml_close(recording.nvml);
	folders_free(&recording.sampler.folders);
	known_free(&recording.known);
	if (recording.out != recorder->fd)
		close(recording.out);
	return error;
}

const char *recorder_error(int error)
{
	return error == ETIMEDOUT ? "nobody reads it" : strerror(error);
}

int recorder_open(const char *file)
{
	const int flags = O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(file, O_WRONLY | flags, 0600);

	/* A FIFO's reader may come while the command runs, which does not wait for it. */
	if (fd < 0 && errno == ENXIO)
		fd = open(file, O_RDWR | flags, 0600);
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}
