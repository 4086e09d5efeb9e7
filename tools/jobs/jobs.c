/* SPDX-License-Identifier: MIT */
#include "jobs.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "nodes.h"
#include "table.h"

enum { LISTS_MAX = 256 };

static const char start[] = "{\"brief\":";

static const char *text(const json_t *brief, const char *name)
{
	return json_string_value(json_object_get(brief, name));
}

static const char *kept(const json_t *brief, const char *name)
{
	return names_keep(text(brief, name));
}

static uint64_t count(const json_t *brief, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(brief, name));

	return value > 0 ? (uint64_t)value : 0;
}

static int number(const json_t *brief, const char *name)
{
	const json_t *value = json_object_get(brief, name);
	json_int_t read = json_integer_value(value);

	return json_is_integer(value) && read >= 0 && read < INT32_MAX ? (int)read : -1;
}

static double real(const json_t *brief, const char *name)
{
	const json_t *value = json_object_get(brief, name);

	return json_number_value(value) > 0 ? json_number_value(value) : -1;
}

static bool flag(const json_t *brief, const char *name)
{
	return json_is_true(json_object_get(brief, name));
}

/* A code, as gpuspy of any version has them; it is printed as it is. */
static const char *code(const json_t *brief, const char *name)
{
	const char *value = text(brief, name);

	return value && value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-")] == 0
		       ? names_keep(value)
		       : NULL;
}

/* An array that has room for one more; false: no memory. */
static bool have_room(void *array, unsigned used, unsigned *room, size_t size)
{
	void **at = array, *more;
	unsigned wanted = *room ? *room * 2 : 4;

	if (used < *room)
		return true;
	more = realloc(*at, wanted * size);
	if (!more)
		return false;
	memset((char *)more + *room * size, 0, (wanted - *room) * size);
	*at = more;
	*room = wanted;
	return true;
}

static const char *id_of(const void *owner, unsigned i)
{
	return ((const struct jobs *)owner)->all[i]->id;
}

static struct job *find_job(struct jobs *jobs, const char *id)
{
	struct job *job;
	long found;

	jobs->table.name = id_of;
	jobs->table.owner = jobs;
	found = table_find(&jobs->table, id);
	if (found >= 0)
		return jobs->all[found];
	job = calloc(1, sizeof(*job));
	if (!job || !have_room(&jobs->all, jobs->count, &jobs->room, sizeof(struct job *))) {
		free(job);
		return NULL;
	}
	jobs->all[jobs->count++] = job;
	job->id = names_keep(id);
	return job->id && !table_add(&jobs->table) ? job : NULL;
}

static bool is(const char *value, const char *wanted)
{
	return value && !strcmp(value, wanted);
}

/* The job that a record belongs to; NULL: to none, or not to the wanted one. */
static const char *job_of(const struct jobs *jobs, const json_t *brief)
{
	const char *element = text(brief, "element"), *id = text(brief, "job");

	if (jobs->origin)
		return is(text(brief, "origin"), jobs->origin) ? jobs->wanted : NULL;
	if (!id)
		return NULL;
	if (!jobs->wanted)
		return element ? element : text(brief, "leader") ? text(brief, "leader") : id;
	if (is(id, jobs->wanted) || is(element, jobs->wanted) ||
		is(text(brief, "leader"), jobs->wanted) || is(text(brief, "array"), jobs->wanted))
		return jobs->wanted;
	return NULL;
}

static enum verdict verdict(const char *text)
{
	static const struct {
		const char *code;
		enum verdict verdict;
	} all[] = { { "gpu-work", VERDICT_WORK }, { "gpu-work-unconfirmed", VERDICT_UNCONFIRMED },
		{ "gpu-fault", VERDICT_FAULT }, { "gpu-idle", VERDICT_IDLE },
		{ "gpu-unavailable", VERDICT_UNAVAILABLE }, { "gpu-unused", VERDICT_UNUSED } };

	for (size_t i = 0; text && i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(all[i].code, text))
			return all[i].verdict;
	return VERDICT_UNKNOWN;
}

/* Lists of nodes have short names. */
static const char *short_name(const char *host)
{
	char name[256];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(host ? host : "?", "."),
		host ? host : "?");
	return names_keep(name);
}

