#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gpuspy.h"
#include "json.h"
#include "report/output_name.h"
#include "report/text.h"
#include "sessions.h"

enum { KEY_REQUIRE = 256, KEY_JSON };

/* A number of kernels, 1 or more; 0: it is none. */
static uint64_t read_least(const char *text)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	return errno || *end || *text < '0' || *text > '9' ? 0 : value;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->err_stream = NULL;
		return 0;
	case KEY_REQUIRE:
		run->require = argument ? read_least(argument) : 1;
		if (!run->require)
			return usage_error(state, "--require=%s is no number of kernels", argument);
		return 0;
	case KEY_JSON:
		run->json = argument;
		return 0;
	case ARGP_KEY_ARG:
		run->command = &state->argv[state->next - 1];
		state->next = state->argc; /* its options are its own */
		return 0;
	case ARGP_KEY_NO_ARGS:
		return usage_error(state, "which command?");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The session is this process's, unless the user gave it a name. */
static void name_session(struct run *run)
{
	const char *named = getenv("GPUSPY_SESSION");
	uint64_t start_ticks;
	pid_t pid;

	if (named && paths_session_valid(named) &&
		!paths_session_identity(named, &pid, &start_ticks)) {
		strcpy(run->session, named);
		return;
	}
	snprintf(run->session, sizeof(run->session), "%d-%llu", (int)getpid(),
		(unsigned long long)paths_start_ticks(getpid()));
}

static char *joined(char *const *words, struct arena *arena)
{
	size_t length = 1;
	char *line, *at;

	for (char *const *word = words; *word; word++)
		length += strlen(*word) + 1;
	line = at = arena_take(arena, length);
	for (; line && *words; words++) {
		at = stpcpy(at, *words);
		if (words[1])
			*at++ = ' ';
	}
	return line;
}

/* What waitpid said is surer than what a segment says. */
static void add_ending(struct process_snapshot *process, const struct run *run)
{
	if (!process->ended_ns)
		process->ended_ns = run->ended_ns;
	if (WIFSIGNALED(run->status)) {
		process->state = PROCESS_KILLED;
		process->signal = WTERMSIG(run->status);
	} else {
		process->state = PROCESS_EXITED;
		process->exit_status = WEXITSTATUS(run->status);
	}
}

/* A command may be gone before its start time could be read; then the pid must do. */
static bool is_command(const struct process_snapshot *process, const struct run *run)
{
	return process->pid == run->pid &&
	       (!run->start_ticks || process->start_ticks == run->start_ticks);
}

/* The command's process, first in the list; it has no segment if it had nothing to do with CUDA. */
static int put_command_first(struct session *session, const struct run *run)
{
	struct session_snapshot *snapshot = &session->snapshot;
	struct process_snapshot *list, *from = snapshot->processes;
	unsigned n = snapshot->n_processes, at = 0;

	while (at < n && !is_command(&from[at], run))
		at++;
	list = arena_take(&session->arena, (n + 1) * sizeof(*list));
	if (!list)
		return -1;
	if (at < n) {
		list[0] = from[at];
	} else {
		list[0].pid = run->pid;
		list[0].parent = getpid();
		list[0].uid = getuid();
		list[0].start_ticks = run->start_ticks;
		list[0].images = 1;
		list[0].command = joined(run->command, &session->arena);
		list[0].figures.driver.device_count = -1;
		snapshot->n_processes++;
	}
	list[0].started_ns = run->started_ns;
	add_ending(&list[0], run);
	for (unsigned i = 0, to = 1; i < n; i++)
		if (i != at)
			list[to++] = from[i];
	snapshot->processes = list;
	return snapshot_add_up(snapshot, &session->arena);
}

static int read_run(struct session *session, const struct run *run)
{
	if (session_read(session, run->base, run->session)) {
		if (errno != ENOENT && errno != ENOTDIR)
			fprintf(stderr, "gpuspy run: %s/%s: %s\n", run->base, run->session,
				strerror(errno));
		memset(session, 0, sizeof(*session));
		session->snapshot.name = run->session;
		session->snapshot.taken_ns = snapshot_now();
	}
	return put_command_first(session, run);
}

