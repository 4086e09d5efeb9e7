/* SPDX-License-Identifier: MIT */
#include "variables.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../ground/large.h"
#include "config.h"
#include "output.h"

LARGE struct variables variables;

enum {
	BAD_REPORT = 1,
	BAD_SESSION = 2,
	BAD_DIR = 4,
	BAD_OUTPUT = 8,
	BAD_DISABLE = 16,
	BAD_CONFIG = 32
};
static unsigned bad;

const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static enum report_rule read_rule(void)
{
	static const char words[][8] = { "auto", "always", "never" };
	const char *value = variable("GPUSPY_REPORT");

	if (!value)
		return config.report_set ? (enum report_rule)config.report : REPORT_AUTO;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(value, words[i]))
			return (enum report_rule)i;
	bad |= BAD_REPORT;
	return REPORT_AUTO;
}

/* A relative name is meant from where the program was started, wherever it goes. */
static const char *read_output(void)
{
	LARGE static char output[PATHS_MAX];
	const char *value = variable("GPUSPY_OUTPUT");
	size_t used = 0;

	if (!value)
		return NULL;
	if (*value != '/' && getcwd(output, sizeof(output) - 1)) {
		used = strlen(output);
		output[used++] = '/';
	}
	if (used + strlen(value) < sizeof(output)) {
		strcpy(output + used, value);
		return output;
	}
	bad |= BAD_OUTPUT;
	return NULL;
}

void variables_read(void)
{
	const char *folder = variable("GPUSPY_DIR"), *session = variable("GPUSPY_SESSION");
	const char *disable = variable("GPUSPY_DISABLE");

	variables.rule = read_rule();
	variables.output = read_output();
	if (folder && paths_base(variables.folder, folder)) {
		bad |= BAD_DIR;
		variables.folder[0] = 0;
	}
	if (!variables.folder[0] && !config_folder(&config, geteuid(), variables.folder))
		variables.folder[0] = 0;
	if (session && !paths_session_valid(session))
		bad |= BAD_SESSION;
	if (disable && strcmp(disable, "0") != 0)
		bad |= BAD_DISABLE;
	if (config.unread)
		bad |= BAD_CONFIG;
}

bool variables_are_bad(void)
{
	return bad != 0;
}

void variables_say_bad(void)
{
	static const char words[][80] = {
		"GPUSPY_REPORT is none of auto, always, never: auto is used",
		"GPUSPY_SESSION is no name of 1 to 64 letters, digits, . _ -: ignored",
		"GPUSPY_DIR is no absolute path of less than 1024 bytes: ignored",
		"GPUSPY_OUTPUT is too long: the report comes here",
		"GPUSPY_DISABLE is neither 0 nor 1: ignored",
		CONFIG_UNREAD,
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (bad & 1u << i)
			output_warning(words[i]);
	bad = 0;
}
