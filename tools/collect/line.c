/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../../preload/session/config.h"
#include "../jobs/nodes.h"
#include "../json.h"
#include "../json_compact.h"
#include "../json_parts.h"
#include "../sessions.h"
#include "given.h"
#include "ground/hash.h"
#include "hashed.h"
#include "report/job.h"
#include "report/ranks.h"
#include "report/verdict.h"

static json_t *moment(uint64_t ns)
{
	return ns ? json_seconds((double)(ns / 1000000u) / 1000) : json_null();
}

/* As the site wants it; null where it wants none. */
static json_t *user(const struct line *line, uid_t uid)
{
	char hashed[HASHED_MAX];

	if (config.users == USERS_HIDDEN)
		return json_null();
	if (config.users == USERS_HASHED)
		return line->key && !hashed_user(hashed, line->key, uid) ? json_string(hashed)
									 : json_null();
	return json_foreign(json_user_name(uid));
}

static json_t *uid_shown(uid_t uid)
{
	return config.users == USERS_NAMED ? json_integer(uid) : json_null();
}

/* What the record has of job and host is this process's. */
static const struct process_snapshot *teller(const struct session_snapshot *session)
{
	const struct process_snapshot *of_job = session_job_process(session);

	return of_job ? of_job : &session->processes[0];
}

static uint64_t last_end(const struct session_snapshot *session)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < session->n_processes; i++)
		if (session->processes[i].ended_ns > end)
			end = session->processes[i].ended_ns;
	return end;
}

static uint64_t first_start(const struct session_snapshot *session)
{
	uint64_t start = 0;

	for (unsigned i = 0; i < session->n_processes; i++)
		if (!start || session->processes[i].started_ns < start)
			start = session->processes[i].started_ns;
	return start;
}

/*
 * What nobody else's session can have: whose it is, or, where the site keeps that to itself, a
 * number that says no more than that two are not of one.
 */
static void put_owner(
	char to[24], const struct line *line, const struct session_snapshot *session, uid_t uid)
{
	uint64_t number;

	*to = 0;
	if (config.users == USERS_NAMED)
		snprintf(to, 24, "%u", (unsigned)uid);
	else if (line->key && !hashed_number(&number, line->key,
				      hash_bytes(hash_text(session->name), &uid, sizeof(uid))))
		snprintf(to, 24, "%012llx", (unsigned long long)(number & 0xffffffffffffu));
}

/* Who has the same number on the same boot of a host is the same. */
static json_t *key(const struct line *line, const struct session_snapshot *session,
	const char *host, uid_t uid)
{
	const uint8_t *boot = session->processes[0].boot;
	char text[SESSION_NAME_MAX + 160], owner[24];
	uint64_t started = first_start(session);

	put_owner(owner, line, session, uid);
	snprintf(text, sizeof(text), "%.64s/%s/%s/%02x%02x%02x%02x/%llu", host ? host : "?", owner,
		session->name, boot[0], boot[1], boot[2], boot[3],
		(unsigned long long)(started / 1000000u));
	return json_foreign(text);
}

static json_t *devices(const struct figures *figures)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < figures->n_devices; i++)
		json_array_append_new(
			all, json_pack("{so so}", "uuid", json_uuid(figures->devices[i].uuid),
				     "kernels", json_count(figures->devices[i].kernels)));
	return all;
}

/* The daemon of a launcher is told of as many as there are daemons. */
static void add_ranks(json_t *brief, const struct session_snapshot *session, int tasks)
{
	struct ranks ranks = ranks_find(session);

	if ((int)ranks.most > tasks)
		tasks = (int)ranks.most;
	json_object_set_new(brief, "tasks", json_number(tasks));
	json_object_set_new(brief, "ranks", json_count(ranks.seen));
	json_object_set_new(brief, "launched", json_count(ranks_launched(&ranks)));
}

static void add_job(json_t *brief, const struct line *line, const struct session_snapshot *session)
{
	const struct process_snapshot *process = teller(session);
	const struct job_figures *job = &process->job;
	const char *origin = line->origin ? line->origin : session_started_by(session);

	json_object_set_new(brief, "job", json_foreign(job->texts[JOB_ID]));
	json_object_set_new(brief, "leader", json_foreign(job->texts[JOB_LEADER]));
	json_object_set_new(brief, "array", json_foreign(job->texts[JOB_ARRAY]));
	json_object_set_new(brief, "element", json_element(job));
	json_object_set_new(brief, "step", json_foreign(job->texts[JOB_STEP]));
	json_object_set_new(brief, "task", json_number(job->numbers[JOB_TASK]));
	add_ranks(brief, session, job->numbers[JOB_TASKS]);
	json_object_set_new(brief, "origin", json_foreign(origin));
	json_object_set_new(brief, "restarts", json_number(job->numbers[JOB_RESTARTS]));
	json_object_set_new(brief, "node", json_foreign(job->texts[JOB_NODE]));
	json_object_set_new(brief, "nodes", json_foreign(job->texts[JOB_NODES]));
	json_object_set_new(brief, "gpus", json_foreign(job->texts[JOB_GPUS]));
}

