/* SPDX-License-Identifier: MIT */
#include "ranks.h"

#include <string.h>

/*
 * What runs in the script of a job has the variables of a task, too: rank 0 of as many as the job
 * may have. So has the launcher that it starts, and its daemons on other nodes. A rank is what was
 * started below a launcher, or by the scheduler's own daemon for another step than the launcher's.
 */
enum { LOOKED_AT = 1024, ANCESTORS = 8 };

struct looking {
	const struct session_snapshot *session;
	const struct process_snapshot *launcher; /* the first one; NULL: there is none */
	unsigned n;
	unsigned char is_rank[LOOKED_AT / 8];
};

static const struct process_snapshot *parent_of(
	const struct looking *l, const struct process_snapshot *process)
{
	for (unsigned i = 0; process->parent && i < l->n; i++)
		if (l->session->processes[i].pid == process->parent)
			return &l->session->processes[i];
	return NULL;
}

static bool is_launcher(const struct process_snapshot *process)
{
	return process->figures.gaps[GAP_LAUNCHED] != 0;
}

static bool is_below_launcher(const struct looking *l, const struct process_snapshot *process)
{
	for (int i = 0; i < ANCESTORS && (process = parent_of(l, process)); i++)
		if (is_launcher(process))
			return true;
	return false;
}

static int rank_of(const struct process_snapshot *process)
{
	return process->job.numbers[JOB_TASK];
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static const char *step_of(const struct process_snapshot *process)
{
	return process->job.texts[JOB_STEP];
}

static bool is_rank(const struct looking *l, const struct process_snapshot *process)
{
	if (rank_of(process) < 0 || is_launcher(process))
		return false;
	return !l->launcher || !is_same(step_of(process), step_of(l->launcher)) ||
	       is_below_launcher(l, process);
}

static bool is_marked(const struct looking *l, unsigned i)
{
	return l->is_rank[i / 8] >> i % 8 & 1;
}

/* The daemon of a launcher is one of its scheduler's tasks, and starts those of the launcher. */
static void unmark_daemon_of(struct looking *l, const struct process_snapshot *process)
{
	const struct process_snapshot *parent = parent_of(l, process);
	unsigned at = parent ? (unsigned)(parent - l->session->processes) : 0;

	if (parent && rank_of(parent) != rank_of(process) && is_marked(l, at))
		l->is_rank[at / 8] &= (unsigned char)~(1u << at % 8);
}

static void mark_ranks(struct looking *l)
{
	for (unsigned i = 0; i < l->n; i++)
		if (!l->launcher && is_launcher(&l->session->processes[i]))
			l->launcher = &l->session->processes[i];
	for (unsigned i = 0; i < l->n; i++)
		if (is_rank(l, &l->session->processes[i]))
			l->is_rank[i / 8] |= (unsigned char)(1u << i % 8);
	for (unsigned i = 0; i < l->n; i++)
		if (is_marked(l, i))
			unmark_daemon_of(l, &l->session->processes[i]);
}

/* Those of one step, each once: what a rank starts has its number. */
static void add_group(struct ranks *ranks, const struct looking *l, unsigned first)
{
	const struct process_snapshot *all = l->session->processes;
	unsigned seen = 0, wanted = 0;

	for (unsigned i = first; i < l->n; i++) {
		unsigned k = first;

		if (!is_marked(l, i) || !is_same(step_of(&all[i]), step_of(&all[first])))
			continue;
		while (k < i && !(is_marked(l, k) && rank_of(&all[k]) == rank_of(&all[i]) &&
					is_same(step_of(&all[k]), step_of(&all[i]))))
			k++;
		seen += k == i;
		if (all[i].job.numbers[JOB_TASKS] > (int)wanted)
			wanted = (unsigned)all[i].job.numbers[JOB_TASKS];
	}
	ranks->groups++;
	ranks->seen += seen;
	ranks->wanted += wanted;
	ranks->whole &= wanted && seen >= wanted;
	if (wanted > ranks->most)
		ranks->most = wanted;
}

static bool is_first_of_group(const struct looking *l, unsigned i)
{
	const struct process_snapshot *all = l->session->processes;

	for (unsigned k = 0; k < i; k++)
		if (is_marked(l, k) && is_same(step_of(&all[k]), step_of(&all[i])))
			return false;
	return true;
}

struct ranks ranks_find(const struct session_snapshot *session)
{
	struct looking l = { .session = session };
	struct ranks ranks = { .whole = true };
	uint64_t known = 0;

	l.n = session->n_processes < LOOKED_AT ? session->n_processes : LOOKED_AT;
	mark_ranks(&l);
	for (unsigned i = 0; i < l.n; i++) {
		const struct process_snapshot *process = &session->processes[i];

		known += process->figures.gaps[GAP_LAUNCHED];
		ranks.launchers += is_launcher(process) && !is_below_launcher(&l, process);
		if (is_marked(&l, i) && is_first_of_group(&l, i))
			add_group(&ranks, &l, i);
	}
	/* Of some only the sum may be left. */
	ranks.whole &= l.n == session->n_processes && known >= session->figures.gaps[GAP_LAUNCHED];
	return ranks;
}

unsigned ranks_launched(const struct ranks *ranks)
{
	return ranks->whole && ranks->groups >= ranks->launchers ? 0 : ranks->launchers;
}
