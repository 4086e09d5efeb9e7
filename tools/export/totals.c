/* SPDX-License-Identifier: MIT */
#include "totals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../json.h"
#include "../json_parts.h"
#include "../replace.h"
#include "../sessions.h"
#include "../uuid.h"
#include "report/errors.h"
#include "report/job.h"

enum { STATE_MAX = 256 << 20, STATE_SCHEMA = 1 };

static const char *const parts[] = { "gone", "sessions", "gpus", "ended", "jobs" };

static bool is_state(const json_t *all)
{
	if (json_integer_value(json_object_get(all, "state")) != STATE_SCHEMA)
		return false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!json_is_object(json_object_get(all, parts[i])))
			return false;
	return true;
}

static json_t *new_state(void)
{
	json_t *all = json_pack("{si si}", "state", STATE_SCHEMA, "lost", 0);

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		json_object_set_new(all, parts[i], json_object());
	return all;
}

int totals_load(struct totals_state *state, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	FILE *from = fd < 0 ? NULL : fdopen(fd, "r");

	state->fresh = fd < 0 && errno == ENOENT;
	if (state->fresh) {
		state->all = new_state();
		return state->all ? 0 : -1;
	}
	if (!from)
		return -1;
	state->all = json_loadf(from, 0, NULL);
	fclose(from);
	if (is_state(state->all))
		return 0;
	json_decref(state->all);
	state->all = NULL;
	errno = EINVAL;
	return -1;
}

int totals_save(const struct totals_state *state, const char *file)
{
	char *text = json_dumps(state->all, JSON_COMPACT);
	int status, error;

	if (!text) {
		errno = ENOMEM;
		return -1;
	}
	status = replace_entry(file, 0600, text, strlen(text));
	error = errno;
	free(text);
	errno = error;
	return status;
}

static json_t *part(const struct totals_state *state, const char *name)
{
	return json_object_get(state->all, name);
}

static json_int_t value(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

int totals_add(json_t *to, const char *name, json_int_t more)
{
	json_int_t before = value(to, name), sum;

	if (more < 0 || __builtin_add_overflow(before, more, &sum))
		sum = INT64_MAX;
	return json_object_set_new(to, name, json_integer(sum));
}

/* {name: {name: n}}: the second is added to the first. */
static int add_counters(json_t *to, json_t *from)
{
	const char *name, *label;
	json_t *group, *count, *other;

	json_object_foreach(from, name, group)
	{
		other = json_object_get(to, name);
		if (!other && (json_object_set_new(to, name, json_object()) ||
				      !(other = json_object_get(to, name))))
			return -1;
		json_object_foreach(group, label,
			count) if (totals_add(other, label, json_integer_value(count))) return -1;
	}
	return 0;
}

void totals_begin(struct totals_state *state)
{
	const char *key;
	json_t *session;

	json_object_foreach(part(state, "sessions"), key, session) json_object_del(session, "seen");
}

bool totals_has_ended(struct totals_state *state, const char *key, unsigned segments)
{
	json_t *session = json_object_get(part(state, "sessions"), key);

	/* Its folder is there, whether or not it can be read this time. */
	if (!session || json_object_set_new(session, "seen", json_true()))
		return false;
	return json_is_true(json_object_get(session, "ended")) &&
	       value(session, "segments") == (json_int_t)segments;
}

const char *totals_gpu_label(struct totals_state *state, const uint8_t *uuid, char text[UUID_TEXT])
{
	json_t *known = part(state, "gpus");

	if (!uuid)
		return "unknown";
	uuid_text(uuid, text);
	if (json_object_get(known, text))
		return text;
	if (json_object_size(known) >= TOTALS_GPUS_MAX)
		return "other";
	json_object_set_new(known, text, json_false());
	return text;
}

static json_t *kernels(struct totals_state *state, const struct figures *figures)
{
	json_t *all = json_object();
	char text[UUID_TEXT];

	for (unsigned i = 0; i < figures->n_devices; i++)
		totals_add(all, totals_gpu_label(state, figures->devices[i].uuid, text),
			(json_int_t)figures->devices[i].kernels);
	return all;
}

static json_t *copied(const struct totals *totals)
{
	json_t *all = json_object();

	for (int i = 0; i < COPY_KINDS; i++)
		totals_add(all, copy_name(i), (json_int_t)totals->copies[i].bytes);
	return all;
}

static json_t *errors(const struct figures *figures)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < figures->n_functions; i++)
		totals_add(all, layer_name(figures->functions[i].layer),
			(json_int_t)figures->functions[i].errors);
	return all;
}

