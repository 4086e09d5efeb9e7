#include "sessions.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sessions_base(char path[PATHS_MAX])
{
	const char *value = getenv("GPUSPY_DIR");

	if (paths_base(path, value) == 0)
		return;
	fprintf(stderr, "gpuspy: GPUSPY_DIR is no absolute path of less than %d bytes: ignored\n",
		PATHS_MAX);
	paths_base(path, NULL);
}

static uint64_t last_event(const struct session_snapshot *snapshot)
{
	uint64_t last = 0;

	for (unsigned i = 0; i < snapshot->n_processes; i++) {
		const struct process_snapshot *process = &snapshot->processes[i];

		if (process->started_ns > last)
			last = process->started_ns;
		if (process->ended_ns > last)
			last = process->ended_ns;
	}
	return last;
}

int session_read(struct session *session, const char *base, const char *name)
{
	char folder[PATHS_MAX + SESSION_NAME_MAX + 1];

	memset(session, 0, sizeof(*session));
	if (!paths_session_valid(name)) {
		errno = ENOENT;
		return -1;
	}
	snprintf(folder, sizeof(folder), "%s/%s", base, name);
	if (snapshot_read_session(&session->snapshot, &session->arena, folder, NULL)) {
		int error = errno;

		session_free(session);
		errno = error;
		return -1;
	}
	session->active_ns = last_event(&session->snapshot);
	return 0;
}

void session_free(struct session *session)
{
	arena_free(&session->arena);
}

static void add_session(struct session_list *list, const char *base, const char *name)
{
	struct session *more;

	more = realloc(list->sessions, (list->count + 1) * sizeof(*more));
	if (!more)
		return;
	list->sessions = more;
	if (session_read(&more[list->count], base, name))
		return;
	if (more[list->count].snapshot.n_processes)
		list->count++;
	else
		session_free(&more[list->count]);
}

static int compare_activity(const void *a, const void *b)
{
	const struct session *l = a, *r = b;

	return l->active_ns < r->active_ns ? -1 : l->active_ns > r->active_ns;
}

void sessions_read(struct session_list *list, const char *base)
{
	DIR *folder = opendir(base);
	struct dirent *entry;

	*list = (struct session_list){ NULL, 0 };
	if (!folder)
		return;
	while ((entry = readdir(folder)))
		add_session(list, base, entry->d_name);
	closedir(folder);
	if (list->count)
		qsort(list->sessions, list->count, sizeof(*list->sessions), compare_activity);
}

void sessions_free(struct session_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		session_free(&list->sessions[i]);
	free(list->sessions);
}

bool session_running(const struct session_snapshot *snapshot)
{
	for (unsigned i = 0; i < snapshot->n_processes; i++)
		if (snapshot->processes[i].state == PROCESS_RUNNING)
			return true;
	return false;
}
