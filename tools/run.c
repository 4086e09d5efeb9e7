/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../preload/segment/alive.h"
#include "deliver.h"
#include "gpuspy.h"
#include "record/recorder.h"
#include "say.h"
#include "sessions.h"

enum { KEY_REQUIRE = 256, KEY_JSON, KEY_RECORD };

/* N kernels, or N/s. */
static bool read_required(struct run *run, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	/* strtod(3) knows hexadecimal numbers, too. */
	if (!*text || !strchr("0123456789.", *text) || strpbrk(text, "xX") || !(value > 0) ||
		!isfinite(value))
		return false;
	if (!strcmp(end, "/s"))
		run->require_rate = value;
	else
		run->require_kernels = value;
	return !*end || !strcmp(end, "/s");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct run *run = state->input;

	switch (key) {
	case KEY_REQUIRE:
		run->require = true;
		if (argument && !read_required(run, argument))
			return usage_error(state,
				"--require=%s is no number of kernels, nor one a second (N/s)",
				argument);
		return 0;
	case KEY_JSON:
		return take_path(state, &run->json, argument, "--json: no file");
	case KEY_RECORD:
		return take_path(state, &run->record, argument, "--record: no file");
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
	alive_name(run->session, getpid(), paths_start_ticks(getpid()));
}

static int exec_failure(const struct run *run)
{
	say("%s: %s: %s", run->who, run->command[0], strerror(run->exec_error));
	return run->exec_error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

static int watch(struct run *run)
{
	char library[PATHS_MAX];
	struct recorder_child recorder;

	if (run_find_library(library, run->who))
		return EXIT_OWN_FAILURE;
	if (run->record && recorder_start(&recorder, run)) {
		say("%s: %s: %s", run->who, recorder_name(run->record), strerror(errno));
		return EXIT_OWN_FAILURE;
	}
	run_make_page(run);
	run_tell_outer(run);
	if (run_set_environment(run, library) || run_wait(run)) {
		say("%s: %s", run->who, strerror(errno));
		return EXIT_OWN_FAILURE;
	}
	if (run->record)
		recorder_finish(&recorder);
	return 0;
}

/* From here to the exec the environment is the command's; what it was is kept for the report. */
static int watch_and_report(struct run *run)
{
	const char *when = getenv("GPUSPY_REPORT");
	char *kept = when ? strdup(when) : NULL;
	int status;

	if (when && !kept) {
		say("%s: %s", run->who, strerror(errno));
		return EXIT_OWN_FAILURE;
	}
	status = watch(run);
	if (kept)
		setenv("GPUSPY_REPORT", kept, 1);
	else
		unsetenv("GPUSPY_REPORT");
	free(kept);
	if (status || run->exec_error)
		run_untell_outer(run);
	if (status)
		return status;
	return run->exec_error ? exec_failure(run) : run_report(run);
}

static bool disabled(void)
{
	const char *value = getenv("GPUSPY_DISABLE");

	return value && !strcmp(value, "1");
}

/* The library would count nothing, and a report of that would be a false one. */
static int run_unwatched(struct run *run)
{
	if (run->json || run->require || run->record) {
		say("%s: nothing to report with GPUSPY_DISABLE=1", run->who);
		return EXIT_OWN_FAILURE;
	}
	execvp(run->command[0], run->command);
	run->exec_error = errno;
	return exec_failure(run);
}

int run_watched(struct run *run)
{
	if (disabled())
		return run_unwatched(run);
	run_note_descriptors(run);
	run_check_environment();
	sessions_base(run->base);
	run_find_outer(run);
	name_session(run);
	return deliver_open_json(run) ? EXIT_OWN_FAILURE : watch_and_report(run);
}

int command_run(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "require", KEY_REQUIRE, "KERNELS", OPTION_ARG_OPTIONAL,
			"If the command succeeded, exit with 3 if it did no GPU work (less than "
			"KERNELS kernels, or with N/s less than N a second), with 4 if that is "
			"not known",
			0 },
		{ "json", KEY_JSON, "FILE", 0, "Write the report as JSON (schema 1) to FILE, too",
			0 },
		{ "record", KEY_RECORD, "FILE", 0,
			"Write what happened when to FILE, as gpuspy record does", 0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "COMMAND [ARG...]",
		"Runs COMMAND with its CUDA calls counted and reports at its end.\v"
		"The exit status is that of COMMAND, or 128+N if signal N ended it, 125 if gpuspy "
		"itself failed, 126 if COMMAND could not be run and 127 if it was not found." };
	struct run run = { .who = "gpuspy run" };

	parse_arguments(&argp, argc, argv, ARGP_IN_ORDER, &run);
	return run_watched(&run);
}
