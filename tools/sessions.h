/* SPDX-License-Identifier: MIT */
/*
 * The sessions of this user that have left segments.
 */
#ifndef GPUSPY_TOOLS_SESSIONS_H
#define GPUSPY_TOOLS_SESSIONS_H

#include "segment/paths.h"
#include "segment/snapshot.h"

#define REPORT_FILE "report.txt" /* what the report could not be delivered to, is in there */
#define RECORD_FILE "record"     /* where its record is */

struct session {
	struct arena arena; /* holds the snapshot */
	struct session_snapshot snapshot;
	uint64_t active_ns; /* when a process of it started or ended last */
	bool has_text;      /* it has no process, but a REPORT_FILE */
};

/* The folder of the sessions, after GPUSPY_DIR; a bad value is warned of, and the default taken. */
void sessions_base(char path[PATHS_MAX]);

/*
 * Opens the folder of a session, or makes it. -1 with errno; EPERM: it, or what it lies in, is of
 * somebody else than it should be.
 */
int session_open(const char *base, const char *name);
int session_make(const char *base, const char *name);

/* Reads one session. -1 with errno: there is none of that name, ... */
int session_read(struct session *session, const char *base, const char *name);
void session_free(struct session *session);

/* The same of a folder that is open and stays so. */
int session_read_at(struct session *session, int folder, const char *name);

/*
 * Calls `visit` with each session that has a process or a text, and frees it. Others are counted in
 * `unreadable`. -1 with errno: the folder cannot be read, or there is no memory; 0 when there is
 * none.
 */
int sessions_visit(const char *base, void (*visit)(void *context, const struct session *session),
	void *context, unsigned *unreadable);

/* Says on standard error why not all sessions were seen: `error` of sessions_visit(), or 0. */
void sessions_complain(const char *who, const char *base, int error, unsigned unreadable);

/*
 * The newest session, of those with that process unless pid is 0: its name. -1: there is none, or
 * not all could be read, which is said on standard error.
 */
int sessions_newest(char name[SESSION_NAME_MAX], const char *who, const char *base, pid_t pid);

/* All digits: a pid; 0: it is none. */
pid_t sessions_pid(const char *text);

/* A session with a running process. */
bool session_running(const struct session_snapshot *snapshot);

/* Is it of that job, as job_is() of report/job.h says? Its first process of a job; NULL: none. */
bool session_is_of_job(const struct session_snapshot *snapshot, const char *job);
const struct process_snapshot *session_job_process(const struct session_snapshot *snapshot);

/* The session elsewhere that started it; NULL: none. */
const char *session_started_by(const struct session_snapshot *snapshot);

#endif