static const char *node_of(const json_t *brief)
{
	const char *node = kept(brief, "node");

	return node ? node : short_name(text(brief, "host"));
}

static bool note_nodes(struct job *job, const char *list, bool told)
{
	if (!list)
		return true;
	for (unsigned i = 0; i < job->n_nodes; i++)
		if (job->nodes[i].list == list) {
			job->nodes[i].told |= told;
			return true;
		}
	/* An Epilog writes one; what processes say, anybody may. */
	if (!told && job->n_nodes >= LISTS_MAX) {
		job->unlisted = true;
		return true;
	}
	if (!have_room(&job->nodes, job->n_nodes, &job->nodes_room, sizeof(*job->nodes)))
		return false;
	job->nodes[job->n_nodes++] = (struct job_nodes){ list, told };
	return true;
}

static bool read_devices(struct job_session *session, const json_t *brief)
{
	const json_t *devices = json_object_get(brief, "devices"), *device;
	size_t i, n = json_array_size(devices);

	free(session->devices);
	session->n_devices = 0;
	session->devices = n ? calloc(n, sizeof(*session->devices)) : NULL;
	if (n && !session->devices)
		return false;
	json_array_foreach(devices, i, device) session->devices[session->n_devices++] =
		(struct job_gpu){ kept(device, "uuid"), count(device, "kernels") };
	return true;
}

/* Which GPUs an Epilog says that the job had there; of older versions there is no such list. */
static bool read_given(struct job_host *host, const json_t *brief)
{
	const json_t *list = json_object_get(brief, "gpus_given"), *one;
	size_t i, n = json_array_size(list);

	host->given = n && n <= GPUS_MAX ? calloc(n, sizeof(*host->given)) : NULL;
	if (n && n <= GPUS_MAX && !host->given)
		return false;
	json_array_foreach(list, i, one)
	{
		if (host->given && text(one, "id"))
			host->given[host->n_given++] =
				(struct job_given){ kept(one, "id"), kept(one, "uuid") };
	}
	return true;
}

static const char *key_of(const void *owner, unsigned i)
{
	return ((const struct job *)owner)->sessions[i].key;
}

/* The same session again, which ran at first, takes its place. */
static struct job_session *place_for(struct job *job, const char *key)
{
	long found;

	job->table.name = key_of;
	job->table.owner = job;
	found = key ? table_find(&job->table, key) : TABLE_NONE;
	if (found >= 0)
		return &job->sessions[found];
	if (!key || !have_room(&job->sessions, job->n_sessions, &job->sessions_room,
			    sizeof(*job->sessions)))
		return NULL;
	job->sessions[job->n_sessions++].key = key;
	return table_add(&job->table) ? NULL : &job->sessions[job->n_sessions - 1];
}

/* By name, by number where there is no name; NULL: the site hides them. */
static const char *owner_of(const json_t *brief)
{
	const json_t *uid = json_object_get(brief, "uid");
	const char *user = kept(brief, "user");
	char number[32];

	if (user || !json_is_integer(uid))
		return user;
	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(uid));
	return names_keep(number);
}

static bool take_session(const struct jobs *jobs, struct job *job, const json_t *brief)
{
	const char *key = text(brief, "key");
	struct job_session *session = place_for(job, names_keep(key ? key : ""));
	struct job_gpu *devices = session ? session->devices : NULL;

	if (!session)
		return false;
	*session = (struct job_session){
		.key = session->key,
		.owner = owner_of(brief),
		.devices = devices,
		.node = node_of(brief),
		.id = kept(brief, "job"),
		.host = kept(brief, "host"),
		.step = kept(brief, "step"),
		.reason = code(brief, "reason"),
		.summary = jobs->wanted ? kept(brief, "summary") : NULL,
		.gpus = kept(brief, "gpus"),
		.verdict = verdict(text(brief, "verdict")),
		.task = number(brief, "task"),
		.tasks = number(brief, "tasks"),
		.ranks = (unsigned)count(brief, "ranks"),
		.launched = (unsigned)count(brief, "launched"),
		.component = text(brief, "leader") != NULL,
		.restarts = number(brief, "restarts"),
		.running = !is(text(brief, "state"), "ended"),
		.at_least = flag(brief, "at_least"),
		.simulated = flag(brief, "simulated"),
		.kernels = count(brief, "kernels"),
		.confirmed = count(brief, "confirmed"),
		.started = real(brief, "started"),
		.ended = real(brief, "ended"),
		.work_seconds = real(brief, "work_seconds"),
	};
	if (session->restarts < 0)
		session->restarts = 0;
	/* What was started together need not be on all of the job's nodes. */
	return read_devices(session, brief) &&
	       (jobs->origin || note_nodes(job, kept(brief, "nodes"), false));
}

