/* SPDX-License-Identifier: MIT */
/*
 * The runs of a job that was begun anew, and its ranks.
 */
#include <stdint.h>
#include <stdlib.h>

#include "view_parts.h"

/* By rank, then as they came. */
static int compare_tasks(const void *a, const void *b)
{
	const struct job_session *l = *(const struct job_session *const *)a;
	const struct job_session *r = *(const struct job_session *const *)b;

	if (l->task != r->task)
		return l->task < r->task ? -1 : 1;
	if (l->restarts != r->restarts)
		return l->restarts < r->restarts ? -1 : 1;
	if (l->step != r->step)
		return (uintptr_t)l->step < (uintptr_t)r->step ? -1 : 1;
	return l < r ? -1 : 1;
}

static bool is_same_task(const struct job_session *a, const struct job_session *b)
{
	return a->task == b->task && a->step == b->step && a->restarts == b->restarts;
}

/*
 * TaskProlog's shell has the step and the rank of its task, which may have a session of its own:
 * the one with most ranks counts.
 */
int view_count_ranks(struct view *view)
{
	const struct job *job = view->job;
	const struct job_session **by_task = calloc(job->n_sessions + 1, sizeof(*by_task));
	unsigned most = 0;

	if (!by_task)
		return -1;
	for (unsigned i = 0; i < job->n_sessions; i++)
		by_task[i] = &job->sessions[i];
	qsort(by_task, job->n_sessions, sizeof(*by_task), compare_tasks);
	for (unsigned i = 0; i < job->n_sessions; i++) {
		const struct job_session *session = by_task[i];
		bool again = i && session->task >= 0 && is_same_task(by_task[i - 1], session);
		unsigned more = session->ranks;

		if (again)
			more = session->ranks > most ? session->ranks - most : 0;
		most = again && most > session->ranks ? most : session->ranks;
		view_node(view, session->node)->sum.ranks += more;
		view->sum.ranks += more;
	}
	free(by_task);
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	const int *l = a, *r = b;

	return (*l > *r) - (*l < *r);
}

static unsigned drop_doubles(int *numbers, unsigned n)
{
	unsigned kept = 0;

	qsort(numbers, n, sizeof(*numbers), compare_numbers);
	for (unsigned i = 0; i < n; i++)
		if (!kept || numbers[kept - 1] != numbers[i])
			numbers[kept++] = numbers[i];
	return kept;
}

int view_make_runs(struct view *view)
{
	const struct job *job = view->job;

	view->restarts = calloc(job->n_sessions + 1, sizeof(*view->restarts));
	view->runs = calloc(job->n_sessions + 1, sizeof(*view->runs));
	if (!view->restarts || !view->runs)
		return -1;
	for (unsigned i = 0; i < job->n_sessions; i++)
		view->restarts[i] = job->sessions[i].restarts;
	view->n_runs = drop_doubles(view->restarts, job->n_sessions);
	for (unsigned i = 0; i < job->n_sessions; i++) {
		const int *run = bsearch(&job->sessions[i].restarts, view->restarts, view->n_runs,
			sizeof(*view->restarts), compare_numbers);

		sum_add_session(&view->runs[run - view->restarts], &job->sessions[i]);
	}
	return 0;
}
