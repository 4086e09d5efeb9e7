/* SPDX-License-Identifier: MIT */
#include "config_view.h"
#include "doctor.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../gpuspy.h"
#include "../json.h"
#include "../say.h"
#include "as.h"
#include "report/format.h"

enum {
	KEY_JSON = 'j',
	KEY_CONFIG = 'c',
	KEY_TITLE = 256,
	KEY_PROGRAM,
	KEY_PREFIX,
	FINDING_COLUMNS = 600
};

static const char *const levels[] = {
	[LEVEL_OK] = "ok", [LEVEL_PROBLEM] = "problem", [LEVEL_NOTE] = "note"
};

struct request {
	bool json, config;
	char **command;                       /* NULL: none */
	const char *title, *program, *prefix; /* from as_command() */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case KEY_JSON:
		request->json = true;
		return 0;
	case KEY_CONFIG:
		request->config = true;
		return 0;
	case KEY_TITLE:
		request->title = argument;
		return 0;
	case KEY_PROGRAM:
		request->program = argument;
		return 0;
	case KEY_PREFIX:
		request->prefix = argument;
		return 0;
	case ARGP_KEY_ARG:
		request->command = state->argv + state->next - 1;
		state->next = state->argc; /* the rest is the command's */
		return 0;
	case ARGP_KEY_END:
		return request->json && request->config
			       ? usage_error(state, "--config is text alone: not with --json")
			       : 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void put(const char *before, const char *foreign, const char *after)
{
	char line[4 * FINDING_COLUMNS + 8];
	struct text text = text_in(line, sizeof(line));

	text_put_escaped(&text, foreign, FINDING_COLUMNS);
	printf("%s%s%s", before, line, after);
}

/* Frameworks, or an R, that would not use the GPU that is there: "torch (cpu-build)". */
static void print_exceptions(const struct doctor *doctor)
{
	const char *before = ", but see: ";

	for (unsigned i = 0; i < doctor->n_findings; i++) {
		const struct finding *finding = &doctor->findings[i];
		char title[PATH_MAX];

		if (!finding->reason && finding->level != LEVEL_PROBLEM)
			continue;
		snprintf(title, sizeof(title), "%.*s", (int)strcspn(finding->text, ":,("),
			finding->text);
		put(before, title, finding->reason ? " (" : "");
		printf("%s%s", finding->reason ? finding->reason : "", finding->reason ? ")" : "");
		before = ", ";
	}
	puts("");
}

static void print_end(const struct doctor *doctor, const struct finding *first)
{
	const char *who = doctor->title ? doctor->title : "a program";

	if (doctor->usable) {
		put("gpuspy doctor: ", who, " could use the GPU");
		fputs(doctor->simulated ? " (SIMULATED)" : "", stdout);
		print_exceptions(doctor);
		return;
	}
	if (doctor->title)
		put("gpuspy doctor: ", who, " could not use a GPU here: ");
	else
		fputs("gpuspy doctor: no program could use a GPU here: ", stdout);
	put("", first ? first->text : "no reason found", "\n");
}

static void print_findings(const struct doctor *doctor)
{
	const struct finding *first = NULL;

	if (doctor->summary)
		put("gpuspy doctor: ", doctor->summary, "\n");
	for (unsigned i = 0; i < doctor->n_findings; i++) {
		const struct finding *finding = &doctor->findings[i];

		if (finding->level == LEVEL_PROBLEM && !first)
			first = finding;
		printf("%-8s %-10s", levels[finding->level], finding->subject);
		put(" ", finding->text, finding->fix ? "" : "\n");
		if (finding->fix)
			put(" -- ", finding->fix, "\n");
	}
	if (!doctor->summary)
		print_end(doctor, first);
}

static int print_json(const struct doctor *doctor)
{
	json_t *all = json_array(), *report;
	int status;

	for (unsigned i = 0; i < doctor->n_findings; i++) {
		const struct finding *finding = &doctor->findings[i];

		json_array_append_new(
			all, json_pack("{ss ss so so so}", "level", levels[finding->level],
				     "subject", finding->subject, "text",
				     json_foreign(finding->text), "fix", json_foreign(finding->fix),
				     "reason", json_foreign(finding->reason)));
	}
	report = json_pack("{si ss sb sb so}", "schema", 1, "gpuspy", GPUSPY_VERSION, "usable",
		doctor->usable, "simulated", doctor->simulated, "findings", all);
	if (report && doctor->summary) {
		json_object_set_new(report, "process", json_string(doctor->code));
		json_object_set_new(report, "summary", json_foreign(doctor->summary));
	}
	status = report ? json_write(stdout, report, JSON_INDENT(2)) : -1;
	json_decref(report);
	putchar('\n');
	return status;
}

static bool is_number(const char *word)
{
	return *word && strspn(word, "0123456789") == strlen(word) && strlen(word) < 10;
}

/* -1: there is no such process, which is said. */
static int look(struct doctor *doctor, const struct request *request)
{
	if (!request->command) {
		doctor_examine(doctor);
		config_findings(doctor);
		return 0;
	}
	if (!process_findings(doctor, atoi(*request->command)))
		return 0;
	say("gpuspy doctor: there is no process %s", *request->command);
	return -1;
}

static int print(const struct doctor *doctor, bool json)
{
	int status = 0;

	if (json)
		status = print_json(doctor);
	else
		print_findings(doctor);
	if (!say_is_written("gpuspy doctor"))
		status = -1;
	return status ? EXIT_OWN_FAILURE : doctor->usable ? 0 : EXIT_NOTHING;
}

int command_doctor(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", KEY_JSON, NULL, 0, "Print JSON instead of text", 0 },
		{ "config", KEY_CONFIG, NULL, 0,
			"What is in force of gpuspy.conf(5), and whether COMMAND would be watched",
			0 },
		{ "as-title", KEY_TITLE, "NAME", OPTION_HIDDEN, NULL, 0 },
		{ "as-program", KEY_PROGRAM, "PATH", OPTION_HIDDEN, NULL, 0 },
		{ "as-prefix", KEY_PREFIX, "PATH", OPTION_HIDDEN, NULL, 0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "[PID | COMMAND [ARG...]]",
		"Looks for what on this machine would keep a program from the GPU: the driver, "
		"device files, variables, libraries, and the builds of frameworks in R and "
		"Python; with a COMMAND, as that one would find it; with a PID, what that running "
		"process has of the GPU. It changes nothing. Status 0: a program could use the "
		"GPU, or the process does; 1: not." };
	struct request request = { .command = NULL };
	struct doctor *doctor;
	int status;

	parse_arguments(&argp, argc, argv, ARGP_IN_ORDER, &request);
	if (request.config)
		return config_view(request.command);
	if (request.command && !is_number(*request.command))
		return as_command(request.command, request.json);
	doctor = doctor_new();
	if (!doctor)
		return EXIT_OWN_FAILURE;
	doctor->title = request.title;
	doctor->program = request.program;
	doctor->prefix = request.prefix;
	status = look(doctor, &request) ? EXIT_NOTHING : print(doctor, request.json);
	doctor_free(doctor);
	return status;
}
