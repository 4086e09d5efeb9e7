/* SPDX-License-Identifier: MIT */
/*
 * gpuspy export: figures of this host's sessions for those who watch many hosts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../preload/session/config.h"
#include "../collect/bases.h"
#include "../collect/hashed.h"
#include "../collect/mark.h"
#include "../collect/patience.h"
#include "../collect/records.h"
#include "../gpuspy.h"
#include "../json.h"
#include "../replace.h"
#include "../say.h"
#include "../sessions.h"
#include "ground/entries.h"
#include "metrics.h"

static const char who[] = "gpuspy export";

enum { KEY_PROMETHEUS = 256, KEY_STATE, PATIENCE_MS = 3000 };

struct request {
	bool prometheus;
	const char *output, *state; /* output NULL: standard output */
	struct bases bases;
};

struct visiting {
	const struct base *base;
	struct totals_state *state;
	struct live *live;
	int status;
};

/* As the site wants it in records, so here. */
static json_t *user_of(uid_t uid)
{
	char hashed[HASHED_MAX];
	const char *name = json_user_name(uid);

	if (config.users == USERS_HIDDEN)
		return json_string("");
	if (config.users == USERS_HASHED)
		return config.records && !hashed_user(hashed, config.records, uid)
			       ? json_string(hashed)
			       : json_string("");
	return name ? json_foreign(name) : json_string("");
}

static int read_session(struct visiting *v, int folder, const char *name, const char *key,
	unsigned segments, uid_t uid)
{
	struct session session;
	bool running;
	int status = 0;

	if (session_read_at(&session, folder, name))
		return errno == ENOMEM ? -1 : 0;
	running = session_running(&session.snapshot);
	if (session.snapshot.n_processes)
		status = totals_take(v->state, key, segments, &session.snapshot, running);
	if (running) {
		json_t *user = user_of(uid);

		live_take(v->live, v->state, &session.snapshot, user);
		json_decref(user);
	}
	session_free(&session);
	return status;
}

/* A session that ended, and has no more segments than then, need not be read again. */
static bool visit_session(void *context, const char *name)
{
	struct visiting *v = context;
	char key[SESSION_NAME_MAX + 64];
	unsigned segments;
	struct stat st;
	uid_t owner;
	int folder;

	if (!paths_session_valid(name))
		return false;
	folder = base_open_session(v->base, name, &owner);
	if (folder < 0)
		return false;
	segments = mark_count(folder);
	if (segments && !fstat(folder, &st)) {
		snprintf(key, sizeof(key), "%u/%s/%llu", (unsigned)owner, name,
			(unsigned long long)st.st_ino);
		if (!totals_has_ended(v->state, key, segments) &&
			patience_begin(owner, PATIENCE_MS)) {
			v->status = read_session(v, folder, name, key, segments, owner);
			patience_end(owner);
		}
	}
	close(folder);
	return v->status != 0;
}

static int visit_base(void *context, const struct base *base)
{
	struct visiting *v = context;
	char *entries = malloc(65536);

	if (!entries)
		return -1;
	v->base = base;
	entries_each(base->place.fd, entries, 65536, visit_session, v);
	free(entries);
	return v->status;
}

static int read_all(const struct request *request, struct totals_state *state, struct live *live)
{
	struct visiting visiting = { NULL, state, live, 0 };
	unsigned refused;

	totals_begin(state);
	if (bases_visit(&request->bases, visit_base, &visiting, &refused) || visiting.status ||
		totals_end(state)) {
		say("%s: no memory", who);
		return -1;
	}
	return 0;
}

static int fail(const char *what)
{
	say("%s: %s: %s", who, what,
		errno == EINVAL ? "it is no state of gpuspy's" : strerror(errno));
	return EXIT_OWN_FAILURE;
}

/* node_exporter reads at any time: it sees the old file or the new one. */
static int put_text(const char *output, const char *text, size_t size)
{
	if (output)
		return replace_file(output, 0644, text, size) ? fail(output) : 0;
	return say_text(who, text, size) ? 0 : EXIT_OWN_FAILURE;
}

/* The state first: what was shown and is not in it would be counted again. */
static int write_all(const struct request *request, struct totals_state *state, struct live *live)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	int status = 0;

	if (!to)
		return fail("memory");
	metrics_write(to, state, live);
	if (fclose(to))
		status = fail("memory");
	else if (totals_save(state, request->state))
		status = fail(request->state);
	else
		status = put_text(request->output, text, size);
	free(text);
	return status;
}

/* Before anything is made beside it: a device, a folder or a link is no place for a state. */
static bool may_be_state(const char *path)
{
	struct stat st;

	if (lstat(path, &st) || S_ISREG(st.st_mode))
		return true;
	say("%s: %s: it is no regular file, as a state is", who, path);
	return false;
}

/* Two at a time would each count what went meanwhile. */
static int lock_state(const char *state)
{
	char path[PATHS_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%.*s.lock", PATHS_MAX, state);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int export_all(const struct request *request)
{
	struct totals_state state = { .all = NULL };
	struct live live = { .jobs = NULL };
	int lock, status;

	if (!may_be_state(request->state))
		return EXIT_OWN_FAILURE;
	lock = lock_state(request->state);
	if (lock < 0)
		return fail(request->state);
	live.jobs = json_object();
	if (totals_load(&state, request->state))
		status = fail(request->state);
	else if (read_all(request, &state, &live))
		status = EXIT_OWN_FAILURE;
	else
		status = write_all(request, &state, &live);
	json_decref(state.all);
	json_decref(live.jobs);
	close(lock);
	return status;
}

static error_t check(struct request *request, struct argp_state *state)
{
	static char path[PATHS_MAX];

	if (!request->prometheus)
		return usage_error(state, "in which form? --prometheus");
	if (request->output && !strcmp(request->output, "-"))
		request->output = NULL;
	if (request->state)
		return 0;
	if (!config.records)
		return usage_error(state, "--state FILE, or a folder of records in gpuspy.conf(5)");
	snprintf(path, sizeof(path), "%s/.export-%.64s", config.records, records_host());
	request->state = path;
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case KEY_PROMETHEUS:
		request->prometheus = true;
		return 0;
	case KEY_STATE:
		return take_path(state, &request->state, argument, "--state: no file");
	case 'o':
		return take_path(state, &request->output, argument, "--output: no file");
	case ARGP_KEY_ARG:
		return usage_error(state, "unexpected argument '%s'", argument);
	case ARGP_KEY_END:
		return check(request, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int command_export(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "prometheus", KEY_PROMETHEUS, NULL, 0, "Prometheus's text format", 0 },
		{ "output", 'o', "FILE", 0,
			"Write to FILE, which is replaced as a whole (default: standard output)",
			0 },
		{ "state", KEY_STATE, "FILE", 0,
			"What was counted before (default: in the folder of records)", 0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "",
		"Writes figures of this host's sessions, those that ended included, for "
		"node_exporter's textfile collector; as root, of all users." };
	struct request request = { .output = NULL };

	parse_arguments(&argp, argc, argv, 0, &request);
	return export_all(&request);
}
