/* SPDX-License-Identifier: MIT */
/*
 * gpuspy record.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../gpuspy.h"
#include "../run.h"
#include "../say.h"
#include "../sessions.h"
#include "recorder.h"

static const char who[] = "gpuspy record";

struct request {
	double delay;
	const char *file;
	const char *which; /* PID or SESSION, NULL: the last one */
	char **command;    /* NULL: none */
};

static error_t read_delay(struct request *request, const char *text, struct argp_state *state)
{
	char *end;

	request->delay = strtod(text, &end);
	if (end == text || *end || !(request->delay >= 0.01 && request->delay <= 86400))
		return usage_error(state, "-d %s: no number of seconds from 0.01 to 86400", text);
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'd':
		return read_delay(request, argument, state);
	case 'o':
		return take_path(state, &request->file, argument, "-o: no file");
	case ARGP_KEY_ARG:
		if (state->quoted && state->next - 1 >= state->quoted) {
			if (request->which)
				return usage_error(state, "'%s' and a command exclude each other",
					request->which);
			request->command = &state->argv[state->next - 1];
			state->next = state->argc;
			return 0;
		}
		if (request->which)
			return usage_error(state,
				"one session at a time: '%s' (a command comes after --)", argument);
		request->which = argument;
		return 0;
	case ARGP_KEY_END:
		if (state->quoted && !request->command)
			return usage_error(state, "which command?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The session's name into `name`. -1: there is none, which is said. */
static int find_session(char name[SESSION_NAME_MAX], const char *base, const char *which)
{
	pid_t pid = which ? sessions_pid(which) : 0;
	struct session session;

	if (!which || pid)
		return sessions_newest(name, who, base, pid);
	if (session_read(&session, base, which)) {
		say("%s: session '%s' in %s: %s", who, which, base,
			errno == ENOENT ? "there is none" : strerror(errno));
		return -1;
	}
	snprintf(name, SESSION_NAME_MAX, "%s", which);
	session_free(&session);
	return 0;
}

static int record_session(const struct request *request)
{
	char base[PATHS_MAX], name[SESSION_NAME_MAX];
	struct recorder recorder = {
		.base = base, .session = name, .delay = request->delay, .owner = -1, .answer = -1
	};
	const char *file = request->file ? request->file : "-";
	int error;

	sessions_base(base);
	if (find_session(name, base, request->which))
		return EXIT_NOTHING;
	recorder.fd = recorder_open(file);
	error = recorder.fd < 0 ? errno : recorder_run(&recorder);
	if (error)
		say("%s: %s: %s", who, recorder_name(file), recorder_error(error));
	return error ? EXIT_NOTHING : 0;
}

/* Standard output is the command's, too, so the default is a file. */
static int record_command(const struct request *request)
{
	struct run run = { .who = who,
		.command = request->command,
		.record = request->file ? request->file : "gpuspy-record.jsonl",
		.record_delay = request->delay };

	return run_watched(&run);
}

int command_record(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ NULL, 'd', "SECONDS", 0,
			"Time between two samples (as it fits: from 0.1 at first to 1 and more)",
			0 },
		{ NULL, 'o', "FILE", 0,
			"The record, instead of standard output (-); with a COMMAND "
			"gpuspy-record.jsonl is the default",
			0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "[PID | SESSION | -- COMMAND [ARG...]]",
		"Writes what a session does, as JSON lines, until it ends; see gpuspy-record(5)." };
	struct request request = { 0 };

	parse_arguments(&argp, argc, argv, ARGP_IN_ORDER, &request);
	return request.command ? record_command(&request) : record_session(&request);
}