/* The newest line of a host counts; a job's components may share one. */
static struct job_host *place_for_host(struct job *job, const struct job_host *host)
{
	for (unsigned i = 0; i < job->n_hosts; i++)
		if (job->hosts[i].node == host->node && job->hosts[i].host == host->host &&
			job->hosts[i].nodes == host->nodes)
			return &job->hosts[i];
	if (!have_room(&job->hosts, job->n_hosts, &job->hosts_room, sizeof(*job->hosts)))
		return NULL;
	job->hosts[job->n_hosts].time = -1;
	return &job->hosts[job->n_hosts++];
}

static bool take_host(struct job *job, const json_t *brief)
{
	struct job_host host = { .node = kept(brief, "node"),
		.host = kept(brief, "host"),
		.gpus = kept(brief, "gpus"),
		.nodes = kept(brief, "nodes"),
		.lost = count(brief, "lost"),
		.unreadable = count(brief, "unreadable"),
		.time = real(brief, "time") };
	struct job_host *place = place_for_host(job, &host);
	const char *owner = owner_of(brief);

	if (owner) {
		job->owner = owner;
		job->owner_told = true;
	}
	if (!place || !note_nodes(job, host.nodes, true))
		return false;
	if (host.time < place->time)
		return true;
	if (!read_given(&host, brief))
		return false;
	free(place->given);
	*place = host;
	return true;
}

static bool take_brief(struct jobs *jobs, const json_t *brief)
{
	const char *id = job_of(jobs, brief), *record = text(brief, "record");
	struct job *job = id ? find_job(jobs, id) : NULL;

	if (!id)
		return true;
	if (!job)
		return false;
	if (is(record, "session"))
		return take_session(jobs, job, brief);
	return !is(record, "host") || take_host(job, brief);
}

int jobs_take_line(void *context, char *line, size_t length)
{
	struct jobs *jobs = context;
	json_t *brief = NULL;

	/* The brief alone: what follows it is ten times as long. */
	if (length > sizeof(start) && !strncmp(line, start, sizeof(start) - 1))
		brief = json_loadb(line + sizeof(start) - 1, length - (sizeof(start) - 1),
			JSON_DISABLE_EOF_CHECK, NULL);
	if (!json_is_object(brief))
		jobs->broken++;
	else
		jobs->full |= !take_brief(jobs, brief);
	json_decref(brief);
	return jobs->full ? -1 : 0;
}

static void settle(struct job *job)
{
	unsigned kept = 0;

	for (unsigned i = 0; !job->owner && i < job->n_sessions; i++)
		job->owner = job->sessions[i].owner;
	for (unsigned i = 0; i < job->n_sessions; i++) {
		struct job_session *session = &job->sessions[i];

		if (session->owner && session->owner != job->owner) {
			free(session->devices);
			job->strangers++;
		} else {
			job->sessions[kept++] = *session;
		}
	}
	job->n_sessions = kept;
}

void jobs_settle(struct jobs *jobs)
{
	for (unsigned i = 0; i < jobs->count; i++)
		settle(jobs->all[i]);
}

void jobs_free(struct jobs *jobs)
{
	for (unsigned i = 0; i < jobs->count; i++) {
		struct job *job = jobs->all[i];

		for (unsigned k = 0; k < job->n_sessions; k++)
			free(job->sessions[k].devices);
		for (unsigned k = 0; k < job->n_hosts; k++)
			free(job->hosts[k].given);
		free(job->sessions);
		free(job->hosts);
		free(job->nodes);
		table_free(&job->table);
		free(job);
	}
	free(jobs->all);
	table_free(&jobs->table);
}
