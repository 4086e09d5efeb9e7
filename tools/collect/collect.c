/* SPDX-License-Identifier: MIT */
/*
 * gpuspy collect: records of sessions, from their segments.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "../../preload/session/config.h"
#include "../../preload/session/pruned.h"
#include "../gpuspy.h"
#include "../say.h"
#include "../sessions.h"
#include "bases.h"
#include "ground/entries.h"
#include "line.h"
#include "mark.h"
#include "patience.h"
#include "records.h"

static const char who[] = "gpuspy collect";

enum {
	BATCH_BYTES = 4 << 20,
	BATCH_SESSIONS = 256,
	KEPT_CHUNKS = 4,
	PATIENCE_MS = 20000, /* 10,000 honest sessions take 3000 */
	KEY_RECORDS = 256,
	KEY_SYSLOG,
	KEY_NODES,
	KEY_GPUS,
	KEY_RUNNING,
	KEY_AGAIN
};

struct request {
	struct bases bases;
	const char *job, *records, *nodes, *gpus;
	bool all, syslog, running, again;
};

/* Lines that are not yet where they go, and the sessions to be marked when they are. */
struct batch {
	char *text;
	size_t size;
	FILE *to;
	struct marking {
		int folder;
		unsigned segments;
	} marks[BATCH_SESSIONS];
	unsigned n_marks;
};

struct collection {
	const struct request *request;
	const struct base *base;
	struct batch batch;
	struct host_line host;
	unsigned written, broken;
	int status;
};

static int begin_batch(struct batch *batch)
{
	batch->n_marks = 0;
	batch->text = NULL;
	batch->to = open_memstream(&batch->text, &batch->size);
	return batch->to ? 0 : -1;
}

static void send_to_syslog(char *lines)
{
	char *rest = NULL;

	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		syslog(LOG_INFO, "%s", line);
}

/* -1: it could not be done, which is said. */
static int deliver(const struct request *request, char *text, size_t size)
{
	if (request->syslog) {
		send_to_syslog(text);
		return 0;
	}
	if (!request->records)
		return say_text(who, text, size) ? 0 : -1;
	if (!records_append(request->records, records_host(), text, size))
		return 0;
	say("%s: %s: %s", who, request->records, strerror(errno));
	return -1;
}

/* What was shown to a person is not collected by that. */
static bool marks_sessions(const struct request *request)
{
	return request->records || request->syslog;
}

static void end_marks(struct batch *batch, bool written)
{
	for (unsigned i = 0; i < batch->n_marks; i++) {
		if (written)
			mark_make(batch->marks[i].folder, batch->marks[i].segments);
		close(batch->marks[i].folder);
	}
	batch->n_marks = 0;
}

static int end_batch(struct collection *c)
{
	struct batch *batch = &c->batch;
	int status = fclose(batch->to);

	batch->to = NULL;
	if (status)
		say("%s: no memory", who);
	else if (batch->size)
		status = deliver(c->request, batch->text, batch->size);
	if (status)
		c->status = -1;
	end_marks(batch, !status && marks_sessions(c->request));
	free(batch->text);
	return status;
}

static int next_batch_if_full(struct collection *c)
{
	struct batch *batch = &c->batch;

	if (batch->n_marks < BATCH_SESSIONS && ftell(batch->to) < BATCH_BYTES)
		return 0;
	if (end_batch(c))
		return -1;
	return begin_batch(batch);
}

/* A folder that several hosts share: each collects its own. */
static bool is_of_host(const struct session_snapshot *session)
{
	for (unsigned i = 0; i < session->n_processes; i++)
		if (!session->processes[i].host ||
			!strcmp(session->processes[i].host, records_host()))
			return true;
	return false;
}

/* Whether it runs cannot be said of what is in another pid namespace, but that its job is over. */
static bool may_run(const struct collection *c, const struct session_snapshot *session)
{
	for (unsigned i = 0; i < session->n_processes; i++)
		if (session->processes[i].state == PROCESS_RUNNING ||
			(session->processes[i].state == PROCESS_ELSEWHERE && !c->request->job))
			return true;
	return false;
}

/* -1: nothing more can be written. The folder is the callee's if it is to be marked. */
static int write_session(
	struct collection *c, struct session *session, int *folder, unsigned segments, uid_t uid)
{
	struct line line = {
		.to = c->batch.to, .brief_only = c->request->syslog, .key = c->request->records
	};
	bool running = may_run(c, &session->snapshot);