/* Counters do not go down: a segment that could not be read this time was read before. */
static void keep_greater(json_t *now, json_t *before)
{
	const char *name, *label;
	json_t *group, *count;

	json_object_foreach(before, name, group) json_object_foreach(group, label,
		count) if (value(json_object_get(now, name), label) < json_integer_value(count))
		json_object_set(json_object_get(now, name), label, count);
}

/* A session ends once, and has its first verdict: what a user adds to it is counted, and no end. */
static void note_end(struct totals_state *state, json_t *session,
	const struct session_snapshot *snapshot, bool ended_before)
{
	struct judgement judgement;
	char label[128];

	json_object_set_new(session, "ended", json_true());
	if (ended_before)
		return;
	verdict_judge(&judgement, snapshot);
	snprintf(label, sizeof(label), "%s/%s", judgement.code, judgement.reason);
	totals_add(part(state, "ended"), label, 1);
}

static json_t *job_of(const struct session_snapshot *session)
{
	const struct process_snapshot *process = session_job_process(session);

	return json_foreign(process ? process->job.texts[JOB_ID] : NULL);
}

int totals_take(struct totals_state *state, const char *key, unsigned segments,
	const struct session_snapshot *session, bool running)
{
	json_t *before = json_object_get(part(state, "sessions"), key);
	bool counted = json_is_true(json_object_get(before, "counted"));
	json_t *counters = json_pack("{so so so}", "kernels", kernels(state, &session->figures),
		"copied", copied(&session->figures.totals), "errors", errors(&session->figures));
	json_t *now = json_pack("{si sO so sb sb}", "segments", (int)segments, "counters", counters,
		"job", job_of(session), "seen", true, "ended", false);

	if (!counters || !now)
		return -1;
	if (before)
		keep_greater(counters, json_object_get(before, "counters"));
	json_decref(counters);
	if (!running)
		note_end(state, now, session, counted);
	json_object_set_new(now, "counted", json_boolean(counted || !running));
	return json_object_set_new(part(state, "sessions"), key, now);
}

/* What a session had goes to the sums, and to its job's as long as that runs. */
static int give_up(struct totals_state *state, json_t *session)
{
	const char *id = json_string_value(json_object_get(session, "job"));
	json_t *job = id ? json_object_get(part(state, "jobs"), id) : NULL;
	json_t *counters = json_object_get(session, "counters");

	if (!json_is_true(json_object_get(session, "counted"))) {
		totals_add(state->all, "lost", 1);
		totals_add(part(state, "ended"), "unknown/no-record", 1);
	}
	if (job) {
		json_t *gone = json_object_get(job, "gone");
		json_t *mine = json_pack("{sO}", "kernels", json_object_get(counters, "kernels"));
		json_t *to = json_pack("{sO}", "kernels", gone);

		add_counters(to, mine);
		json_decref(mine);
		json_decref(to);
	}
	return add_counters(part(state, "gone"), counters);
}

int totals_end(struct totals_state *state)
{
	json_t *sessions = part(state, "sessions"), *session;
	const char *key;
	void *next;

	json_object_foreach_safe(sessions, next, key, session)
	{
		if (json_is_true(json_object_get(session, "seen")))
			continue;
		if (give_up(state, session))
			return -1;
		json_object_del(sessions, key);
	}
	return 0;
}

json_t *totals_sum(const struct totals_state *state)
{
	json_t *sum = json_object(), *session;
	const char *key;

	if (!sum || add_counters(sum, part(state, "gone")))
		return sum;
	json_object_foreach(part(state, "sessions"), key, session)
		add_counters(sum, json_object_get(session, "counters"));
	return sum;
}
