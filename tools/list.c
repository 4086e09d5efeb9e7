#include <stdio.h>
#include <time.h>

#include "gpuspy.h"
#include "report/text.h"
#include "sessions.h"

static error_t parse(int key, char *argument, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->err_stream = NULL;
		return 0;
	case ARGP_KEY_ARG:
		return usage_error(state, "unexpected argument '%s'", argument);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

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

static void print_session(const struct session *session)
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
	printf("%-20s %-9s %-19s %-9s %-21s %s\n", snapshot->name, state_word(snapshot), when,
		snapshot->figures.driver.simulated ? "simulated" : "-", judgement.code, command);
}

int command_list(int argc, char **argv)
{
	static const struct argp argp = { NULL, parse, "",
		"Lists the sessions that gpuspy report can show, the newest last." };
	struct session_list list;
	char base[PATHS_MAX];

	parse_arguments(&argp, argc, argv, 0, NULL);
	sessions_base(base);
	sessions_read(&list, base);
	if (list.count)
		printf("%-20s %-9s %-19s %-9s %-21s %s\n", "SESSION", "STATE", "STARTED", "DRIVER",
			"VERDICT", "COMMAND");
	else
		printf("no sessions in %s\n", base);
	for (unsigned i = 0; i < list.count; i++)
		print_session(&list.sessions[i]);
	sessions_free(&list);
	return ferror(stdout) || fflush(stdout) ? EXIT_NOTHING : 0;
}