	if (running && !c->request->running)
		return 0;
	if (line_session(&line, &session->snapshot, uid))
		return -1;
	c->written++;
	c->host.sessions++;
	c->host.running += running;
	if (!running) {
		c->batch.marks[c->batch.n_marks++] = (struct marking){ *folder, segments };
		*folder = -1;
	}
	return next_batch_if_full(c);
}

/* Removed meanwhile: housekeeping does that, and says what it removed. */
static bool is_gone(int folder)
{
	struct stat st;

	return (!fstat(folder, &st) && !st.st_nlink) || !mark_count(folder);
}

static int look_at(struct collection *c, const char *name, int *folder, uid_t uid)
{
	unsigned segments = mark_count(*folder);
	const char *job = c->request->job;
	struct session session;
	int status = 0;

	if (!segments || (!c->request->again && !job && mark_is_there(*folder, segments)))
		return 0;
	if (session_read_at(&session, *folder, name)) {
		c->broken++;
		return errno == ENOMEM ? -1 : 0;
	}
	lseek(*folder, 0, SEEK_SET);
	if (!session.snapshot.n_processes)
		c->broken += !is_gone(*folder);
	else if (is_of_host(&session.snapshot) &&
		 (!job || session_is_of_job(&session.snapshot, job))) {
		if (!c->request->again && mark_is_there(*folder, segments))
			c->host.sessions++; /* the record is there already */
		else
			status = write_session(c, &session, folder, segments, uid);
	}
	session_free(&session);
	return status;
}

static bool visit_session(void *context, const char *name)
{
	struct collection *c = context;
	uid_t owner;
	int folder;

	if (!paths_session_valid(name))
		return false;
	folder = base_open_session(c->base, name, &owner);
	if (folder < 0) {
		c->broken += errno != ENOENT && errno != ENOTDIR && errno != ELOOP;
		return false;
	}
	if (c->request->bases.one_user && owner != c->request->bases.uid) {
		close(folder);
		return false;
	}
	if (!patience_begin(owner, PATIENCE_MS))
		c->broken++;
	else if (look_at(c, name, &folder, owner))
		c->status = -1;
	patience_end(owner);
	if (folder >= 0)
		close(folder);
	return c->status != 0;
}

