/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"

/* Sessions beyond these have no plots of their own: 6 KiB each. */
enum { HISTORIES_MAX = 256 };

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

/* Both lists are in the same order. */
static void fill_rows(struct model *model, struct row *rows)
{
	const struct sample *sample = model->sample;
	const struct moment moment = { sample->monotonic_ns, sample->realtime_ns, model->interval };
	unsigned old = 0;

	for (unsigned i = 0; i < sample->n_processes; i++) {
		int order = 1;

		while (old < model->n_rows &&
			(order = compare_identity(&sample->processes[i], &model->rows[old])) > 0)
			old++;
		if (old == model->n_rows)
			order = 1;
		row_fill(&rows[i], order == 0 ? &model->rows[old] : NULL, &sample->processes[i],
			&moment);
		row_set_driver(&rows[i], &sample->driver);
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

static bool in_session(const struct row *row, const struct session_row *session)
{
	return session->uid == row->uid && !strcmp(session->name, row->session);
}

static void add_to_session(struct session_row *session, const struct row *row)
{
	session->count++;
	session->liveliest = livelier(session->liveliest, row);
	session->running |= row_running(row);
	if (row_running(row))
		session->live_bytes += row->process->figures.totals.memory.live_bytes;
	rates_add(&session->rates, &row->rates);
	add_known(&session->host.cpu, row->host.cpu);
	add_known(&session->host.bytes, row->host.bytes);
	add_known(&session->driver.busy, row->driver.busy);
	add_known(&session->driver.bytes, row->driver.bytes);
}

static unsigned fill_sessions(struct session_row *sessions, const struct row *rows, unsigned n_rows)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n_rows; i++) {
		if (!count || !in_session(&rows[i], &sessions[count - 1]))
			sessions[count++] = (struct session_row){ .name = rows[i].session,
				.uid = rows[i].uid,
				.first = i,
				.rates = rates_unknown,
				.host = { NAN, NAN },
				.driver = { NAN, NAN } };
		add_to_session(&sessions[count - 1], &rows[i]);
	}
	return count;
}

static int compare_sessions(const struct session_row *a, const struct session_row *b)
{
	int order = strcmp(a->name, b->name);

	return order ? order : a->uid < b->uid ? -1 : a->uid > b->uid;
}

static void drop_history(struct model *model, struct session_row *session)
{
	if (!session->history)
		return;
	free(session->history);
	session->history = NULL;
	model->n_histories--;
}

/* Of sessions that are still there; both lists are in the same order. */
static void take_histories(struct model *model, struct session_row *sessions, unsigned count)
{
	unsigned next = 0;

	for (unsigned i = 0; i < model->n_sessions; i++) {
		struct session_row *old = &model->sessions[i];

		while (next < count && compare_sessions(&sessions[next], old) < 0)
			next++;
		if (next < count && compare_sessions(&sessions[next], old) == 0)
			sessions[next].history = old->history;
		else
			drop_history(model, old);
	}
}

static void add_up(struct model *model)
{
	model->running = model->ended = model->elsewhere = model->n_users = 0;
	model->running_sessions = 0;
	model->live_bytes = 0;
	model->kernels = isnan(model->interval) ? NAN : 0;
	for (unsigned i = 0; i < model->n_sessions; i++)
		model->running_sessions += model->sessions[i].running;
	for (unsigned i = 0; i < model->n_rows; i++) {
		const struct row *row = &model->rows[i];
		bool known = false;

		add_known(&model->kernels, row->rates.kernels);
		if (row_running(row))
			model->live_bytes += row->process->figures.totals.memory.live_bytes;
		if (row->state == ROW_ELSEWHERE)
			model->elsewhere++;
		else if (row_running(row))
			model->running++;
		else
			model->ended++;
		for (unsigned k = 0; !known && k < i; k++)
			known = model->rows[k].uid == row->uid;
		model->n_users += !known;
	}
}

static double known_or_zero(double value)
{
	return isnan(value) ? 0 : value;
}

static void remember_one(struct history *history, const struct timeline *timeline,
	const struct rates *rates, uint64_t live_bytes)
{
	history_add(history, timeline, PLOT_KERNELS, known_or_zero(rates->kernels));
	history_add(history, timeline, PLOT_MEMORY, (double)live_bytes);
	history_add(history, timeline, PLOT_COPIES, known_or_zero(rates->copies));
}

static void remember(struct model *model)
{
	struct rates sum = rates_unknown;

	if (isnan(model->interval))
		return;
	timeline_add(&model->timeline, model->sample->monotonic_ns);
	for (unsigned i = 0; i < model->n_sessions; i++) {
		struct session_row *session = &model->sessions[i];

		rates_add(&sum, &session->rates);
		if (!session->history && session->running && model->n_histories < HISTORIES_MAX) {
			session->history = history_new();
			model->n_histories += session->history != NULL;
		}
		if (session->history)
			remember_one(session->history, &model->timeline, &session->rates,
				session->live_bytes);
	}
	remember_one(&model->all, &model->timeline, &sum, model->live_bytes);
}

