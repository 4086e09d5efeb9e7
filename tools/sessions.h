/*
 * The sessions of this user that have left segments.
 */
#ifndef GPUSPY_TOOLS_SESSIONS_H
#define GPUSPY_TOOLS_SESSIONS_H

#include "segment/paths.h"
#include "segment/snapshot.h"

struct session {
	struct arena arena; /* holds the snapshot */
	struct session_snapshot snapshot;
	uint64_t active_ns; /* when a process of it started or ended last */
};

struct session_list {
	struct session *sessions;
	unsigned count;
};

/* The folder of the sessions, after GPUSPY_DIR; a bad value is warned of, and the default taken. */
void sessions_base(char path[PATHS_MAX]);

/* Reads one session. -1 with errno: there is none of that name, ... */
int session_read(struct session *session, const char *base, const char *name);
void session_free(struct session *session);

/* Reads all sessions with a process; those that cannot be read are left out. */
void sessions_read(struct session_list *list, const char *base);
void sessions_free(struct session_list *list);

/* A session with a running process. */
bool session_running(const struct session_snapshot *snapshot);

#endif
