/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <string.h>
#include <time.h>

#include "../json.h"
#include "../json_parts.h"
#include "../jobs/nodes.h"
#include "../sessions.h"
#include "report/job.h"

enum { JOBS_MAX = 512 }; /* that have labels: anybody can name as many as he likes */

static void add_memory(json_t *job, struct totals_state *state, const struct figures *figures)
{
	json_t *bytes = json_object_get(job, "bytes");

	for (unsigned i = 0; i < figures->n_devices; i++) {
		const struct device_figures *device = &figures->devices[i];
		char text[UUID_TEXT];

		if (device->uuid)
			totals_add(bytes, totals_gpu_label(state, device->uuid, text),
				(json_int_t)device->memory.live_bytes);
	}
}

static json_t *new_job(const struct process_snapshot *process, json_t *user)
{
	const char *scheduler = scheduler_name(process->job.scheduler);
	int gpus = gpus_count(process->job.texts[JOB_GPUS]);

	return json_pack("{ss sO si sI so}", "scheduler", scheduler ? scheduler : "", "user", user,
		"gpus", gpus, "started", (json_int_t)(process->started_ns / 1000000000u), "bytes",
		json_object());
}

void live_take(struct live *live, struct totals_state *state,
	const struct session_snapshot *session, json_t *user)
{
	const struct process_snapshot *process = session_job_process(session);
	json_t *id = process ? json_foreign(process->job.texts[JOB_ID]) : NULL, *job;

	live->sessions++;
	if (id && json_object_size(live->jobs) < JOBS_MAX &&
		!json_object_get(live->jobs, json_string_value(id)))
		json_object_set_new(live->jobs, json_string_value(id), new_job(process, user));
	job = id ? json_object_get(live->jobs, json_string_value(id)) : NULL;
	if (job)
		add_memory(job, state, &session->figures);
	json_decref(id);
}

static void add_kernels(json_t *to, json_t *from)
{
	const char *uuid;
	json_t *count;

	json_object_foreach(from, uuid, count) totals_add(to, uuid, json_integer_value(count));
}

/* The state knows the jobs that run, and no others. */
static void match_jobs(const struct live *live, json_t *known)
{
	const char *id;
	json_t *job;
	void *next;

	json_object_foreach_safe(known, next, id, job) if (!json_object_get(live->jobs, id))
		json_object_del(known, id);
	json_object_foreach(live->jobs, id, job) if (!json_object_get(known, id))
		json_object_set_new(known, id,
			json_pack("{so si sO}", "gone", json_object(), "kernels", 0, "grown",
				json_object_get(job, "started")));
}

static json_int_t sum_of(json_t *kernels)
{
	json_int_t sum = 0;
	const char *uuid;
	json_t *count;

	json_object_foreach(kernels, uuid, count)
	{
		if (__builtin_add_overflow(sum, json_integer_value(count), &sum))
			return INT64_MAX;
	}
	return sum;
}

/* When it was last seen to have new ones. */
static void note_growth(json_t *job, json_t *kernels)
{
	json_int_t sum = sum_of(kernels);

	if (sum <= json_integer_value(json_object_get(job, "kernels")))
		return;
	json_object_set_new(job, "kernels", json_integer(sum));
	json_object_set_new(job, "grown", json_integer(time(NULL)));
}

json_t *live_kernels(struct live *live, struct totals_state *state)
{
	json_t *known = json_object_get(state->all, "jobs"), *all = json_object(), *job, *session;
	const char *id, *key;

	match_jobs(live, known);
	json_object_foreach(known, id, job)
		json_object_set_new(all, id, json_deep_copy(json_object_get(job, "gone")));
	json_object_foreach(json_object_get(state->all, "sessions"), key, session)
	{
		id = json_string_value(json_object_get(session, "job"));
		if (id && json_object_get(all, id))
			add_kernels(json_object_get(all, id),
				json_object_get(json_object_get(session, "counters"), "kernels"));
	}
	json_object_foreach(known, id, job) note_growth(job, json_object_get(all, id));
	return all;
}
