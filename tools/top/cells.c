/* SPDX-License-Identifier: MIT */
#include "cells.h"

#include <string.h>

#include "report/job.h"

void cell_pid(struct text *text, const struct row *row, int width)
{
	(void)width;
	text_putf(text, "%d", (int)row->process->pid);
}

/* A name that is too long says so. */
static void put_name(struct text *text, const char *name, int width)
{
	if (strlen(name) > (size_t)width && width > 1)
		text_putf(text, "%.*s+", width - 1, name);
	else
		text_put(text, name);
}

void cell_user(struct text *text, const struct row *row, int width)
{
	char name[128];
	struct text whole = text_in(name, sizeof(name));

	text_put_escaped(&whole, row->user, sizeof(row->user));
	put_name(text, name, width);
}

bool cell_has_job(const struct process_snapshot *process)
{
	return process->job.texts[JOB_ID] != NULL;
}

enum { JOB_NAME_MAX = 160 };

static void job_name(char name[JOB_NAME_MAX], const struct process_snapshot *process)
{
	struct text whole = text_in(name, JOB_NAME_MAX);

	name[0] = 0;
	if (cell_has_job(process))
		job_put_id(&whole, &process->job);
}

void cell_job(struct text *text, const struct row *row, int width)
{
	char name[JOB_NAME_MAX];

	job_name(name, row->process);
	put_name(text, *name ? name : "-", width);
}

int cell_compare_job_ids(const struct process_snapshot *a, const struct process_snapshot *b)
{
	char left[JOB_NAME_MAX], right[JOB_NAME_MAX];

	job_name(left, a);
	job_name(right, b);
	return strverscmp(left, right);
}

/* What has none comes last. */
int cell_compare_jobs(const struct row *a, const struct row *b)
{
	bool left = cell_has_job(a->process), right = cell_has_job(b->process);

	return left && right ? cell_compare_job_ids(a->process, b->process) : right - left;
}

/* "quiet 45s"; "quiet>12s" for at least so long. */
static void put_since(struct text *text, const char *word, const struct row *row)
{
	text_putf(text, "%s%s", word, row->quiet_or_more ? ">" : " ");
	unit_put(text, UNIT_AGE, row->quiet, UNIT_ANY_WIDTH);
}

void cell_state(struct text *text, const struct row *row, int width)
{
	static const char *const words[] = {
		[ROW_RUNNING] = "running",
		[ROW_ACTIVE] = "active",
		[ROW_QUIET] = "quiet",
		[ROW_STOPPED] = "stopped",
		[ROW_ELSEWHERE] = "elsewhere",
		[ROW_ZOMBIE] = "zombie",
		[ROW_EXITED] = "exited",
		[ROW_KILLED] = "killed",
		[ROW_ENDED] = "ended",
	};
	int status = row->process->exit_status;

	if (row->state == ROW_QUIET || row->state == ROW_ELSEWHERE) {
		put_since(text, words[row->state], row);
	} else if (row->state == ROW_KILLED) {
		text_putf(text, "killed %d", row->process->signal);
	} else {
		/* "exited 255" is one column too much. */
		if (row->state == ROW_EXITED && status > 99 && width < 10)
			text_putf(text, "exit %d", status);
		else if (row->state == ROW_EXITED && status > 0)
			text_putf(text, "exited %d", status);
		else
			text_put(text, words[row->state]);
	}
}

const char *cell_verdict_words(const struct judgement *judgement)
{
	return judgement->verdict == VERDICT_UNCONFIRMED ? "UNCONF" : judgement->headline;
}

void cell_verdict(struct text *text, const struct row *row, int width)
{
	(void)width;
	if (row->process->figures.driver.simulated)
		text_put(text, "SIM ");
	text_put(text, cell_verdict_words(&row->judgement));
}

static bool uses(const struct row *row, const struct device_figures *device)
{
	return row->process->figures.totals.kernels ? device->kernels != 0
						    : device->memory.allocations != 0;
}

/* The devices with kernels, else those with memory: "0-2,5", or how many. */
void cell_devices(struct text *text, const struct row *row, int width)
{
	const struct figures *figures = &row->process->figures;
	char list[256];
	struct text whole = text_in(list, sizeof(list));
	unsigned count = 0;

	for (unsigned i = 0; i < figures->n_devices; i++) {
		int first = figures->devices[i].ordinal, last = first;

		if (!uses(row, &figures->devices[i]))
			continue;
		for (count++;
			i + 1 < figures->n_devices && figures->devices[i + 1].ordinal == last + 1 &&
			uses(row, &figures->devices[i + 1]);
			i++, count++)
			last++;
		text_putf(&whole, "%s%d", whole.length ? "," : "", first);
		if (last > first)
			text_putf(&whole, "%s%d", last > first + 1 ? "-" : ",", last);
	}
	if (!count)
		text_put(text, "-");
	else if (!whole.full && whole.length <= (size_t)width)
		text_put(text, list);
	else
		text_putf(text, "%u GPUs", count);
}

static int compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

int cell_compare_users(const struct row *a, const struct row *b)
{
	return strcmp(a->user, b->user);
}

int cell_compare_states(const struct row *a, const struct row *b)
{
	return (int)a->state - (int)b->state;
}

int cell_compare_verdicts(const struct row *a, const struct row *b)
{
	return (int)a->judgement.verdict - (int)b->judgement.verdict;
}

int cell_compare_commands(const struct row *a, const struct row *b)
{
	return compare_texts(a->process->command, b->process->command);
}
