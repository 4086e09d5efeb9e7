#include "doctor.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../gpuspy.h"
#include "../json.h"
#include "probe.h"
#include "session/access.h"
#include "report/format.h"

enum { KEY_JSON = 'j', SEARCH_TIME = 1500, FINDING_COLUMNS = 600 };

static const char *const levels[] = {
	[LEVEL_OK] = "ok", [LEVEL_PROBLEM] = "problem", [LEVEL_NOTE] = "note"
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->err_stream = NULL;
		return 0;
	case KEY_JSON:
		*(bool *)state->input = true;
		return 0;
	case ARGP_KEY_ARG:
		return usage_error(state, "unexpected argument '%s'", argument);
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

static void print_findings(const struct doctor *doctor)
{
	const struct finding *first = NULL;

	for (unsigned i = 0; i < doctor->n_findings; i++) {
		const struct finding *finding = &doctor->findings[i];

		if (finding->level == LEVEL_PROBLEM && !first)
			first = finding;
		printf("%-8s %-10s", levels[finding->level], finding->subject);
		put(" ", finding->text, finding->fix ? "" : "\n");
		if (finding->fix)
			put(" -- ", finding->fix, "\n");
	}
	if (doctor->usable)
		printf("gpuspy doctor: a program could use the GPU%s\n",
			doctor->simulated ? " (SIMULATED)" : "");
	else
		put("gpuspy doctor: no program could use a GPU here: ",
			first ? first->text : "no reason found", "\n");
}

static int print_json(const struct doctor *doctor)
{
	json_t *all = json_array(), *report;
	int status;

	for (unsigned i = 0; i < doctor->n_findings; i++) {
		const struct finding *finding = &doctor->findings[i];

		json_array_append_new(
			all, json_pack("{ss ss so so}", "level", levels[finding->level], "subject",
				     finding->subject, "text", json_foreign(finding->text), "fix",
				     json_foreign(finding->fix)));
	}
	report = json_pack("{si ss sb sb so}", "schema", 1, "gpuspy", GPUSPY_VERSION, "usable",
		doctor->usable, "simulated", doctor->simulated, "findings", all);
	status = report ? json_write(stdout, report, JSON_INDENT(2)) : -1;
	json_decref(report);
	return status || putchar('\n') == EOF ? -1 : 0;
}

/* The children work while the files are looked at. */
static void examine(struct doctor *doctor)
{
	struct probe driver, nvml;

	probe_start(&driver, ask_driver, NULL);
	probe_start(&nvml, ask_nvml, NULL);
	doctor->access = access_look(doctor->root);
	doctor->deadline = doctor_now() + SEARCH_TIME;
	driver_findings(doctor, &driver);
	nvml_findings(doctor, &nvml);
	machine_findings(doctor);
	variable_findings(doctor);
	library_findings(doctor);
	r_findings(doctor);
	python_findings(doctor);
}

int command_doctor(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", KEY_JSON, NULL, 0, "Print JSON instead of text", 0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "",
		"Looks for what on this machine would keep a program from the GPU: the driver, "
		"device files, variables, libraries, and the builds of frameworks in R and "
		"Python. It changes nothing. Status 0: a program could use the GPU; 1: not." };
	struct doctor *doctor = calloc(1, sizeof(*doctor));
	const char *root = getenv("GPUSPY_DOCTOR_ROOT"), *home = getenv("HOME");
	bool json = false;
	int status = 0;

	parse_arguments(&argp, argc, argv, 0, &json);
	if (!doctor)
		return EXIT_OWN_FAILURE;
	doctor->root = root ? root : "";
	doctor->home = home ? home : "/nonexistent";
	loader_search_begin(&doctor->search, doctor->root, getenv("LD_LIBRARY_PATH"));
	examine(doctor);
	if (json)
		status = print_json(doctor);
	else
		print_findings(doctor);
	if (fflush(stdout) || ferror(stdout))
		status = -1;
	if (!status)
		status = doctor->usable ? 0 : EXIT_NOTHING;
	while (doctor->n_findings) {
		free(doctor->findings[--doctor->n_findings].text);
		free(doctor->findings[doctor->n_findings].fix);
	}
	free(doctor->findings);
	loader_search_end(&doctor->search);
	free(doctor);
	return status < 0 ? EXIT_OWN_FAILURE : status;
}
