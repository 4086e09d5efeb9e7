/* SPDX-License-Identifier: MIT */
#include "report_job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../gpuspy.h"
#include "../say.h"
#include "folder.h"
#include "job_page.h"
#include "scan.h"
#include "show.h"

static const char who[] = "gpuspy report";

static int print_view(const struct report_job *request, const struct view *view)
{
	if (request->json)
		return show_json(stdout, view);
	if (request->brief)
		show_brief(stdout, view);
	else
		show_text(stdout, view);
	return 0;
}

static int print_job(const struct report_job *request, const struct job *job)
{
	struct view view;
	int status;

	if (view_make(&view, job, VIEW_ALL)) {
		say("%s: no memory", who);
		return EXIT_OWN_FAILURE;
	}
	if (request->html) {
		status = job_page(request->html, &view);
		view_free(&view);
		return status ? EXIT_NOTHING : 0;
	}
	status = print_view(request, &view);
	view_free(&view);
	if (status) {
		say("%s: no memory", who);
		return EXIT_OWN_FAILURE;
	}
	return say_is_written(who) ? 0 : EXIT_NOTHING;
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

/* Every node that is known of has said its word. */
static bool is_complete(const struct job *job)
{
	struct view view;
	bool complete;

	if (view_make(&view, job, VIEW_ALL))
		return true;
	complete = !view.unlisted;
	for (unsigned i = 0; i < view.n_nodes; i++)
		complete &= view.nodes[i].said;
	view_free(&view);
	return complete;
}

/* -1: they cannot be read, which is said. */
static int read_job(struct jobs *jobs, struct scan *scan)
{
	int status = scan_records(scan);

	if (!status && !jobs->full) {
		jobs_settle(jobs);
		return 0;
	}
	say("%s: %s: %s", who, scan->folder, jobs->full ? "no memory" : strerror(errno));
	return -1;
}

/* Reads the records until they are complete, or the time is over. */
static int wait_for_job(struct jobs *jobs, struct scan *scan, unsigned seconds)
{
	const struct timespec pause = { 1, 0 };
	time_t began = time(NULL);

	while (!read_job(jobs, scan)) {
		time_t now = time(NULL);

		if (now < began || now - began >= (time_t)seconds ||
			(jobs->count && is_complete(jobs->all[0])))
			return 0;
		jobs_free(jobs);
		*jobs = (struct jobs){ .wanted = jobs->wanted };
		scan->unreadable = 0;
		nanosleep(&pause, NULL);
	}
	return -1;
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
	if (wait_for_job(&jobs, &scan, request->wait)) {
		status = EXIT_NOTHING;
	} else if (!jobs.count) {
		say("%s: no record of job %s in %s", who, request->job, scan.folder);
		status = EXIT_NOTHING;
	} else {
		status = print_job(request, jobs.all[0]);
	}
	if (scan.unreadable)
		say("%s: %u files in %s could not be read", who, scan.unreadable, scan.folder);
	jobs_free(&jobs);
	return status;
}
