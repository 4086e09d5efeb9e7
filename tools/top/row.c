/* SPDX-License-Identifier: MIT */
#include "row.h"

#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct rates rates_unknown = { NAN, NAN, NAN, NAN, NAN, NAN };

double rate_between(uint64_t now, uint64_t before, double interval)
{
	return now < before || !(interval > 0) ? NAN : (double)(now - before) / interval;
}

bool row_running(const struct row *row)
{
	return row->state <= ROW_ZOMBIE;
}

void add_known(double *sum, double part)
{
	if (!isnan(part))
		*sum = isnan(*sum) ? part : *sum + part;
}

void rates_add(struct rates *sum, const struct rates *part)
{
	add_known(&sum->kernels, part->kernels);
	add_known(&sum->host_to_device, part->host_to_device);
	add_known(&sum->device_to_host, part->device_to_host);
	add_known(&sum->copies, part->copies);
	add_known(&sum->cudnn, part->cudnn);
	add_known(&sum->blas, part->blas);
}

static uint64_t copied(const struct totals *totals, int kind)
{
	return totals->copies[kind - ROW_HOST_TO_DEVICE].bytes;
}

static uint64_t all_copied(const struct totals *totals)
{
	uint64_t sum = 0;

	for (int i = 0; i < COPY_KINDS; i++)
		sum += totals->copies[i].bytes;
	return sum;
}

static struct rates rates_of(const struct row *row, double interval)
{
	const struct totals *now = &row->process->figures.totals, *before;

	if (!row->previous || !row_running(row))
		return rates_unknown;
	before = &row->previous->figures.totals;
	return (struct rates){
		.kernels = rate_between(now->kernels, before->kernels, interval),
		.host_to_device = rate_between(copied(now, ROW_HOST_TO_DEVICE),
			copied(before, ROW_HOST_TO_DEVICE), interval),
		.device_to_host = rate_between(copied(now, ROW_DEVICE_TO_HOST),
			copied(before, ROW_DEVICE_TO_HOST), interval),
		.copies = rate_between(all_copied(now), all_copied(before), interval),
		.cudnn =
			rate_between(now->calls[LAYER_CUDNN], before->calls[LAYER_CUDNN], interval),
		.blas = rate_between(
			now->calls[LAYER_CUBLAS], before->calls[LAYER_CUBLAS], interval),
	};
}

enum history { SEEN_FIRST, SEEN_BEFORE, SEEN_RISING };

static enum row_state state_of(const struct sampled_process *sampled, enum history history)
{
	if (sample_elsewhere(&sampled->process))
		return ROW_ELSEWHERE;
	switch (sampled->process.state) {
	case PROCESS_EXITED:
		return ROW_EXITED;
	case PROCESS_KILLED:
		return sampled->run_state == 'Z' ? ROW_ZOMBIE : ROW_KILLED;
	case PROCESS_RUNNING:
	case PROCESS_ENDED:
	default:
		break;
	}
	if (sampled->run_state == 'Z')
		return ROW_ZOMBIE;
	/* The reader's word counts where /proc was read at different moments. */
	if (sampled->process.state == PROCESS_ENDED)
		return ROW_ENDED;
	if (sampled->run_state == 'T' || sampled->run_state == 't')
		return ROW_STOPPED;
	if (history == SEEN_RISING)
		return ROW_ACTIVE;
	return history == SEEN_BEFORE ? ROW_QUIET : ROW_RUNNING;
}

/*
 * Without a kernel since the last one that was seen, since its start, or since it was first seen.
 * Of one that is elsewhere, without any change.
 */
static void set_quiet(struct row *row, uint64_t now)
{
	uint64_t last = row->state == ROW_ELSEWHERE ? row->last_change : row->last_rise;
	bool any = row->process->figures.totals.kernels != 0;

	row->quiet_or_more = false;
	if (!last && !any && row->seconds >= 0 && row->state != ROW_ELSEWHERE) {
		row->quiet = row->seconds;
		return;
	}
	row->quiet_or_more = !last;
	row->quiet = (double)(now - (last ? last : row->first_seen)) / 1e9;
}

