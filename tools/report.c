/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/holders.h"
#include "gpuspy.h"
#include "jobs/report_job.h"
#include "json.h"
#include "page/page.h"
#include "report/text.h"
#include "say.h"
#include "sessions.h"

struct request {
	bool json, last;
	const char *html, *record; /* files, NULL: none */
	const char *which;         /* PID or SESSION, NULL: the last one */
	struct report_job job;     /* of records, if job.job is set */
};

enum {
	KEY_JSON = 'j',
	KEY_LAST = 'l',
	KEY_HTML = 256,
	KEY_RECORD,
	KEY_JOB,
	KEY_RECORDS,
	KEY_SINCE,
	KEY_BRIEF,
	KEY_WAIT
};

static int read_seconds(unsigned *seconds, const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value > 86400)
		return -1;
	*seconds = (unsigned)value;
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case KEY_JSON:
		request->json = true;
		return 0;
	case KEY_LAST:
		request->last = true;
		return 0;
	case KEY_HTML:
		return take_path(state, &request->html, argument, "--html: no file");
	case KEY_RECORD:
		return take_path(state, &request->record, argument, "--record: no file");
	case KEY_JOB:
		request->job.job = argument;
		return *argument ? 0 : usage_error(state, "--job: no ID");
	case KEY_RECORDS:
		return take_path(state, &request->job.records, argument, "--records: no folder");
	case KEY_SINCE:
		request->job.since = argument;
		return 0;
	case KEY_WAIT:
		if (read_seconds(&request->job.wait, argument))
			return usage_error(state, "--wait: no number of seconds: '%s'", argument);
		return 0;
	case KEY_BRIEF:
		request->job.brief = true;
		return 0;
	case ARGP_KEY_ARG:
		if (request->which)
			return usage_error(state, "one session at a time: '%s'", argument);
		request->which = argument;
		return 0;
	case ARGP_KEY_END:
		if (request->job.job ? request->which || request->last || request->record
				     : request->job.records || request->job.since ||
					       request->job.brief || request->job.wait)
			return usage_error(state,
				"--records, --since, --brief and --wait are for --job, which takes "
				"no session");
		if (request->last && request->which)
			return usage_error(
				state, "--last and '%s' exclude each other", request->which);
		if (request->record && !request->html)
			return usage_error(state, "--record is for a page: --html FILE");
		if (request->html && request->json)
			return usage_error(state, "--html and --json exclude each other");
		if (request->job.brief && (request->html || request->json))
			return usage_error(state, "--brief excludes --html and --json");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int end_output(void)
{
	return say_is_written("gpuspy report") ? 0 : EXIT_NOTHING;
}

static int print_report(struct session *session, const struct request *request, const char *base)
{
	struct judgement judgement;
	char *report;

	timeline_tell(&session->snapshot, base);
	verdict_judge(&judgement, &session->snapshot);
	holders_tell(&judgement, &session->snapshot);
	if (request->html)
		return page_report(
			       request->html, request->record, base, &session->snapshot, &judgement)
			       ? EXIT_NOTHING
			       : 0;
	if (request->json) {
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
	return end_output();
}

/* A limit on the size of files leaves the beginning of a report, or an empty file. */
static void print_cut(const char *text, ssize_t length)
{
	if (!length)
		fputs("gpuspy: GPU work: UNKNOWN  the report could not be written, nor kept (a "
		      "limit on file "
		      "sizes, no space)\n",
			stdout);
	else if (length > 0 && length < TEXT_REPORT_MAX && text[length - 1] != '\n')
		fputs("\n  note      the rest could not be written, nor kept (a limit on file "
		      "sizes, no space)\n",
			stdout);
}

/* Of a session without a segment there may be the text that `gpuspy run` could not deliver. */
static int print_kept(const char *base, const char *name)
{
	char text[TEXT_REPORT_MAX];
	int folder = session_open(base, name), fd = -1;
	ssize_t length = -1;

	if (folder >= 0) {
		fd = openat(folder, REPORT_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
		close(folder);
	}
	if (fd >= 0) {
		length = read(fd, text, sizeof(text));
		close(fd);
	}
	for (ssize_t i = 0; i < length; i++)
		putchar((unsigned char)text[i] < ' ' && text[i] != '\n' ? '?' : text[i]);
	print_cut(text, length);
	return length >= 0 ? end_output() : -1;
}

static int report_session(const char *base, const char *name, const struct request *request)
{
	struct session session;
	int status = EXIT_NOTHING;

	if (session_read(&session, base, name)) {
		say("gpuspy report: session '%s' in %s: %s", name, base,
			errno == ENOENT  ? "there is none"
			: errno == EPERM ? "it is of another user"
					 : strerror(errno));
		return EXIT_NOTHING;
	}
	if (session.snapshot.n_processes)
		status = print_report(&session, request, base);
	else if (request->json || request->html || (status = print_kept(base, name)) < 0)
		say("gpuspy report: session '%s' in %s: %s", name, base,
			session.snapshot.other_version
				? "it is of another version of gpuspy, whose report can show it"
				: "nothing in it can be read");
	session_free(&session);
	return status < 0 ? EXIT_NOTHING : status;
}

static int report_newest(const char *base, pid_t pid, const struct request *request)
{
	char name[SESSION_NAME_MAX];

	if (sessions_newest(name, "gpuspy report", base, pid))
		return EXIT_NOTHING;
	return report_session(base, name, request);
}

int command_report(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", KEY_JSON, NULL, 0, "Print JSON (schema 1) instead of text", 0 },
		{ "last", KEY_LAST, NULL, 0,
			"The session in which a process started or ended last (default)", 0 },
		{ "html", KEY_HTML, "FILE", 0, "Write a page for a browser to FILE", 0 },
		{ "record", KEY_RECORD, "FILE", 0,
			"With --html: the session's record, if it is not the one of gpuspy run "
			"--record",
			0 },
		{ "job", KEY_JOB, "ID", 0, "A job of a scheduler, from its records", 0 },
		{ "records", KEY_RECORDS, "DIR", 0,
			"With --job: the folder of records (default: of gpuspy.conf(5))", 0 },
		{ "since", KEY_SINCE, "TIME", 0,
			"With --job: records of that day and later: 7d, 12h, a date (default: all)",
			0 },
		{ "brief", KEY_BRIEF, NULL, 0, "With --job: one short line", 0 },
		{ "wait", KEY_WAIT, "SECONDS", 0,
			"With --job: wait so long for records of each of its nodes", 0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "[PID | SESSION]",
		"Reports what a session did with the GPU, while it runs or after its end." };
	struct request request = { 0 };
	char base[PATHS_MAX];
	pid_t pid;

	parse_arguments(&argp, argc, argv, 0, &request);
	request.job.json = request.json;
	request.job.html = request.html;
	if (request.job.job)
		return report_job(&request.job);
	sessions_base(base);
	pid = request.which ? sessions_pid(request.which) : 0;
	if (request.which && !pid)
		return report_session(base, request.which, &request);
	return report_newest(base, pid, &request);
}