/* Where the report goes: GPUSPY_OUTPUT or standard error. */
static void write_report(const struct run *run, const char *report, size_t length)
{
	const char *pattern = getenv("GPUSPY_OUTPUT");
	char name[4096];
	int fd = STDERR_FILENO;

	if (pattern && *pattern) {
		if (output_name(name, sizeof(name), pattern, run->pid, run->session) == 0)
			fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
		else
			fd = -1;
		if (fd < 0) {
			fprintf(stderr, "gpuspy run: GPUSPY_OUTPUT=%s: %s\n", pattern,
				strerror(errno));
			fd = STDERR_FILENO;
		}
	}
	while (length) {
		ssize_t written = write(fd, report, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			break;
		report += written;
		length -= (size_t)written;
	}
	if (fd != STDERR_FILENO)
		close(fd);
}

static void write_text(
	const struct run *run, const struct session *session, const struct judgement *judgement)
{
	const char *when = getenv("GPUSPY_REPORT");
	char *report;

	if (when && !strcmp(when, "never"))
		return;
	report = malloc(TEXT_REPORT_MAX);
	if (!report)
		return;
	write_report(
		run, report, text_report(report, TEXT_REPORT_MAX, &session->snapshot, judgement));
	free(report);
}

static int exit_status(const struct run *run)
{
	return WIFSIGNALED(run->status) ? 128 + WTERMSIG(run->status) : WEXITSTATUS(run->status);
}

/* What is known to have run may be enough, whatever was missed. */
static int judge_required(const struct run *run, const struct session_snapshot *session,
	const struct judgement *judgement)
{
	if (judgement->verdict == VERDICT_UNKNOWN)
		return EXIT_UNKNOWN;
	if (judgement->verdict != VERDICT_WORK)
		return EXIT_NO_GPU_WORK;
	if (session->figures.totals.kernels >= run->require)
		return 0;
	return judgement->at_least ? EXIT_UNKNOWN : EXIT_NO_GPU_WORK;
}

static int report_run(const struct run *run, FILE *json)
{
	struct judgement judgement;
	struct session session;
	int status = exit_status(run);

	signal(SIGPIPE, SIG_IGN); /* nobody reads the report: that is no failure of the command */
	if (read_run(&session, run)) {
		fprintf(stderr, "gpuspy run: no memory for the report\n");
		return EXIT_OWN_FAILURE;
	}
	verdict_judge(&judgement, &session.snapshot);
	write_text(run, &session, &judgement);
	if (json && json_report(json, &session.snapshot, &judgement) && !status)
		status = EXIT_OWN_FAILURE;
	if (run->require && !status)
		status = judge_required(run, &session.snapshot, &judgement);
	session_free(&session);
	return status;
}

/* Before the command starts: better no run at all than a long one without its report. */
static FILE *open_json(const char *name)
{
	FILE *file = strcmp(name, "-") ? fopen(name, "we") : stdout;

	if (!file)
		fprintf(stderr, "gpuspy run: %s: %s\n", name, strerror(errno));
	return file;
}

static int exec_failure(const struct run *run)
{
	fprintf(stderr, "gpuspy run: %s: %s\n", run->command[0], strerror(run->exec_error));
	return run->exec_error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

/* Between here and the exec the environment is the command's; what it was is kept for the report.
 */
static int watch(struct run *run, FILE *json)
{
	const char *when = getenv("GPUSPY_REPORT");
	char library[PATHS_MAX];
	char *kept = when ? strdup(when) : NULL;

	if (run_find_library(library))
		return EXIT_OWN_FAILURE;
	if ((when && !kept) || run_set_environment(run, library) || run_wait(run)) {
		fprintf(stderr, "gpuspy run: %s\n", strerror(errno));
		return EXIT_OWN_FAILURE;
	}
	if (kept)
		setenv("GPUSPY_REPORT", kept, 1);
	else
		unsetenv("GPUSPY_REPORT");
	free(kept);
	return run->exec_error ? exec_failure(run) : report_run(run, json);
}

static bool disabled(void)
{
	const char *value = getenv("GPUSPY_DISABLE");

	return value && !strcmp(value, "1");
}

/* The library would count nothing, and a report of that would be a false one. */
static int run_unwatched(struct run *run)
{
	if (run->json || run->require) {
		fprintf(stderr, "gpuspy run: nothing to report with GPUSPY_DISABLE=1\n");
		return EXIT_OWN_FAILURE;
	}
	execvp(run->command[0], run->command);
	run->exec_error = errno;
	return exec_failure(run);
}

int command_run(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "require", KEY_REQUIRE, "KERNELS", OPTION_ARG_OPTIONAL,
			"If the command succeeded, exit with 3 if it did no GPU work (less than "
			"KERNELS kernels), with 4 if that is not known",
			0 },
		{ "json", KEY_JSON, "FILE", 0, "Write the report as JSON (schema 1) to FILE, too",
			0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "COMMAND [ARG...]",
		"Runs COMMAND with its CUDA calls counted and reports at its end.\v"
		"The exit status is that of COMMAND, or 128+N if signal N ended it, 125 if gpuspy "
		"itself failed, 126 if COMMAND could not be run and 127 if it was not found." };
	struct run run = { 0 };
	FILE *json = NULL;

	parse_arguments(&argp, argc, argv, ARGP_IN_ORDER, &run);
	if (disabled())
		return run_unwatched(&run);
	run_check_environment();
	sessions_base(run.base);
	name_session(&run);
	if (run.json) {
		json = open_json(run.json);
		if (!json)
			return EXIT_OWN_FAILURE;
	}
	return watch(&run, json);
}
