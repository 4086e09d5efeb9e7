/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../preload/segment/alive.h"
#include "../say.h"
#include "../sessions.h"
#include "lines.h"
#include "sink.h"

/*
 * A look costs some 100 us for a process, 20 us more for each thread block; the time between two is
 * such that all of them take less than 1 % of a core. The first seconds are looked at more often,
 * for most runs are short.
 */
static const double longest_delay = 1, shortest_delay = 0.1, delays_so_far = 50, cost_factor = 120;

/* One session, of one's own, and no sample is kept: more than a viewer has for a user. */
static const uint64_t look_ns = 2000000000u;
static const size_t look_memory = 32 << 20;

struct recording {
	struct recorder *recorder;
	struct sink sink;
	struct sampler sampler;
	struct nvml *nvml; /* not the sampler's: what it is asked twice, it tells once */
	struct known known;
	uint64_t started_ns, cost_ns;
	bool told;               /* where it was */
	bool was_running, quiet; /* for a session whose owner is not known: nothing ran last time */
};

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
		return recording->sink.owner_gone;
	if (paths_session_identity(recorder->session, &pid, &start_ticks))
		return !alive_owner(recorder->session);
	return recording->quiet;
}

/* One look and its line. True: it was the last. The owner is looked at first, so nothing of it can
 * come later than the look at the rest. */
static bool look(struct recording *recording, int *error)
{
	bool gone = owner_is_gone(recording), over = sink_stopped();
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
	*error = sink_line(&recording->sink,
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
		ended = sink_wait(
			&recording->sink, &(struct timespec){ (time_t)(left / 1000000000u),
						  (long)(left % 1000000000u) });
	} while (!sink_stopped() && !ended && left);
}

static int record(struct recording *recording)
{
	int error = sink_line(&recording->sink,
		line_start(now(), recording->recorder->session, recording->recorder->delay));

	recording->started_ns = snapshot_monotonic();
	while (!error) {
		uint64_t began = snapshot_monotonic(), used = own_time();

		if (look(recording, &error))
			break;
		if (recording->sink.owner_gone)
			sink_answer(&recording->sink);
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

	sink_begin(&recording.sink, recorder);
	sample_prepare();
	recording.nvml = nvml_open();
	error = record(&recording);
	nvml_close(recording.nvml);
	folders_free(&recording.sampler.folders);
	known_free(&recording.known);
	sink_end(&recording.sink);
	return error;
}

const char *recorder_error(int error)
{
	return error == ETIMEDOUT ? "nobody reads it" : strerror(error);
}

const char *recorder_name(const char *file)
{
	return strcmp(file, "-") ? file : "standard output";
}

int recorder_open(const char *file)
{
	const int flags = O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd;

	if (!strcmp(file, "-")) {
		fd = say_output();
		return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	}
	fd = open(file, O_WRONLY | flags, 0600);
	/* A FIFO's reader may come while the command runs, which does not wait for it. */
	if (fd < 0 && errno == ENXIO)
		fd = open(file, O_RDWR | flags, 0600);
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}
