/* SPDX-License-Identifier: MIT */
/*
 * gpuspy doctor --config: what the site has decided, and what of it nobody could read.
 */
#include "../../preload/session/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../gpuspy.h"
#include "../say.h"
#include "config_view.h"
#include "doctor.h"
#include "report/format.h"

enum { WIDTH = 60 };

static void put(const char *name, const char *value)
{
	char line[PATHS_MAX + 256];
	struct text text = text_in(line, sizeof(line));

	text_putf(&text, "  %-17s ", name);
	text_put_escaped(&text, value, PATHS_MAX);
	puts(line);
}

static void put_number(const char *name, unsigned value, const char *otherwise)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", value);
	put(name, value ? text : otherwise);
}

static const char *report_rule(void)
{
	static const char *const words[] = { "auto", "always", "never" };

	return config.report_set ? words[config.report] : "auto (default)";
}

static void put_settings(void)
{
	static const char *const users[] = { "yes", "hash", "no" };

	put("report", report_rule());
	put("folder", config.folder ? config.folder : "/dev/shm/gpuspy-%u (default)");
	put("records", config.records ? config.records : "none are kept (default)");
	put_number("keep-sessions", config.keep_sessions, "64 (default)");
	put_number("keep-mebibytes", config.keep_mebibytes, "64 (default)");
	put_number("keep-uncollected", config.keep_uncollected, "4096 (default)");
	put("record-commands", config.hide_commands ? "no" : "yes");
	put("record-kernels", config.hide_kernels ? "no" : "yes");
	put("record-users", users[config.users]);
	for (unsigned i = 0; i < config.n_patterns; i++)
		put(config.patterns[i].include ? "include" : "exclude", config.patterns[i].text);
}

/* What stands above the file: a user may have set it. */
static void put_variables(void)
{
	static const char *const names[] = { "GPUSPY_DISABLE", "GPUSPY_REPORT", "GPUSPY_DIR",
		"GPUSPY_OUTPUT", "GPUSPY_CONFIG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			put(names[i], value);
	}
}

static void put_faults(void)
{
	for (unsigned i = 0; i < config.n_faults && i < CONFIG_FAULTS_MAX; i++) {
		const struct config_fault *fault = &config.faults[i];
		char line[256];
		struct text text = text_in(line, sizeof(line));

		text_putf(&text, "  line %u is skipped: %s: ", fault->line, fault->why);
		text_put_escaped(&text, fault->text, WIDTH);
		puts(line);
	}
	if (config.n_faults > CONFIG_FAULTS_MAX)
		printf("  ... and %u more lines\n", config.n_faults - CONFIG_FAULTS_MAX);
}

/* As a shell would find it; false: nowhere. */
static bool find_program(const char *name, char path[PATHS_MAX])
{
	const char *folders = getenv("PATH");
	char try[2 * PATHS_MAX], real[PATHS_MAX * 4 + 1];

	if (strchr(name, '/'))
		folders = NULL;
	for (const char *at = folders ? folders : ""; at; at = strchr(at, ':')) {
		at += *at == ':';
		if (folders)
			snprintf(try, sizeof(try), "%.*s/%s", (int)strcspn(at, ":"), at, name);
		else
			snprintf(try, sizeof(try), "%s", name);
		if (!access(try, X_OK) && realpath(try, real) && strlen(real) < PATHS_MAX) {
			strcpy(path, real);
			return true;
		}
		if (!folders)
			break;
	}
	return false;
}

/* False: there is none of that name. */
static bool put_program(const char *name)
{
	const struct config_pattern *by;
	const char *disable = getenv("GPUSPY_DISABLE");
	char path[PATHS_MAX], line[PATHS_MAX + 128];
	struct text text = text_in(line, sizeof(line));
	bool watched;

	text_put_escaped(&text, name, WIDTH);
	if (!find_program(name, path)) {
		text_put(&text, ": there is no such program");
		puts(line);
		return false;
	}
	watched = config_watches(&config, path, &by);
	text_put(&text, " (");
	text_put_escaped(&text, path, PATHS_MAX);
	if (disable && !strcmp(disable, "1"))
		text_put(&text, "): not watched, by GPUSPY_DISABLE");
	else if (by)
		text_putf(&text, "): %swatched, by line %u: %s", watched ? "" : "not ", by->line,
			by->include ? "include" : "exclude");
	else
		text_put(&text, watched ? "): watched, as no line excludes it"
					: "): not watched, as no include matches it");
	puts(line);
	return true;
}

int config_view(char **command)
{
	bool found = true;

	printf("%s: %s\n", config_path(),
		config.found ? "read" : "there is none; the defaults hold");
	put_settings();
	put_variables();
	put_faults();
	if (command)
		found = put_program(*command);
	if (!say_is_written("gpuspy doctor"))
		return EXIT_OWN_FAILURE;
	if (!found)
		return EXIT_NOT_FOUND;
	return config.n_faults ? EXIT_NOTHING : 0;
}

/* It never stops a program, so nobody would notice. */
void config_findings(struct doctor *doctor)
{
	for (unsigned i = 0; i < config.n_faults && i < CONFIG_FAULTS_MAX; i++)
		doctor_add(doctor, LEVEL_NOTE, "gpuspy.conf",
			"gpuspy doctor --config shows all of it", "line %u of %s is skipped: %s",
			config.faults[i].line, config_path(), config.faults[i].why);
}
