/* SPDX-License-Identifier: MIT */
#include "job.h"

#include <string.h>

enum { ID_COLUMNS = 64 };

const char *scheduler_name(enum scheduler scheduler)
{
	static const char *const names[SCHEDULERS] = { [SCHEDULER_SLURM] = "slurm",
		[SCHEDULER_PBS] = "pbs",
		[SCHEDULER_LSF] = "lsf",
		[SCHEDULER_SGE] = "sge",
		[SCHEDULER_FLUX] = "flux",
		[SCHEDULER_COBALT] = "cobalt",
		[SCHEDULER_KUBERNETES] = "kubernetes" };

	return scheduler < SCHEDULERS ? names[scheduler] : NULL;
}

void job_put_id(struct text *text, const struct job_figures *job)
{
	const char *id = job->texts[JOB_ARRAY] ? job->texts[JOB_ARRAY] : job->texts[JOB_ID];

	text_put_escaped(text, id ? id : "?", ID_COLUMNS);
	if (!job->texts[JOB_INDEX])
		return;
	text_put(text, "_");
	text_put_escaped(text, job->texts[JOB_INDEX], ID_COLUMNS);
}

static bool same(const char *text, const char *wanted)
{
	return text && !strcmp(text, wanted);
}

bool job_is(const struct job_figures *job, const char *wanted)
{
	char element[2 * JOB_TEXT_MAX];
	struct text text = text_in(element, sizeof(element));

	if (same(job->texts[JOB_ID], wanted) || same(job->texts[JOB_LEADER], wanted) ||
		same(job->texts[JOB_ARRAY], wanted))
		return true;
	if (!job->texts[JOB_ID] || !job->texts[JOB_INDEX])
		return false;
	job_put_id(&text, job);
	return !strcmp(element, wanted);
}

/* The lowest rank and the highest of a session's processes; false: nobody has one. */
static bool find_ranks(const struct session_snapshot *session, int *low, int *high)
{
	*low = *high = -1;
	for (unsigned i = 0; i < session->n_processes; i++) {
		int rank = session->processes[i].job.numbers[JOB_TASK];

		if (rank < 0)
			continue;
		if (*low < 0 || rank < *low)
			*low = rank;
		if (rank > *high)
			*high = rank;
	}
	return *low >= 0;
}

void job_put(struct text *text, const struct session_snapshot *session)
{
	const struct process_snapshot *first = session->n_processes ? &session->processes[0] : NULL;
	int low, high;
	bool ranks = find_ranks(session, &low, &high);

	if (!first || (!ranks && !first->job.texts[JOB_ID]))
		return;
	if (ranks && low == high)
		text_putf(text, "rank %d", low);
	else if (ranks)
		text_putf(text, "ranks %d to %d", low, high);
	if (first->job.texts[JOB_ID]) {
		text_put(text, ranks ? " of job " : "job ");
		job_put_id(text, &first->job);
	}
	if (first->host) {
		text_put(text, " on ");
		text_put_escaped(text, first->host, ID_COLUMNS);
	}
}
