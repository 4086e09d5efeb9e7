#include "model.h"

#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpus.h"

static const struct rates unknown_rates = { NAN, NAN, NAN, NAN, NAN };

double model_rate(uint64_t now, uint64_t before, double interval)
{
	return now < before || !(interval > 0) ? NAN : (double)(now - before) / interval;
}

bool row_running(const struct row *row)
{
	return row->state <= ROW_ZOMBIE;
}

static uint64_t copied(const struct process_snapshot *process, int kind)
{
	return process->figures.totals.copies[kind - ROW_HOST_TO_DEVICE].bytes;
}

static struct rates rates_of(const struct row *row, double interval)
{
	const struct process_snapshot *now = row->process, *before = row->previous;
	const uint64_t *calls, *old_calls;

	if (!before || !row_running(row))
		return unknown_rates;
	calls = now->figures.totals.calls;
	old_calls = before->figures.totals.calls;
	return (struct rates){
		.kernels = model_rate(
			now->figures.totals.kernels, before->figures.totals.kernels, interval),
		.host_to_device = model_rate(copied(now, ROW_HOST_TO_DEVICE),
			copied(before, ROW_HOST_TO_DEVICE), interval),
		.device_to_host = model_rate(copied(now, ROW_DEVICE_TO_HOST),
			copied(before, ROW_DEVICE_TO_HOST), interval),
		.cudnn = model_rate(calls[LAYER_CUDNN], old_calls[LAYER_CUDNN], interval),
		.blas = model_rate(calls[LAYER_CUBLAS], old_calls[LAYER_CUBLAS], interval),
	};
}

static void add_rate(double *sum, double part)
{
	if (!isnan(part))
		*sum = isnan(*sum) ? part : *sum + part;
}

static void add_rates(struct rates *sum, const struct rates *part)
{
	add_rate(&sum->kernels, part->kernels);
	add_rate(&sum->host_to_device, part->host_to_device);
	add_rate(&sum->device_to_host, part->device_to_host);
	add_rate(&sum->cudnn, part->cudnn);
	add_rate(&sum->blas, part->blas);
}