/* Lines of the list of pruned sessions that name the job. The library keeps it short. */
static unsigned count_pruned(int base, const char *file, const char *job)
{
	int fd = openat(base, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	FILE *from = fd < 0 ? NULL : fdopen(fd, "r");
	char line[PRUNED_JOB_MAX + 2];
	unsigned count = 0;
	struct stat st;

	if (!from) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		while (ftell(from) < 2 * PRUNED_SIZE && fgets(line, sizeof(line), from)) {
			line[strcspn(line, "\n")] = 0;
			count += !strcmp(line, job);
		}
	fclose(from);
	return count;
}

static int visit_base(void *context, const struct base *base)
{
	struct collection *c = context;
	char *entries = malloc(65536);

	if (!entries)
		return -1;
	c->base = base;
	entries_each(base->place.fd, entries, 65536, visit_session, c);
	free(entries);
	if (c->request->job) {
		c->host.lost += count_pruned(base->place.fd, PRUNED_FILE, c->request->job);
		c->host.lost += count_pruned(base->place.fd, PRUNED_OLD_FILE, c->request->job);
	}
	return c->status;
}

static const char *first_set(const char *a, const char *b)
{
	const char *value = getenv(a);

	if (!value || !*value)
		value = b ? getenv(b) : NULL;
	return value && *value ? value : NULL;
}

/* What Slurm tells an Epilog; other schedulers' say it by options. */
static void note_host(struct host_line *host, const struct request *request)
{
	host->job = request->job;
	host->leader = first_set("SLURM_HET_JOB_ID", NULL);
	host->array = first_set("SLURM_ARRAY_JOB_ID", NULL);
	host->index = first_set("SLURM_ARRAY_TASK_ID", NULL);
	host->nodes =
		request->nodes ? request->nodes : first_set("SLURM_JOB_NODELIST", "SLURM_NODELIST");
	host->node = first_set("SLURMD_NODENAME", NULL);
	host->gpus =
		request->gpus && *request->gpus ? request->gpus : first_set("SLURM_JOB_GPUS", NULL);
	host->exit = first_set("SLURM_JOB_EXIT_CODE2", NULL);
	host->host = records_host();
	host->uid = request->bases.uid;
	host->uid_known = request->bases.one_user;
}

static int write_host(struct collection *c, unsigned refused)
{
	struct line line = {
		.to = c->batch.to, .brief_only = c->request->syslog, .key = c->request->records
	};

	c->host.unreadable = c->broken + refused;
	return line_host(&line, &c->host);
}

static int collect(const struct request *request)
{
	struct collection *c = calloc(1, sizeof(*c));
	unsigned refused = 0;
	int status;

	if (!c || begin_batch(&c->batch)) {
		free(c);
		return EXIT_OWN_FAILURE;
	}
	arena_keep(KEPT_CHUNKS);
	c->request = request;
	note_host(&c->host, request);
	if (bases_visit(&request->bases, visit_base, c, &refused)) {
		if (!c->status || !c->batch.to)
			say("%s: no memory", who);
		c->status = -1;
	}
	if (!c->status && request->job && write_host(c, refused))
		c->status = -1;
	if (c->batch.to)
		end_batch(c);
	if (refused && !request->job)
		say("%s: %u folders were not looked at: of another user than they should be, or "
		    "behind somebody's link",
			who, refused);
	status = c->status ? EXIT_OWN_FAILURE : 0;
	free(c);
	return status;
}

static int read_user(struct request *request, const char *text)
{
	const struct passwd *entry;
	char *end;
	unsigned long uid = strtoul(text, &end, 10);

	request->bases.one_user = true;
	if (*text && !*end && *text >= '0' && *text <= '9' && uid < UINT32_MAX) {
		request->bases.uid = (uid_t)uid;
		return 0;
	}
	entry = getpwnam(text);
	if (!entry)
		return -1;
	request->bases.uid = entry->pw_uid;
	return 0;
}

static error_t check(struct request *request, struct argp_state *state)
{
	if (!request->job && !request->all)
		return usage_error(state, "either --job ID or --all");
	if (request->job && request->all)
		return usage_error(state, "--job and --all exclude each other");
	if (!request->job && (request->nodes || request->gpus))
		return usage_error(state, "--nodes and --gpus are for --job");
	if (request->syslog && request->records)
		return usage_error(state, "--syslog and --records exclude each other");
	if (request->syslog)
		return 0;
	if (!request->records)
		request->records = config.records;
	else if (!strcmp(request->records, "-"))
		request->records = NULL;
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'j':
		if (!*argument)
			return usage_error(state, "--job: no ID");
		request->job = argument;
		request->running = true;
		return 0;
	case 'u':
		return read_user(request, argument)
			       ? usage_error(state, "there is no user '%s'", argument)
			       : 0;
	case 'a':
		request->all = true;
		return 0;
	case KEY_RECORDS:
		return take_path(state, &request->records, argument, "--records: no folder");
	case KEY_SYSLOG:
		request->syslog = true;
		return 0;
	case KEY_NODES:
		request->nodes = argument;
		return 0;
	case KEY_GPUS:
		request->gpus = argument;
		return 0;
	case KEY_RUNNING:
		request->running = true;
		return 0;
	case KEY_AGAIN:
		request->again = true;
		return 0;
	case ARGP_KEY_ARG:
		return usage_error(state, "unexpected argument '%s'", argument);
	case ARGP_KEY_END:
		return check(request, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "job", 'j', "ID", 0, "Sessions of that job, running ones too, and a line of the host",
		0 },
	{ "uid", 'u', "UID", 0, "Of that user alone", 0 },
	{ "all", 'a', NULL, 0, "All that ended; as root, of all users", 0 },
	{ "running", KEY_RUNNING, NULL, 0, "With --all: running ones too, as running", 0 },
	{ "again", KEY_AGAIN, NULL, 0, "Those too of which there is a record already", 0 },
	{ "records", KEY_RECORDS, "DIR", 0,
		"Append to DIR/YYYY/MM/DD/HOST.jsonl (default: of gpuspy.conf(5)); -: standard "
		"output",
		0 },
	{ "syslog", KEY_SYSLOG, NULL, 0, "To syslog, in brief", 0 },
	{ "nodes", KEY_NODES, "LIST", 0, "With --job: all nodes of the job (default: Slurm's)", 0 },
	{ "gpus", KEY_GPUS, "LIST", 0, "With --job: the GPUs that it had here (default: Slurm's)",
		0 },
	{ 0 },
};

int command_collect(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "",
		"Makes records of sessions from what they left on this machine, each once: run by "
		"a job's Epilog, by a timer, or by hand." };
	struct request request = { .job = NULL };
	int lock = -1, status;

	parse_arguments(&argp, argc, argv, 0, &request);
	if (request.syslog)
		openlog("gpuspy", LOG_PID, LOG_DAEMON);
	if (request.records)
		lock = records_lock(request.records, records_host());
	status = collect(&request);
	if (lock >= 0)
		close(lock);
	return status;
}
