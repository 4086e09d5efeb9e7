/* SPDX-License-Identifier: MIT */
/*
 * When a session, and what ran in it, began and ended.
 */
#include <time.h>

#include "snapshot.h"
#include "summed.h"

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t snapshot_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t snapshot_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static double seconds_between(uint64_t from, uint64_t to)
{
	return !from || !to || to < from ? -1 : (double)(to - from) / 1e9;
}

double snapshot_seconds(
	const struct session_snapshot *session, const struct process_snapshot *process)
{
	bool running = process->state == PROCESS_RUNNING;
	uint64_t end = process->ended_ns, steady = process->monotonic.ended_ns;

	if (!end && running)
		end = session->taken_ns;
	if (!steady && running)
		steady = session->taken_monotonic_ns;
	if (process->monotonic.started_ns && steady)
		return seconds_between(process->monotonic.started_ns, steady);
	return seconds_between(process->started_ns, end);
}

struct running {
	double longest, sum, until;
};

static void add_run(struct running *running, double start, double seconds)
{
	double end = start + seconds;

	if (seconds > running->longest)
		running->longest = seconds;
	if (start <= 0 || seconds < 0 || end <= running->until)
		return;
	running->sum += end - (start > running->until ? start : running->until);
	running->until = end;
}

/*
 * The time in which something of it ran: of processes one after the other the sum, though nothing
 * is left of the shell that started them; a pause between two commands under one name is no part of
 * it. They come in the order of the day's clock, which may have been set back: the longest at
 * least.
 */
double snapshot_session_seconds(const struct session_snapshot *session)
{
	const struct summed *summed = session->summed;
	struct running running = { .longest = -1 };

	for (unsigned i = 0; i < session->n_processes; i++) {
		const struct process_snapshot *process = &session->processes[i];

		add_run(&running, (double)process->monotonic.started_ns / 1e9,
			snapshot_seconds(session, process));
		/* Nobody in it began before the first process. */
		if (!i && summed)
			add_run(&running, (double)(summed->ended_ns - summed->ran_ns) / 1e9,
				(double)summed->ran_ns / 1e9);
	}
	return running.longest >= 0 && running.sum > running.longest ? running.sum
								     : running.longest;
}

uint64_t snapshot_started(const struct session_snapshot *session)
{
	uint64_t start = session->summed ? session->summed->started_ns : 0;

	for (unsigned i = 0; i < session->n_processes; i++)
		start = snapshot_earlier(start, session->processes[i].monotonic.started_ns);
	return start;
}

double snapshot_first_kernel(const struct session_snapshot *session)
{
	uint64_t kernel = session->summed ? session->summed->first_kernel_ns : 0;

	for (unsigned i = 0; i < session->n_processes; i++)
		kernel = snapshot_earlier(kernel, session->processes[i].monotonic.first_kernel_ns);
	return seconds_between(snapshot_started(session), kernel);
}
