/* SPDX-License-Identifier: MIT */
#include "launched.h"

#include <limits.h>
#include <stdlib.h>

/* Kept names: the same ones have the same address. */
static int compare(const void *a, const void *b)
{
	const struct job_session *l = *(const struct job_session *const *)a;
	const struct job_session *r = *(const struct job_session *const *)b;

	if (l->id != r->id)
		return (uintptr_t)l->id < (uintptr_t)r->id ? -1 : 1;
	if (l->step != r->step)
		return (uintptr_t)l->step < (uintptr_t)r->step ? -1 : 1;
	return (l->task > r->task) - (l->task < r->task);
}

static bool is_same_step(const struct job_session *a, const struct job_session *b)
{
	return a->id == b->id && a->step == b->step;
}

struct steps {
	unsigned count;
	uint64_t seen, wanted;
	bool whole;
};

/* A task may have two sessions, of TaskProlog's shell and its own: the one with most ranks counts.
 */
static void add_step(struct steps *steps, const struct job_session *const *at, unsigned n)
{
	uint64_t seen = 0, wanted = 0;
	unsigned most = 0;

	for (unsigned i = 0; i < n; i++) {
		bool again = i && at[i]->task >= 0 && at[i]->task == at[i - 1]->task;

		if (!again)
			most = 0;
		if (at[i]->ranks > most) {
			seen += at[i]->ranks - most;
			most = at[i]->ranks;
		}
		if (at[i]->tasks > 0 && (uint64_t)at[i]->tasks > wanted)
			wanted = (uint64_t)at[i]->tasks;
	}
	steps->count++;
	steps->seen += seen;
	steps->wanted += wanted;
	steps->whole &= wanted && seen >= wanted;
}

/* One launcher's ranks may be here and elsewhere; of several, each has its own place. */
static bool is_all_there(const struct steps *steps, const struct ranks *own)
{
	if (own->launchers == 1 && own->groups && steps->count == 1)
		return steps->wanted && steps->seen + own->seen >= steps->wanted;
	return steps->whole && (!own->groups || own->whole) &&
	       steps->count + own->groups >= own->launchers;
}

int launched_missing(const struct job *job, const struct ranks *own)
{
	const struct job_session **all = calloc(job->n_sessions + 1, sizeof(*all));
	struct steps steps = { .whole = true };
	unsigned n = 0;
	bool others = false; /* a component knows of its own tasks alone, a launcher of its own */

	if (!all)
		return -1;
	for (unsigned i = 1; i < job->n_sessions; i++) {
		all[n++] = &job->sessions[i];
		others |= job->sessions[i].component || job->sessions[i].launched;
	}
	qsort(all, n, sizeof(*all), compare);
	for (unsigned from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && is_same_step(all[from], all[to]);)
			to++;
		add_step(&steps, all + from, to - from);
	}
	free(all);
	if (n && !others && is_all_there(&steps, own))
		return 0;
	return own->launchers > INT_MAX ? INT_MAX : (int)own->launchers;
}
