/* SPDX-License-Identifier: MIT */
/*
 * gpuspy jobs: those that held GPUs and used none.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../gpuspy.h"
#include "../json.h"
#include "../say.h"
#include "folder.h"
#include "report/format.h"
#include "scan.h"
#include "show.h"

static const char who[] = "gpuspy jobs";

struct request {
	const char *since, *records;
	bool json, all, brief;
};

/* What is shown of a job. */
struct row {
	const char *id, *user, *reason;
	enum verdict verdict;
	int given;
	unsigned worked;
	uint64_t kernels;
	double hours; /* of GPUs, -1: not known */
	json_t *object;
};

struct rows {
	struct row *all;
	unsigned count;
	double hours;
};

static double gpu_hours(const struct view *view)
{
	double seconds = sum_seconds(&view->sum);

	return view->given < 0 || seconds < 0 ? -1 : view->given * seconds / 3600;
}

/* It held some, and no kernel was seen: a NO, or nobody knows. */
static bool is_wanted(const struct request *request, const struct view *view)
{
	return request->all || (view->given != 0 && !view->sum.kernels);
}

/* An ID may be whatever a user called a job of his own. */
static void print_brief(const struct view *view)
{
	char line[256];
	struct text text = text_in(line, sizeof(line));

	text_put_escaped(&text, view->job->id, 64);
	for (char *c = line; *c; c++)
		putchar(*c == ' ' ? '?' : *c);
	putchar(' ');
	show_brief(stdout, view);
}

static int add_row(struct rows *rows, const struct request *request, const struct job *job)
{
	struct view view;

	if (view_make(&view, job, VIEW_SOME))
		return -1;
	if (is_wanted(request, &view) && request->brief) {
		print_brief(&view);
	} else if (is_wanted(request, &view)) {
		struct row *row = &rows->all[rows->count++];

		*row = (struct row){ job->id, job->owner ? job->owner : "?", view.sum.reason,
			view.sum.verdict, view.given, view.worked, view.sum.kernels,
			gpu_hours(&view), request->json ? show_object(&view) : NULL };
		if (row->hours > 0)
			rows->hours += row->hours;
	}
	view_free(&view);
	return 0;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *l = a, *r = b;
	int users = strcmp(l->user, r->user);

	if (users)
		return users;
	if (l->hours != r->hours)
		return l->hours < r->hours ? 1 : -1;
	return strverscmp(l->id, r->id);
}

static void print_row(const struct row *row)
{
	char line[512];
	struct text text = text_in(line, sizeof(line)), column;
	char user[64], id[128];

	column = text_in(user, sizeof(user));
	text_put_escaped(&column, row->user, 32);
	column = text_in(id, sizeof(id));
	text_put_escaped(&column, row->id, 40);
	text_putf(&text, "%-16s %-14s ", user, id);
	if (row->given >= 0)
		text_putf(&text, "%4d ", row->given);
	else
		text_put(&text, "   ? ");
	text_putf(&text, "%4u ", row->worked);
	if (row->hours >= 0)
		text_putf(&text, "%9.2f", row->hours);
	else
		text_put(&text, "        ?");
	text_putf(&text, "  %-11s ", verdict_headline(row->verdict));
	text_put_escaped(&text, row->reason ? row->reason : "?", 40);
	puts(line);
}

static void print_text(const struct rows *rows, const struct request *request)
{
	if (!rows->count) {
		puts(request->all ? "no jobs" : "no jobs that held GPUs and used none");
		return;
	}
	puts("USER             JOB            GPUS USED GPU-HOURS  GPU WORK    REASON");
	for (unsigned i = 0; i < rows->count; i++)
		print_row(&rows->all[i]);
	printf("%u %s, %.2f GPU-hours\n", rows->count, rows->count == 1 ? "job" : "jobs",
		rows->hours);
}

static int print_json(const struct rows *rows)
{
	json_t *list = json_array(), *all;
	int status;

	for (unsigned i = 0; i < rows->count; i++)
		json_array_append_new(list, rows->all[i].object);
	all = json_pack("{si so}", "schema", 1, "jobs", list);
	status = all ? json_write(stdout, all, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) : -1;
	json_decref(all);
	putchar('\n');
	return status;
}

/* -1: no memory. */
static int print_jobs(struct jobs *jobs, const struct request *request)
{
	struct rows rows = { .all = calloc(jobs->count + 1, sizeof(*rows.all)) };
	int status = rows.all ? 0 : -1;

	jobs_settle(jobs);
	for (unsigned i = 0; !status && i < jobs->count; i++)
		status = add_row(&rows, request, jobs->all[i]);
	if (!status && !request->brief) {
		qsort(rows.all, rows.count, sizeof(*rows.all), compare_rows);
		if (request->json)
			status = print_json(&rows);
		else
			print_text(&rows, request);
	}
	free(rows.all);
	return status;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 's':
		request->since = argument;
		return 0;
	case 'r':
		return take_path(state, &request->records, argument, "--records: no folder");
	case 'j':
		request->json = true;
		return 0;
	case 'a':
		request->all = true;
		return 0;
	case 'b':
		request->brief = true;
		return 0;
	case ARGP_KEY_END:
		if (request->brief && request->json)
			return usage_error(state, "--brief and --json exclude each other");
		return 0;
	case ARGP_KEY_ARG:
		return usage_error(state, "unexpected argument '%s'", argument);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int command_jobs(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "since", 's', "TIME", 0,
			"Records of that day and later: 7d (default), 12h, a date", 0 },
		{ "records", 'r', "DIR", 0, "Folder of records (default: of gpuspy.conf(5))", 0 },
		{ "all", 'a', NULL, 0, "All jobs", 0 },
		{ "json", 'j', NULL, 0, "Print JSON", 0 },
		{ "brief", 'b', NULL, 0, "Print each job's ID and the line of report --brief", 0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "",
		"Lists the jobs that held GPUs and used none, by user, from records." };
	struct request request = { .since = "7d" };
	struct jobs jobs = { .wanted = NULL };
	struct scan scan = { .visit = jobs_take_line, .context = &jobs };
	int status = 0;

	parse_arguments(&argp, argc, argv, 0, &request);
	scan.folder = records_folder(who, request.records);
	if (!scan.folder || records_since(who, request.since, &scan.since))
		return EXIT_USAGE;
	if (scan_records(&scan) || jobs.full) {
		say("%s: %s: %s", who, scan.folder, jobs.full ? "no memory" : strerror(errno));
		status = EXIT_NOTHING;
	} else if (print_jobs(&jobs, &request)) {
		say("%s: no memory", who);
		status = EXIT_NOTHING;
	} else if (!say_is_written(who)) {
		status = EXIT_NOTHING;
	}
	if (scan.unreadable)
		say("%s: %u files in %s could not be read", who, scan.unreadable, scan.folder);
	jobs_free(&jobs);
	return status;
}
