/* SPDX-License-Identifier: MIT */
#include "run_elsewhere.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../preload/session/config.h"
#include "collect/line.h"
#include "jobs/launched.h"
#include "jobs/scan.h"
#include "report/gaps.h"

/* A command that failed may have started nothing. */
enum { WAIT_SECONDS = 10, WAIT_FAILED_SECONDS = 2, DAY = 86400 };

struct looking {
	struct jobs *jobs;
	const struct run *run;
};

/*
 * As if it had been collected, from this user's folder: in a namespace of users a process has
 * another number.
 */
static void take(const struct looking *l, const struct session_snapshot *session)
{
	struct session_snapshot copy = *session;
	char *text = NULL;
	size_t size = 0;
	struct line line = { .to = open_memstream(&text, &size),
		.no_report = true,
		.key = config.records,
		.origin = l->run->session };
	int status = line.to ? line_session(&line, &copy, geteuid()) : -1;

	if (line.to && fclose(line.to))
		status = -1;
	if (!status && size)
		jobs_take_line(l->jobs, text, size - 1);
	free(text);
}

static void take_if_started(void *context, const struct session *session)
{
	const struct looking *l = context;
	const char *by =
		session->snapshot.n_processes ? session_started_by(&session->snapshot) : NULL;

	if (by && !strcmp(by, l->run->session))
		take(l, &session->snapshot);
}

/* Where users have no names in records, the same session cannot be told from its record. */
static bool may_have_records(const struct jobs *jobs)
{
	return config.records && (config.users == USERS_NAMED || jobs->all[0]->n_sessions == 1);
}

static void take_records(struct jobs *jobs, const struct run *run)
{
	char needle[SESSION_NAME_MAX + 16];
	struct scan scan = { .folder = config.records,
		.since = (time_t)(run->started_ns / 1000000000u) - DAY,
		.needle = needle,
		.visit = jobs_take_line,
		.context = jobs };

	snprintf(needle, sizeof(needle), "\"origin\":\"%s\"", run->session);
	scan_records(&scan); /* users may have no right to read them */
}

/* false: no memory. */
static bool read_all(struct jobs *jobs, const struct run *run, const struct session *session)
{
	struct looking l = { jobs, run };
	unsigned unreadable;

	*jobs = (struct jobs){ .wanted = "?", .origin = run->session };
	take(&l, &session->snapshot);
	if (jobs->full || !jobs->count)
		return false;
	sessions_visit(run->base, take_if_started, &l, &unreadable);
	if (may_have_records(jobs))
		take_records(jobs, run);
	jobs_settle(jobs);
	return !jobs->full;
}

/* Called what its processes call it. */
static void name_job(struct job *job)
{
	for (unsigned i = job->n_sessions; i-- > 0;)
		if (job->sessions[i].id)
			job->id = job->sessions[i].id;
}

static bool is_complete(const struct job *job)
{
	for (unsigned i = 0; i < job->n_sessions; i++)
		if (i && job->sessions[i].running)
			return false;
	return !job->missing;
}

/* Outside of a job srun makes one, which ends with it; then its Epilog makes records. */
static bool will_have_records(const struct session_snapshot *session)
{
	if (!config.records || access(config.records, R_OK | X_OK) || session_job_process(session))
		return false;
	for (unsigned i = 0; i < session->n_processes; i++) {
		const char *program = session->processes[i].program;
		const char *file = program ? strrchr(program, '/') : NULL;

		if (session->processes[i].figures.gaps[GAP_LAUNCHED] && file &&
			!strcmp(file, "/srun"))
			return true;
	}
	return false;
}

static int look_once(struct jobs *jobs, const struct run *run, const struct session *session)
{
	struct ranks own = ranks_find(&session->snapshot);
	int missing;

	if (!read_all(jobs, run, session))
		return -1;
	missing = launched_missing(jobs->all[0], &own);
	if (missing < 0)
		return -1;
	jobs->all[0]->missing = (unsigned)missing;
	name_job(jobs->all[0]);
	return 0;
}

bool elsewhere_look(struct elsewhere *to, const struct run *run, struct session *session)
{
	const struct timespec moment = { 0, 200000000 };
	uint64_t until = snapshot_monotonic();
	int status;

	if (!gap_of_session(&session->snapshot, GAP_LAUNCHED))
		return false;
	if (will_have_records(&session->snapshot))
		until += (run->status ? WAIT_FAILED_SECONDS : WAIT_SECONDS) * (uint64_t)1000000000;
	while (!(status = look_once(&to->jobs, run, session)) && !is_complete(to->jobs.all[0]) &&
		snapshot_monotonic() < until) {
		jobs_free(&to->jobs);
		nanosleep(&moment, NULL);
	}
	if (!status && to->jobs.all[0]->n_sessions > 1 &&
		!view_make(&to->view, to->jobs.all[0], VIEW_ALL))
		return true;
	jobs_free(&to->jobs);
	return false;
}

void elsewhere_free(struct elsewhere *elsewhere)
{
	view_free(&elsewhere->view);
	jobs_free(&elsewhere->jobs);
}

void elsewhere_settle(const struct elsewhere *elsewhere, struct session_snapshot *session)
{
	if (elsewhere->jobs.all[0]->missing)
		return;
	session->figures.gaps[GAP_LAUNCHED] = 0;
	for (unsigned i = 0; i < session->n_processes; i++)
		session->processes[i].figures.gaps[GAP_LAUNCHED] = 0;
}
