/* SPDX-License-Identifier: MIT */
#include "report_job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../gpuspy.h"
#include "folder.h"
#include "scan.h"
#include "show.h"

static const char who[] = "gpuspy report";

/*
 * What sacctmgr(1) leaves as it is: lower case, no quotes. As in
 * "gpuspy: yes 1215 kernels 5/6 gpus".
 */
static void print_brief(const struct view *view)
{
	char line[256];

	snprintf(line, sizeof(line), "gpuspy: %s%s%s %llu kernels %u/",
		verdict_headline(view->sum.verdict), view->sum.kernels ? "" : " ",
		view->sum.kernels ? "" : view->sum.reason, (unsigned long long)view->sum.kernels,
		view->worked);
	for (char *c = line; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	if (view->given >= 0)
		printf("%s%d gpus\n", line, view->given);
	else
		printf("%s? gpus\n", line);
}

static int print_view(const struct report_job *request, const struct view *view)
{
	if (request->json)
		return show_json(stdout, view);
	if (request->brief)
		print_brief(view);
	else
		show_text(stdout, view);
	return 0;
}

static int print_job(const struct report_job *request, const struct job *job)
{
	struct view view;
	int status;

	if (view_make(&view, job)) {
		fprintf(stderr, "%s: no memory\n", who);
		return EXIT_OWN_FAILURE;
	}
	status = print_view(request, &view);
	view_free(&view);
	if (fflush(stdout) || ferror(stdout) || status) {
		fprintf(stderr, "%s: standard output: %s\n", who, strerror(errno));
		return EXIT_NOTHING;
	}
	return 0;
}

/* Every record of the job has its ID in quotes somewhere; one with other characters is sought so.
 */
static const char *needle(const char *job)
{
	static char quoted[128];

	if (strpbrk(job, "\"\\/") || strlen(job) + 3 > sizeof(quoted))
		return NULL;
	for (const char *c = job; *c; c++)
		if (*c < ' ' || *c > '~')
			return NULL;
	snprintf(quoted, sizeof(quoted), "\"%s\"", job);
	return quoted;
}

int report_job(const struct report_job *request)
{
	struct jobs jobs = { .wanted = request->job };
	struct scan scan = { .visit = jobs_take_line, .context = &jobs };
	int status;

	scan.folder = records_folder(who, request->records);
	if (!scan.folder || records_since(who, request->since, &scan.since))
		return EXIT_USAGE;
	scan.needle = needle(request->job);
	if (scan_records(&scan) || jobs.full) {
		fprintf(stderr, "%s: %s: %s\n", who, scan.folder,
			jobs.full ? "no memory" : strerror(errno));
		status = EXIT_NOTHING;
	} else if (!jobs.count) {
		fprintf(stderr, "%s: no record of job %s in %s\n", who, request->job, scan.folder);
		status = EXIT_NOTHING;
	} else {
		status = print_job(request, jobs.all[0]);
	}
	if (scan.unreadable)
		fprintf(stderr, "%s: %u files in %s could not be read\n", who, scan.unreadable,
			scan.folder);
	jobs_free(&jobs);
	return status;
}
