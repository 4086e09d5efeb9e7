/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../arguments.h"
#include "segment/paths.h"

const char *argp_program_version = "gpuspy-top " GPUSPY_VERSION;

enum { OPTION_JSON = 256, OPTION_SESSION, OPTION_READONLY };

static const struct argp_option kinds[] = {
	{ "delay", 'd', "SECONDS", 0, "Time between samples, 0.1 to 100 (1)", 0 },
	{ "iterations", 'n', "N", 0, "Leave after N samples", 0 },
	{ "batch", 'b', NULL, 0,
		"Plain lines instead of a screen. Where standard output is no terminal that is so "
		"without -b too, with one sample unless -n says more",
		0 },
	{ "json", OPTION_JSON, NULL, 0, "One JSON object (schema 1) a line, session and sample",
		0 },
	{ "pid", 'p', "PID,...", 0, "Only these processes", 0 },
	{ "session", OPTION_SESSION, "ID", 0, "Only this session", 0 },
	{ "user", 'u', "USER|all", OPTION_ARG_OPTIONAL,
		"Only sessions of this user (yourself); all of them, which root sees without -u",
		0 },
	{ "sort", 's', "COLUMN", 0, "Sort by this column; -s help lists them", 0 },
	{ "filter", 'F', "TEXT", 0,
		"Only lines with this in command, user, session, job or pid; job:ID is that job "
		"alone",
		0 },
	{ "tree", 't', NULL, 0, "Jobs, their sessions, and their processes", 0 },
	{ "no-color", 'C', NULL, 0, "No colours (also with NO_COLOR in the environment)", 0 },
	{ "no-mouse", 'M', NULL, 0, "Leave the mouse to the terminal", 0 },
	{ "readonly", OPTION_READONLY, NULL, 0, "Send no signals", 0 },
	{ 0 },
};

bool options_read_delay(const char *text, double *delay)
{
	double value;
	char *end;

	if (!*text || strspn(text, "0123456789.") != strlen(text))
		return false;
	value = strtod(text, &end);
	if (*end || !(value >= 0.1) || value > 100)
		return false;
	*delay = value;
	return true;
}

/* A number without a sign; false: it is none, or too high. */
static bool read_number(const char *text, long most, long *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtol(text, &end, 10);
	return !errno && !*end && *value <= most;
}

static error_t read_pids(struct options *options, char *list, const struct argp_state *state)
{
	char *rest = list, *word;
	long pid;

	while ((word = strsep(&rest, ","))) {
		if (!read_number(word, INT32_MAX, &pid) || !pid)
			return usage_error(state, "'%s' is no pid", word);
		if (options->n_pids == PIDS_MAX)
			return usage_error(state, "more than %d pids", PIDS_MAX);
		options->pids[options->n_pids++] = (pid_t)pid;
	}
	return 0;
}

/* With the option's own rules a name would have to follow without a space. */
static const char *next_word(struct argp_state *state, const char *argument)
{
	if (argument || state->next >= state->argc || state->argv[state->next][0] == '-')
		return argument;
	return state->argv[state->next++];
}

static error_t read_user(struct options *options, const char *name, const struct argp_state *state)
{
	const struct passwd *entry;
	long uid;

	options->all_users = options->one_user = false;
	if (name && !strcmp(name, "all")) {
		options->all_users = true;
		return 0;
	}
	options->one_user = true;
	options->user = geteuid();
	if (!name)
		return 0;
	entry = getpwnam(name);
	if (entry)
		options->user = entry->pw_uid;
	else if (read_number(name, UINT32_MAX - 1L, &uid))
		options->user = (uid_t)uid;
	else
		return usage_error(state, "there is no user '%s'", name);
	return 0;
}

static error_t read_sort(struct options *options, const char *name, const struct argp_state *state)
{
	if (!strcmp(name, "help")) {
		for (int i = 0; i < COLUMNS_MAX; i++)
			printf("%-10s %s\n", column_kinds[i].name, column_kinds[i].meaning);
		exit(0);
	}
	options->sort = columns_find(name);
	if (options->sort == COLUMNS_MAX)
		return usage_error(state, "there is no column '%s'; -s help lists them", name);
	return 0;
}

static error_t parse_text(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'p':
		return read_pids(options, argument, state);
	case OPTION_SESSION:
		if (!paths_session_valid(argument))
			return usage_error(state, "'%s' is no name of a session", argument);
		options->session = argument;
		return 0;
	case 'u':
		return read_user(options, next_word(state, argument), state);
	case 's':
		return read_sort(options, argument, state);
	case 'F':
		options->filter = argument;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'd':
		if (!options_read_delay(argument, &options->delay))
			return usage_error(
				state, "'%s' is no number of seconds from 0.1 to 100", argument);
		return 0;
	case 'n':
		if (!read_number(argument, INT32_MAX, &options->count) || !options->count)
			return usage_error(state, "'%s' is no number of samples", argument);
		return 0;
	case 'b':
		options->batch = true;
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	case 't':
		options->tree = true;
		return 0;
	case 'C':
		options->no_color = true;
		return 0;
	case 'M':
		options->no_mouse = true;
		return 0;
	case OPTION_READONLY:
		options->readonly = true;
		return 0;
	case ARGP_KEY_ARG:
		return usage_error(state, "unexpected argument '%s'", argument);
	default:
		return parse_text(key, argument, state);
	}
}

void options_parse(struct options *options, int argc, char **argv)
{
	static const struct argp argp = { kinds, parse, "",
		"Shows what programs under gpuspy do with the GPU, as it happens.\v"
		"Keys: ? in the running program lists them, gpuspy-top(1) explains them." };
	const char *no_color = getenv("NO_COLOR");

	*options = (struct options){ .count = -1, .sort = COLUMNS_MAX };
	options->no_color = no_color && *no_color;
	parse_arguments(&argp, argc, argv, 0, options);
}
