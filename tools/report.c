#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpuspy.h"
#include "json.h"
#include "report/text.h"
#include "sessions.h"

struct request {
	bool json, last;
	const char *which; /* PID or SESSION, NULL: the last one */
};

enum { KEY_JSON = 'j', KEY_LAST = 'l' };

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->err_stream = NULL;
		return 0;
	case KEY_JSON:
		request->json = true;
		return 0;
	case KEY_LAST:
		request->last = true;
		return 0;
	case ARGP_KEY_ARG:
		if (request->which)
			return usage_error(state, "one session at a time: '%s'", argument);
		request->which = argument;
		return 0;
	case ARGP_KEY_END:
		if (request->last && request->which)
			return usage_error(
				state, "--last and '%s' exclude each other", request->which);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool has_process(const struct session *session, pid_t pid)
{
	for (unsigned i = 0; i < session->snapshot.n_processes; i++)
		if (session->snapshot.processes[i].pid == pid)
			return true;
	return false;
}

/* The newest session, of those with that process unless pid is 0; NULL: none. */
static const struct session *newest(const struct session_list *list, pid_t pid)
{
	for (unsigned i = list->count; i--;)
		if (!pid || has_process(&list->sessions[i], pid))
			return &list->sessions[i];
	return NULL;
}

/* All digits: a pid; 0: it is none. */
static pid_t read_pid(const char *text)
{
	char *end;
	long value;

	if (strspn(text, "0123456789") != strlen(text) || !*text)
		return 0;
	errno = 0;
	value = strtol(text, &end, 10);
	return errno || value > 0x7fffffff ? 0 : (pid_t)value;
}

static int print_report(const struct session *session, bool json)
{
	struct judgement judgement;
	char *report;

	verdict_judge(&judgement, &session->snapshot);
	if (json) {
		if (json_report(stdout, &session->snapshot, &judgement))
			return EXIT_NOTHING;
	} else {
		report = malloc(TEXT_REPORT_MAX);
		if (!report)
			return EXIT_NOTHING;
		text_report(report, TEXT_REPORT_MAX, &session->snapshot, &judgement);
		fputs(report, stdout);
		free(report);
	}
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "gpuspy report: standard output: %s\n", strerror(errno));
		return EXIT_NOTHING;
	}
	return 0;
}

static int report_newest(const char *base, pid_t pid, bool json)
{
	const struct session *session;
	struct session_list list;
	int status = EXIT_NOTHING;

	sessions_read(&list, base);
	session = newest(&list, pid);
	if (session)
		status = print_report(session, json);
	else if (pid)
		fprintf(stderr, "gpuspy report: no process %d in any session in %s\n", (int)pid,
			base);
	else
		fprintf(stderr, "gpuspy report: no session in %s\n", base);
	sessions_free(&list);
	return status;
}

static int report_session(const char *base, const char *name, bool json)
{
	struct session session;
	int status = EXIT_NOTHING;

	if (session_read(&session, base, name)) {
		fprintf(stderr, "gpuspy report: session '%s' in %s: %s\n", name, base,
			errno == ENOENT ? "there is none" : strerror(errno));
		return EXIT_NOTHING;
	}
	if (session.snapshot.n_processes)
		status = print_report(&session, json);
	else
		fprintf(stderr, "gpuspy report: session '%s' in %s: %s\n", name, base,
			session.snapshot.other_version
				? "it is of another version of gpuspy, whose report can show it"
				: "nothing in it can be read");
	session_free(&session);
	return status;
}

int command_report(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", KEY_JSON, NULL, 0, "Print JSON (schema 1) instead of text", 0 },
		{ "last", KEY_LAST, NULL, 0,
			"The session in which a process started or ended last (default)", 0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "[PID | SESSION]",
		"Reports what a session did with the GPU, while it runs or after its end." };
	struct request request = { false, false, NULL };
	char base[PATHS_MAX];
	pid_t pid;

	parse_arguments(&argp, argc, argv, 0, &request);
	sessions_base(base);
	pid = request.which ? read_pid(request.which) : 0;
	if (request.which && !pid)
		return report_session(base, request.which, request.json);
	return report_newest(base, pid, request.json);
}