static enum row_state state_of(const struct sampled_process *sampled, bool seen_before, bool rose)
{
	switch (sampled->process.state) {
	case PROCESS_EXITED:
		return ROW_EXITED;
	case PROCESS_KILLED:
		return sampled->run_state == 'Z' ? ROW_ZOMBIE : ROW_KILLED;
	case PROCESS_ELSEWHERE: /* here its number is another process's */
		return rose ? ROW_ACTIVE : seen_before ? ROW_QUIET : ROW_RUNNING;
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
	if (rose)
		return ROW_ACTIVE;
	return seen_before ? ROW_QUIET : ROW_RUNNING;
}

/* Without a kernel since the last one that was seen, since its start, or since it was first seen.
 */
static void set_quiet(struct row *row, uint64_t now)
{
	uint64_t since = row->last_rise ? row->last_rise : row->first_seen;
	bool any = row->process->figures.totals.kernels != 0;

	row->quiet_or_more = false;
	if (!row->last_rise && !any && row->seconds >= 0) {
		row->quiet = row->seconds;
		return;
	}
	row->quiet_or_more = !row->last_rise;
	row->quiet = (double)(now - since) / 1e9;
}

static void judge(struct row *row)
{
	/* A session of this process alone. */
	struct session_snapshot alone = {
		.name = row->session,
		.processes = (struct process_snapshot[]){ *row->process },
		.n_processes = 1,
		.figures = row->process->figures,
	};

	verdict_judge(&row->judgement, &alone);
}

static int compare_identity(const struct sampled_process *sampled, const struct row *row)
{
	int order = strcmp(sampled->session, row->session);

	if (order)
		return order;
	if (sampled->uid != row->uid)
		return sampled->uid < row->uid ? -1 : 1;
	if (sampled->process.pid != row->process->pid)
		return sampled->process.pid < row->process->pid ? -1 : 1;
	if (sampled->process.start_ticks != row->process->start_ticks)
		return sampled->process.start_ticks < row->process->start_ticks ? -1 : 1;
	return 0;
}

static void set_user(struct row *row, const struct row *before)
{
	struct passwd *entry;

	if (before) {
		memcpy(row->user, before->user, sizeof(row->user));
		return;
	}
	entry = getpwuid(row->uid);
	if (entry)
		snprintf(row->user, sizeof(row->user), "%s", entry->pw_name);
	else
		snprintf(row->user, sizeof(row->user), "%u", (unsigned)row->uid);
}

static void fill_row(struct model *model, struct row *row, const struct sampled_process *sampled,
	const struct row *old)
{
	uint64_t now = model->sample->monotonic_ns;
	const struct session_snapshot clock = { .taken_ns = model->sample->realtime_ns };
	bool rose = false, was_running = old && row_running(old);

	*row = (struct row){
		.process = &sampled->process, .session = sampled->session, .uid = sampled->uid
	};
	set_user(row, old);
	if (old) {
		row->previous = old->process;
		row->first_seen = old->first_seen;
		row->appeared = old->appeared;
		row->last_rise = old->last_rise;
		row->ended = old->ended;
		row->tagged = old->tagged;
		rose = row->process->figures.totals.kernels > old->process->figures.totals.kernels;
	} else {
		row->first_seen = now;
		row->appeared = model->previous ? now : 0;
	}
	if (rose)
		row->last_rise = now;
	row->state = state_of(sampled, old != NULL, rose);
	if (was_running && !row_running(row))
		row->ended = now;
	row->seconds = snapshot_seconds(&clock, row->process);
	/* Who was killed left no time: as long as it was last seen. */
	if (row->seconds < 0 && old)
		row->seconds = old->seconds;
	row->rates = rates_of(row, model->interval);
	set_quiet(row, now);
	judge(row);
}

/* Both lists are in the same order. */
static void fill_rows(struct model *model, struct row *rows)
{
	unsigned old = 0;

	for (unsigned i = 0; i < model->sample->n_processes; i++) {
		const struct sampled_process *sampled = &model->sample->processes[i];
		int order = 1;

		while (old < model->n_rows &&
			(order = compare_identity(sampled, &model->rows[old])) > 0)
			old++;
		if (old == model->n_rows)
			order = 1;
		fill_row(model, &rows[i], sampled, order == 0 ? &model->rows[old] : NULL);
	}
}

static const struct row *livelier(const struct row *a, const struct row *b)
{
	if (!a || row_running(a) != row_running(b))
		return a && row_running(a) ? a : b;
	if (a->state == ROW_QUIET && b->state == ROW_QUIET)
		return b->quiet < a->quiet ? b : a;
	return b->state == ROW_ACTIVE || (a->state != ROW_ACTIVE && b->state == ROW_QUIET) ? b : a;
}

static void fill_sessions(struct model *model)
{
	struct session_row *session = NULL;

	model->n_sessions = model->running_sessions = 0;
	for (unsigned i = 0; i < model->n_rows; i++) {
		const struct row *row = &model->rows[i];

		if (!session || session->uid != row->uid || strcmp(session->name, row->session)) {
			session = &model->sessions[model->n_sessions++];
			*session = (struct session_row){ .name = row->session,
				.uid = row->uid,
				.first = i,
				.rates = unknown_rates };
		}
		session->count++;
		session->liveliest = livelier(session->liveliest, row);
		if (row_running(row) && !session->running) {
			session->running = true;
			model->running_sessions++;
		}
		add_rates(&session->rates, &row->rates);
	}
}

static void add_up(struct model *model)
{
	model->running = model->ended = model->n_users = 0;
	model->live_bytes = 0;
	model->kernels = isnan(model->interval) ? NAN : 0;
	for (unsigned i = 0; i < model->n_rows; i++) {
		const struct row *row = &model->rows[i];
		bool known = false;

		add_rate(&model->kernels, row->rates.kernels);
		if (row_running(row))
			model->live_bytes += row->process->figures.totals.memory.live_bytes;
		model->running += row_running(row);
		model->ended += !row_running(row);
		for (unsigned k = 0; !known && k < i; k++)
			known = model->rows[k].uid == row->uid;
		model->n_users += !known;
	}
}

static void remember(struct model *model)
{
	if (isnan(model->interval))
		return;
	model->history[model->history_end] = isnan(model->kernels) ? 0 : model->kernels;
	model->history_times[model->history_end] = model->sample->monotonic_ns;
	model->history_end = (model->history_end + 1) % HISTORY_MAX;
	if (model->history_count < HISTORY_MAX)
		model->history_count++;
}

struct sample *model_update(struct model *model, struct sample *sample)
{
	struct sample *spare = model->previous;
	struct row *rows = calloc(sample->n_processes + 1u, sizeof(*rows));
	struct session_row *sessions = calloc(sample->n_processes + 1u, sizeof(*sessions));

	if (!rows || !sessions) {
		free(rows);
		free(sessions);
		return sample; /* no memory: this one is left out */
	}
	model->previous = model->sample;
	model->sample = sample;
	model->interval = NAN;
	if (model->previous)
		model->interval =
			(double)(sample->monotonic_ns - model->previous->monotonic_ns) / 1e9;
	else
		model->began = sample->monotonic_ns;
	fill_rows(model, rows);
	free(model->rows);
	free(model->sessions);
	model->rows = rows;
	model->n_rows = sample->n_processes;
	model->sessions = sessions;
	fill_sessions(model);
	gpus_find(model);
	add_up(model);
	remember(model);
	return spare;
}

void model_judge_sessions(struct model *model)
{
	for (unsigned i = 0; i < model->n_sessions; i++) {
		struct session_row *session = &model->sessions[i];
		struct session_snapshot *snapshot = &session->snapshot;
		struct arena *arena = &model->sample->arena;

		if (session->judged)
			continue;
		snapshot->name = session->name;
		snapshot->taken_ns = model->sample->realtime_ns;
		snapshot->processes =
			arena_take(arena, session->count * sizeof(*snapshot->processes));
		if (!snapshot->processes)
			continue;
		for (unsigned k = 0; k < session->count; k++)
			snapshot->processes[k] = *model->rows[session->first + k].process;
		snapshot->n_processes = session->count;
		if (session->count == 1)
			snapshot->figures = snapshot->processes[0].figures;
		else if (snapshot_add_up(snapshot, arena))
			continue;
		verdict_judge(&session->judgement, snapshot);
		session->judged = true;
	}
}

void model_free(struct model *model)
{
	free(model->rows);
	free(model->sessions);
	model->rows = NULL;
	model->sessions = NULL;
}
