/* SPDX-License-Identifier: MIT */
#include "gpuspy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../preload/session/config.h"
#include "../preload/session/output.h"
#include "report/format.h"
#include "say.h"
#include "segment/own_program.h"
#include "segment/paths.h"

OWN_PROGRAM;

enum { WORD_COLUMNS = 60, WORDS_SHOWN = 6 };

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "run", command_run },
	{ "report", command_report },
	{ "list", command_list },
	{ "doctor", command_doctor },
	{ "record", command_record },
	{ "collect", command_collect },
	{ "jobs", command_jobs },
	{ "export", command_export },
};

const char *argp_program_version = "gpuspy " GPUSPY_VERSION;

static const char description[] =
	"Tells whether a program used the GPU, and what it did there.\v"
	"Commands:\n"
	"  run [--require[=N]] [--json FILE] [--record FILE] [--] COMMAND [ARG...]\n"
	"                             run COMMAND, count its CUDA calls, and report\n"
	"  report [--json | --html FILE] [--last | PID | SESSION]\n"
	"                             report a session, running or ended\n"
	"  list                       list the sessions that can be reported\n"
	"  doctor [--json | --config] [PID | COMMAND [ARG...]]\n"
	"                             say what here would keep a program from the GPU\n"
	"  record [-d SECONDS] [-o FILE] [PID | SESSION | -- COMMAND...]\n"
	"                             write what a session does, as JSON lines\n"
	"  collect (--job ID | --all) [--uid UID] [--records DIR]\n"
	"                             make records of sessions, for many machines\n"
	"  jobs [--since TIME] [--records DIR]\n"
	"                             list the jobs that held GPUs and used none\n"
	"  export --prometheus [-o FILE] [--state FILE]\n"
	"                             write this host's figures for Prometheus\n"
	"\n"
	"`gpuspy COMMAND --help' tells more about each.";

struct choice {
	const struct command *command;
	int first; /* index of the command in argv */
};

static void put_commands(struct text *text)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		text_putf(text, "%s%s", i ? ", " : "", commands[i].name);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; name && i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static bool may_be_run(const char *file)
{
	struct stat st;

	return !stat(file, &st) && S_ISREG(st.st_mode) && !access(file, X_OK);
}

/* Would a shell find that program? */
static bool is_program(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATHS_MAX];

	if (strchr(name, '/'))
		return may_be_run(name);
	for (; path && *path; path += strspn(path, ":")) {
		size_t length = strcspn(path, ":");
		int n = snprintf(file, sizeof(file), "%.*s/%s", (int)length, path, name);

		if (n > 0 && n < (int)sizeof(file) && may_be_run(file))
			return true;
		path += length;
	}
	return false;
}

static error_t unknown_command(const struct argp_state *state, const char *word)
{
	char known[128];
	struct text text = text_in(known, sizeof(known));

	put_commands(&text);
	return usage_error(state, "unknown command '%s' (%s)", word, known);
}

static error_t no_command(const struct argp_state *state, char **words)
{
	char line[WORDS_SHOWN * (WORD_COLUMNS + 1) * 4 + 1];
	struct text text = text_in(line, sizeof(line));

	if (!strcmp(*words, "top"))
		return usage_error(state, "unknown command 'top': did you mean `gpuspy-top'?");
	if (!is_program(*words))
		return unknown_command(state, *words);
	for (unsigned i = 0; words[i] && i < WORDS_SHOWN; i++) {
		text_put(&text, " ");
		text_put_escaped(&text, words[i], WORD_COLUMNS);
	}
	return usage_error(
		state, "unknown command '%s': did you mean `gpuspy run%s'?", *words, line);
}

/* `gpuspy help' is --help, and `gpuspy help run' is `gpuspy run --help'. */
static error_t choose_help(struct choice *choice, struct argp_state *state)
{
	static char help[] = "--help";
	const char *word = state->argv[state->next];

	choice->command = find_command(word);
	if (!choice->command && word && *word != '-' && strcmp(word, "help") != 0)
		return unknown_command(state, word);
	if (!choice->command)
		argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP);
	choice->first = state->next - 1;
	state->argv[state->next] = help;
	return 0;
}

static error_t which_command(const struct argp_state *state)
{
	char known[128];
	struct text text = text_in(known, sizeof(known));

	put_commands(&text);
	return usage_error(state, "which command? (%s)", known);
}

static error_t parse_main(int key, char *argument, struct argp_state *state)
{
	struct choice *choice = state->input;
	error_t status = 0;

	switch (key) {
	case ARGP_KEY_ARG:
		if (!*argument)
			return which_command(state);
		choice->command = find_command(argument);
		choice->first = state->next - 1;
		if (!strcmp(argument, "help"))
			status = choose_help(choice, state);
		else if (!choice->command)
			status = no_command(state, &state->argv[choice->first]);
		state->next = state->argc; /* the rest is the command's */
		return status;
	case ARGP_KEY_NO_ARGS:
		return which_command(state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = { NULL, parse_main, "COMMAND [ARG...]", description };
	struct choice choice = { NULL, 0 };
	char name[32];

	output_begin(); /* what is closed takes no report */
	config_read();
	say_keep_numbers();
	parse_arguments(&argp, argc, argv, ARGP_IN_ORDER, &choice);
	snprintf(name, sizeof(name), "gpuspy %s", choice.command->name);
	argv[choice.first] = name;
	return choice.command->run(argc - choice.first, argv + choice.first);
}
