/* SPDX-License-Identifier: MIT */
#include "job_gaps.h"

enum { SILENT, UNLISTED, LOST, UNREADABLE, RUNNING, PARTIAL, STRANGERS, LAUNCHED };

static const struct {
	const char *code, *one, *many;
} kinds[JOB_GAPS] = {
	[SILENT] = { "no-record", "node of which nothing has come, or no session",
		"nodes of which nothing has come, or no session" },
	[UNLISTED] = { "unlisted",
		"list of nodes that could not be read, or not to its end: there may be more",
		"lists of nodes that could not be read, or not to their end: there may be more" },
	[LOST] = { "lost", "session that was removed before anybody made a record of it",
		"sessions that were removed before anybody made a record of them" },
	[UNREADABLE] = { "unreadable", "session, or folder of sessions, that could not be read",
		"sessions, or folders of sessions, that could not be read" },
	[RUNNING] = { "running", "session that ran still when it was collected",
		"sessions that ran still when they were collected" },
	[PARTIAL] = { "partial", "session in whose own report something is missing",
		"sessions in whose own reports something is missing" },
	[STRANGERS] = { "other-user", "session that names this job and is another user's: left out",
		"sessions that name this job and are another user's: left out" },
	[LAUNCHED] = { "launched", "program that was started elsewhere, of which not all has come",
		"programs that were started elsewhere, of which not all has come" },
};

struct job_gap job_gap(const struct view *view, unsigned i)
{
	const uint64_t counts[JOB_GAPS] = { [SILENT] = view->silent,
		[UNLISTED] = view->unlisted,
		[LOST] = view->lost,
		[UNREADABLE] = view->unreadable,
		[RUNNING] = view->sum.running,
		[PARTIAL] = view->partial,
		[STRANGERS] = view->job->strangers,
		[LAUNCHED] = view->job->missing };

	return (struct job_gap){ kinds[i].code, counts[i] };
}

void job_gap_put(struct text *text, const struct view *view, unsigned i)
{
	text_put_counted(text, job_gap(view, i).count, kinds[i].one, kinds[i].many);
}