static bool differs(const struct totals *one, const struct totals *other)
{
	return one->kernels != other->kernels ||
	       memcmp(one->calls, other->calls, sizeof(one->calls));
}

/* What is gone and was not read again is as it was judged. */
static bool unchanged(const struct row *row, const struct row *old)
{
	return old && !row_running(row) && row->state == old->state &&
	       row->process->figures.functions == old->process->figures.functions;
}

static void judge(struct row *row, const struct row *old)
{
	/* A session of this process alone. */
	struct session_snapshot alone = {
		.name = row->session,
		.processes = (struct process_snapshot[]){ *row->process },
		.n_processes = 1,
		.figures = row->process->figures,
	};

	if (unchanged(row, old))
		row->judgement = old->judgement;
	else
		verdict_judge(&row->judgement, &alone);
}

static void set_user(struct row *row, const struct row *old)
{
	struct passwd *entry;

	if (old) {
		memcpy(row->user, old->user, sizeof(row->user));
		return;
	}
	entry = getpwuid(row->uid);
	if (entry)
		snprintf(row->user, sizeof(row->user), "%s", entry->pw_name);
	else
		snprintf(row->user, sizeof(row->user), "%u", (unsigned)row->uid);
}

static void set_host(struct row *row, const struct row *old, const struct sampled_process *sampled)
{
	uint64_t now = sampled->use.when, before = old ? old->use.when : 0;

	row->use = sampled->use;
	row->host = (struct host_figures){ NAN, NAN };
	if (!sampled->run_state || !row_running(row))
		return;
	row->host.bytes = (double)sampled->use.resident_bytes;
	if (!before)
		return;
	if (now == before) /* its turn comes later */
		row->host.cpu = old->host.cpu;
	else
		row->host.cpu = 100 *
				rate_between(row->use.cpu_ticks, old->use.cpu_ticks,
					(double)(now - before) / 1e9) /
				(double)sysconf(_SC_CLK_TCK);
}

void row_set_driver(struct row *row, const struct driver *driver)
{
	row->driver = (struct driver_figures){ NAN, NAN };
	for (unsigned i = 0; row_running(row) && i < driver->n_said; i++) {
		if (driver->said[i].pid != row->process->pid)
			continue;
		if (driver->said[i].utilisation >= 0)
			row->driver.busy = driver->said[i].utilisation;
		if (driver->said[i].bytes)
			row->driver.bytes = (double)driver->said[i].bytes;
	}
}

static void take_over(struct row *row, const struct row *old)
{
	row->previous = old->process;
	row->first_seen = old->first_seen;
	row->appeared = old->appeared;
	row->last_rise = old->last_rise;
	row->last_change = old->last_change;
	row->ended = old->ended;
	row->tagged = old->tagged;
}

void row_fill(struct row *row, const struct row *old, const struct sampled_process *sampled,
	const struct moment *moment)
{
	const struct session_snapshot clock = { .taken_ns = moment->realtime_ns };
	enum history history = old ? SEEN_BEFORE : SEEN_FIRST;
	uint64_t now = moment->monotonic_ns;

	*row = (struct row){ .process = &sampled->process,
		.session = sampled->session,
		.uid = sampled->uid,
		.first_seen = now,
		.appeared = isnan(moment->interval) ? 0 : now };
	set_user(row, old);
	if (old)
		take_over(row, old);
	if (old && row->process->figures.totals.kernels > old->process->figures.totals.kernels) {
		history = SEEN_RISING;
		row->last_rise = now;
	}
	if (old && differs(&row->process->figures.totals, &old->process->figures.totals))
		row->last_change = now;
	row->state = state_of(sampled, history);
	if (old && row_running(old) && !row_running(row))
		row->ended = now;
	row->seconds = snapshot_seconds(&clock, row->process);
	/* Who was killed left no time: as long as it was last seen. */
	if (row->seconds < 0 && old)
		row->seconds = old->seconds;
	row->rates = rates_of(row, moment->interval);
	set_quiet(row, now);
	set_host(row, old, sampled);
	judge(row, old);
}
