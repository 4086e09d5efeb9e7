/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gpuspy.h"
#include "report/text.h"
#include "say.h"
#include "sessions.h"

struct line {
	uint64_t active_ns;
	char text[1400];
};

struct lines {
	struct line **all;
	unsigned count;
	bool full;       /* no memory for one of them */
	const char *job; /* of that job alone, NULL: all */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct lines *lines = state->input;

	switch (key) {
	case 'j':
		lines->job = argument;
		return *argument ? 0 : usage_error(state, "--job: no ID");
	case ARGP_KEY_ARG:
		return usage_error(state, "unexpected argument '%s'", argument);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char format[] = "%-26s %-9s %-19s %-9s %-11s %-16s %s\n";

/* From another host or pid namespace nobody can say whether it runs. */
static const char *state_word(const struct session_snapshot *snapshot)
{
	if (session_running(snapshot))
		return "running";
	for (unsigned i = 0; i < snapshot->n_processes; i++)
		if (snapshot->processes[i].state == PROCESS_ELSEWHERE)
			return "elsewhere";
	return "ended";
}

static void write_line(struct line *line, const struct session *session)
{
	const struct session_snapshot *snapshot = &session->snapshot;
	const struct process_snapshot *first = &snapshot->processes[0];
	time_t started = (time_t)(first->started_ns / 1000000000u);
	char when[32] = "?", command[1024];
	struct text text = text_in(command, sizeof(command));
	struct judgement judgement;
	struct tm local;

	verdict_judge(&judgement, snapshot);
	if (first->started_ns && localtime_r(&started, &local))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
	text_put_command(&text, first->command ? first->command : "?", 60);
	line->active_ns = session->active_ns;
	snprintf(line->text, sizeof(line->text), format, snapshot->name, state_word(snapshot), when,
		snapshot->figures.driver.simulated ? "simulated" : "-", judgement.headline,
		judgement.reason, command);
}

static void add_session(void *context, const struct session *session)
{
	struct lines *lines = context;
	struct line **more, *line;

	if (!session->snapshot.n_processes ||
		(lines->job && !session_is_of_job(&session->snapshot, lines->job)))
		return;
	line = malloc(sizeof(*line));
	more = realloc(lines->all, (lines->count + 1) * sizeof(*more));

	if (more)
		lines->all = more;
	if (!more || !line) {
		lines->full = true;
		free(line);
		return;
	}
	write_line(line, session);
	more[lines->count++] = line;
}

static int compare_activity(const void *a, const void *b)
{
	const struct line *l = *(struct line *const *)a, *r = *(struct line *const *)b;

	return l->active_ns < r->active_ns ? -1 : l->active_ns > r->active_ns;
}

static void print_lines(struct lines *lines, const char *base, bool whole)
{
	char line[SAY_LINE_MAX];

	if (lines->count) {
		qsort(lines->all, lines->count, sizeof(*lines->all), compare_activity);
		printf(format, "SESSION", "STATE", "STARTED", "DRIVER", "GPU WORK", "REASON",
			"COMMAND");
	} else if (whole) {
		say_line(line, "no sessions %s%s%sin %s", lines->job ? "of job " : "",
			lines->job ? lines->job : "", lines->job ? " " : "", base);
		fputs(line, stdout);
	}
	for (unsigned i = 0; i < lines->count; i++) {
		fputs(lines->all[i]->text, stdout);
		free(lines->all[i]);
	}
	free(lines->all);
}

int command_list(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "job", 'j', "ID", 0, "Those of a scheduler's job", 0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "",
		"Lists the sessions that gpuspy report can show, the newest last." };
	struct lines lines = { 0 };
	char base[PATHS_MAX];
	unsigned unreadable;
	int status;

	parse_arguments(&argp, argc, argv, 0, &lines);
	sessions_base(base);
	status = sessions_visit(base, add_session, &lines, &unreadable);
	if (!status && lines.full) {
		errno = ENOMEM;
		status = -1;
	}
	if (status || unreadable)
		sessions_complain("gpuspy list", base, status ? errno : 0, unreadable);
	print_lines(&lines, base, !status && !unreadable);
	return !say_is_written("gpuspy list") || status || unreadable ? EXIT_NOTHING : 0;
}