/* Its first process that knows a job. */
static const struct process_snapshot *job_of(
	const struct session_row *session, const struct row *rows)
{
	for (unsigned i = session->first; i < session->first + session->count; i++)
		if (cell_has_job(rows[i].process))
			return rows[i].process;
	return NULL;
}

static int compare_jobs(const struct process_snapshot *a, const struct process_snapshot *b)
{
	if (a->job.scheduler != b->job.scheduler)
		return a->job.scheduler < b->job.scheduler ? -1 : 1;
	return cell_compare_job_ids(a, b);
}

static int compare_jobs_of_sessions(const void *a, const void *b)
{
	const struct session_row *const *left = a, *const *right = b;

	return compare_jobs((*left)->job, (*right)->job);
}

/* Sessions of one job get one number. Without memory each is alone. */
static void find_jobs(struct session_row *sessions, unsigned count, const struct row *rows)
{
	struct session_row **order = malloc((count + 1u) * sizeof(*order));
	unsigned jobs = 0;

	for (unsigned i = 0; i < count; i++) {
		sessions[i].job = job_of(&sessions[i], rows);
		sessions[i].same_job = i;
		if (order && sessions[i].job)
			order[jobs++] = &sessions[i];
	}
	if (jobs > 1)
		qsort(order, jobs, sizeof(*order), compare_jobs_of_sessions);
	for (unsigned i = 1; i < jobs; i++)
		if (!compare_jobs(order[i]->job, order[i - 1]->job))
			order[i]->same_job = order[i - 1]->same_job;
	free(order);
}

void model_init(struct model *model)
{
	*model = (struct model){ .interval = NAN, .kernels = NAN };
}

struct sample *model_update(struct model *model, struct sample *sample)
{
	struct sample *spare = model->previous;
	struct row *rows = calloc(sample->n_processes + 1u, sizeof(*rows));
	struct session_row *sessions = calloc(sample->n_processes + 1u, sizeof(*sessions));
	unsigned n_sessions;

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
	fill_rows(model, rows);
	n_sessions = fill_sessions(sessions, rows, sample->n_processes);
	for (unsigned i = 0; i < n_sessions; i++) {
		sessions[i].missed = sample->processes[sessions[i].first].missed;
		sessions[i].unseen = sample->processes[sessions[i].first].unseen;
		sessions[i].summed = sample->processes[sessions[i].first].summed;
	}
	take_histories(model, sessions, n_sessions);
	find_jobs(sessions, n_sessions, rows);
	free(model->rows);
	free(model->sessions);
	model->rows = rows;
	model->n_rows = sample->n_processes;
	model->sessions = sessions;
	model->n_sessions = n_sessions;
	gpus_find(&model->gpus, rows, model->n_rows, &sample->driver.devices, model->interval);
	add_up(model);
	remember(model);
	return spare;
}

/* Rows stand in the order of the sample's processes. Without memory the lists stay as they are. */
void model_order(struct model *model, const struct row *row)
{
	sample_order(&model->sample->processes[row - model->rows]);
}

static void judge_session(struct model *model, struct session_row *session)
{
	struct session_snapshot *snapshot = &session->snapshot;
	struct arena *arena = &model->sample->arena;

	snapshot->name = session->name;
	snapshot->taken_ns = model->sample->realtime_ns;
	snapshot->processes = arena_take(arena, session->count * sizeof(*snapshot->processes));
	if (!snapshot->processes)
		return;
	for (unsigned i = 0; i < session->count; i++) {
		model_order(model, &model->rows[session->first + i]);
		snapshot->processes[i] = *model->rows[session->first + i].process;
	}
	snapshot->n_processes = session->count;
	snapshot->unreadable = session->missed;
	snapshot->folded = session->unseen.folded;
	snapshot->summed = session->summed;
	snapshot->unrecorded = session->unseen.unrecorded;
	snapshot->not_begun = session->unseen.not_begun;
	snapshot->other_version = session->unseen.other_version;
	snapshot->still_running = session->unseen.still_running;
	snapshot->unwatched = session->unseen.unwatched;
	snapshot->elsewhere = session->unseen.elsewhere;
	if (session->count == 1 && !session->summed)
		snapshot->figures = snapshot->processes[0].figures;
	else if (snapshot_add_up(snapshot, arena))
		return;
	verdict_judge(&session->judgement, snapshot);
	session->judged = true;
}

void model_judge_sessions(struct model *model)
{
	for (unsigned i = 0; i < model->n_sessions; i++)
		if (!model->sessions[i].judged)
			judge_session(model, &model->sessions[i]);
}

const struct session_row *model_session_of(const struct model *model, const struct row *row)
{
	for (unsigned i = 0; i < model->n_sessions; i++)
		if (in_session(row, &model->sessions[i]))
			return &model->sessions[i];
	return NULL;
}

void model_free(struct model *model)
{
	for (unsigned i = 0; i < model->n_sessions; i++)
		drop_history(model, &model->sessions[i]);
	free(model->rows);
	free(model->sessions);
	sample_free(model->sample);
	sample_free(model->previous);
	model_init(model);
}

bool model_same_job(const struct session_row *a, const struct session_row *b)
{
	return a->job && b->job && a->same_job == b->same_job;
}