static json_t *session_brief(const struct line *line, const struct session_snapshot *session,
	const struct judgement *judgement, uid_t uid)
{
	const char *host = teller(session)->host;
	double all = snapshot_session_seconds(session), first = snapshot_first_kernel(session);
	json_t *brief = json_pack("{ss so so so so ss}", "record", "session", "key",
		key(line, session, host, uid), "host", json_foreign(host), "user", user(line, uid),
		"uid", uid_shown(uid), "state", session_running(session) ? "running" : "ended");

	add_job(brief, line, session);
	json_object_set_new(brief, "verdict", json_string(judgement->code));
	json_object_set_new(brief, "reason", json_string(judgement->reason));
	json_object_set_new(brief, "summary", json_foreign(judgement->summary));
	json_object_set_new(brief, "at_least", json_boolean(judgement->at_least));
	json_object_set_new(brief, "simulated", json_boolean(session->figures.driver.simulated));
	json_object_set_new(brief, "kernels", json_count(session->figures.totals.kernels));
	json_object_set_new(brief, "confirmed", json_count(session->figures.totals.confirmed));
	json_object_set_new(brief, "started", moment(first_start(session)));
	json_object_set_new(brief, "ended", moment(last_end(session)));
	json_object_set_new(brief, "seconds", json_seconds(all));
	json_object_set_new(
		brief, "work_seconds", json_seconds(first < 0 || all < first ? -1 : all - first));
	json_object_set_new(brief, "devices", devices(&session->figures));
	return brief;
}

static void hide_kernels(json_t *report)
{
	json_object_set_new(report, "kernels", json_array());
}

static void hide_commands(json_t *report)
{
	json_t *processes = json_object_get(report, "processes"), *process;
	size_t i;

	json_array_foreach(processes, i, process)
	{
		json_object_set_new(process, "command", json_null());
		json_object_set_new(process, "program", json_null());
	}
}

/* Whose it is, is the site's to say; what the files say of it, nobody vouches for. */
static void set_users(const struct line *line, json_t *report, uid_t uid)
{
	json_t *processes = json_object_get(report, "processes"), *process;
	size_t i;

	json_object_set_new(report, "user", user(line, uid));
	if (config.users == USERS_NAMED)
		return;
	json_array_foreach(processes, i, process) json_object_set_new(process, "uid", json_null());
}

/* The report without its opening bracket. */
static void put_rest(FILE *to, json_t *report)
{
	const char *name;
	json_t *value;

	json_object_foreach(report, name, value)
	{
		fprintf(to, ",\"%s\":", name);
		json_compact(to, value);
	}
}

static int put_line(const struct line *line, const json_t *brief, json_t *report)
{
	if (!brief)
		return -1;
	if (line->brief_only) {
		json_compact(line->to, brief);
	} else {
		fputs("{\"brief\":", line->to);
		json_compact(line->to, brief);
		if (report)
			put_rest(line->to, report);
		fputc('}', line->to);
	}
	return fputc('\n', line->to) == EOF || ferror(line->to) ? -1 : 0;
}

/*
 * What a launcher started elsewhere in its job has records of its own, which are put together
 * later: among those it is no gap. Outside of a job it is one.
 */
static void judge_in_job(
	struct judgement *judgement, const struct line *line, struct session_snapshot *session)
{
	uint64_t launched = session->figures.gaps[GAP_LAUNCHED];

	if (line->origin || session_job_process(session))
		session->figures.gaps[GAP_LAUNCHED] = 0;
	verdict_judge(judgement, session);
	session->figures.gaps[GAP_LAUNCHED] = launched;
}

int line_session(const struct line *line, struct session_snapshot *session, uid_t uid)
{
	bool without_report = line->brief_only || line->no_report;
	struct judgement judgement;
	json_t *brief, *report;
	int status;

	judge_in_job(&judgement, line, session);
	brief = session_brief(line, session, &judgement, uid);
	verdict_judge(&judgement, session);
	report = without_report ? NULL : json_session(session, &judgement);
	if (report && config.hide_commands)
		hide_commands(report);
	if (report && config.hide_kernels)
		hide_kernels(report);
	if (report)
		set_users(line, report, uid);
	status = report || without_report ? put_line(line, brief, report) : -1;
	json_decref(report);
	json_decref(brief);
	return status;
}

struct giving {
	struct machine_gpus machine;
	json_t *all;
};

static void add_given(void *context, const char *id)
{
	struct giving *giving = context;
	const char *uuid = given_uuid(&giving->machine, id);

	json_array_append_new(giving->all,
		json_pack("{so so}", "id", json_foreign(id), "uuid", json_foreign(uuid)));
}

/* null: it is not known which. */
static json_t *gpus_given(const char *gpus)
{
	struct giving giving = { .all = json_array() };

	if (gpus)
		given_read(&giving.machine, GIVEN_DRIVER);
	if (gpus_each(gpus, add_given, &giving) >= 0)
		return giving.all;
	json_decref(giving.all);
	return json_null();
}

int line_host(const struct line *line, const struct host_line *host)
{
	const struct job_figures job = { .texts = { [JOB_ID] = host->job,
						 [JOB_ARRAY] = host->array,
						 [JOB_INDEX] = host->index } };
	json_t *brief = json_pack("{ss so so so so so so so so so so so so so so so so}", "record",
		"host", "job", json_foreign(host->job), "leader", json_foreign(host->leader),
		"array", json_foreign(host->array), "element", json_element(&job), "host",
		json_foreign(host->host), "node", json_foreign(host->node), "nodes",
		json_foreign(host->nodes), "user",
		host->uid_known ? user(line, host->uid) : json_null(), "uid",
		host->uid_known ? uid_shown(host->uid) : json_null(), "gpus",
		json_foreign(host->gpus), "exit", json_foreign(host->exit), "sessions",
		json_count(host->sessions), "running", json_count(host->running), "lost",
		json_count(host->lost), "unreadable", json_count(host->unreadable), "time",
		moment(snapshot_now()));
	int status;

	json_object_set_new(brief, "gpus_given", gpus_given(host->gpus));
	status = put_line(line, brief, NULL);
	json_decref(brief);
	return status;
}
