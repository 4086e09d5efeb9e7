/* SPDX-License-Identifier: MIT */
#include "sessions.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../preload/session/config.h"
#include "place.h"
#include "report/job.h"
#include "say.h"

void sessions_base(char path[PATHS_MAX])
{
	const char *value = getenv("GPUSPY_DIR");

	if ((!value || !*value) && config_folder(&config, geteuid(), path))
		return;
	if (paths_base(path, value) == 0)
		return;
	say("gpuspy: GPUSPY_DIR is no absolute path of less than %d bytes: ignored", PATHS_MAX);
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

/* close(2) that leaves errno as it was. */
static void close_quietly(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
}

static int open_in(
	const char *base, const char *name, int (*open_one)(const struct place *, const char *))
{
	struct place place;
	int fd;

	if (!paths_session_valid(name)) {
		errno = ENOENT;
		return -1;
	}
	if (place_open(&place, base))
		return -1;
	fd = open_one(&place, name);
	close_quietly(place.fd);
	return fd;
}

int session_open(const char *base, const char *name)
{
	return open_in(base, name, place_open_session);
}

int session_make(const char *base, const char *name)
{
	if (mkdir(base, 0700) && errno != EEXIST)
		return -1;
	return open_in(base, name, place_make_session);
}

static void look_for_text(struct session *session, int folder)
{
	struct stat st;

	if (fstatat(folder, REPORT_FILE, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return;
	session->has_text = true;
	session->active_ns =
		(uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
}

int session_read_at(struct session *session, int folder, const char *name)
{
	memset(session, 0, sizeof(*session));
	if (snapshot_read_folder(&session->snapshot, &session->arena, folder, name, NULL)) {
		int error = errno;

		session_free(session);
		errno = error;
		return -1;
	}
	session->active_ns = last_event(&session->snapshot);
	if (!session->snapshot.n_processes)
		look_for_text(session, folder);
	return 0;
}

int session_read(struct session *session, const char *base, const char *name)
{
	int folder = session_open(base, name), status;

	if (folder < 0) {
		memset(session, 0, sizeof(*session));
		return -1;
	}
	status = session_read_at(session, folder, name);
	close_quietly(folder);
	return status;
}

void session_free(struct session *session)
{
	arena_free(&session->arena);
}

/* Processor time for the sessions of another user, in ns, who may have put anything there. */
enum { OTHERS_NS = 50000000 };

struct visiting {
	const struct place *place;
	void (*visit)(void *context, const struct session *session);
	void *context;
	uint64_t until;
	unsigned unreadable;
};

static uint64_t processor_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int visit_one(struct visiting *visiting, const char *name)
{
	struct session session;
	int folder, status;

	if (!paths_session_valid(name))
		return 0;
	if (visiting->until && processor_time() > visiting->until) {
		visiting->unreadable++;
		return 0;
	}
	folder = place_open_session(visiting->place, name);
	if (folder < 0) { /* what is no folder is no session */
		visiting->unreadable += errno != ENOENT && errno != ENOTDIR && errno != ELOOP;
		return errno == ENOMEM || errno == EMFILE ? -1 : 0;
	}
	status = session_read_at(&session, folder, name);
	close_quietly(folder);
	if (status)
		return errno == ENOMEM ? -1 : 0;
	if (session.snapshot.n_processes || session.has_text)
		visiting->visit(visiting->context, &session);
	else
		visiting->unreadable +=
			session.snapshot.unreadable || session.snapshot.other_version;
	session_free(&session);
	return 0;
}

static int visit_all(struct visiting *visiting)
{
	int fd = openat(visiting->place->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int status = 0, error;

	if (!folder) {
		if (fd >= 0)
			close_quietly(fd);
		return -1;
	}
	while (!status && (entry = readdir(folder)))
		status = visit_one(visiting, entry->d_name);
	error = errno;
	closedir(folder);
	errno = error;
	return status;
}

int sessions_visit(const char *base, void (*visit)(void *context, const struct session *session),
	void *context, unsigned *unreadable)
{
	struct visiting visiting = { .visit = visit, .context = context };
	struct place place;
	int status;

	*unreadable = 0;
	if (place_open(&place, base))
		return errno == ENOENT ? 0 : -1;
	visiting.place = &place;
	if (place.owner != geteuid())
		visiting.until = processor_time() + OTHERS_NS;
	status = visit_all(&visiting);
	close_quietly(place.fd);
	*unreadable = visiting.unreadable;
	return status;
}

void sessions_complain(const char *who, const char *base, int error, unsigned unreadable)
{
	if (error == EPERM)
		say("%s: %s is of another user than it should be", who, base);
	else if (error == ELOOP || error == ENOTDIR)
		say("%s: %s is no folder, or behind somebody's link", who, base);
	else if (error)
		say("%s: %s: %s", who, base, strerror(error));
	else
		say("%s: %u %s in %s could not be read: of another version of gpuspy, of "
		    "another user, broken, or too many",
			who, unreadable, unreadable == 1 ? "session" : "sessions", base);
}

struct search {
	pid_t pid; /* of a process in the session, 0: any */
	uint64_t active_ns;
	char *name; /* "": none yet */
};

static bool has_process(const struct session *session, pid_t pid)
{
	for (unsigned i = 0; i < session->snapshot.n_processes; i++)
		if (session->snapshot.processes[i].pid == pid)
			return true;
	return false;
}

static void take_newest(void *context, const struct session *session)
{
	struct search *search = context;

	if ((search->pid && !has_process(session, search->pid)) ||
		(*search->name && session->active_ns < search->active_ns))
		return;
	search->active_ns = session->active_ns;
	snprintf(search->name, SESSION_NAME_MAX, "%s", session->snapshot.name);
}

int sessions_newest(char name[SESSION_NAME_MAX], const char *who, const char *base, pid_t pid)
{
	struct search search = { .pid = pid, .name = name };
	unsigned unreadable;
	struct stat st;
	int status;

	*name = 0;
	status = sessions_visit(base, take_newest, &search, &unreadable);
	if (!status && *name) {
		/* A newer one may be among what was too much to look at. */
		if (unreadable && !stat(base, &st) && st.st_uid != geteuid())
			sessions_complain(who, base, 0, unreadable);
		return 0;
	}
	if (status || unreadable)
		sessions_complain(who, base, status ? errno : 0, unreadable);
	else if (pid)
		say("%s: no process %d in any session in %s", who, (int)pid, base);
	else
		say("%s: no session in %s", who, base);
	return -1;
}

pid_t sessions_pid(const char *text)
{
	char *end;
	long value;

	if (strspn(text, "0123456789") != strlen(text) || !*text)
		return 0;
	errno = 0;
	value = strtol(text, &end, 10);
	return errno || value > 0x7fffffff ? 0 : (pid_t)value;
}

bool session_running(const struct session_snapshot *snapshot)
{
	for (unsigned i = 0; i < snapshot->n_processes; i++)
		if (snapshot->processes[i].state == PROCESS_RUNNING)
			return true;
	return false;
}

bool session_is_of_job(const struct session_snapshot *snapshot, const char *job)
{
	for (unsigned i = 0; i < snapshot->n_processes; i++)
		if (job_is(&snapshot->processes[i].job, job))
			return true;
	return false;
}

const struct process_snapshot *session_job_process(const struct session_snapshot *snapshot)
{
	for (unsigned i = 0; i < snapshot->n_processes; i++)
		if (snapshot->processes[i].job.texts[JOB_ID])
			return &snapshot->processes[i];
	return NULL;
}

const char *session_started_by(const struct session_snapshot *snapshot)
{
	for (unsigned i = 0; i < snapshot->n_processes; i++)
		if (snapshot->processes[i].job.origin)
			return snapshot->processes[i].job.origin;
	return NULL;
}
