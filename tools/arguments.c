/* SPDX-License-Identifier: MIT */
#include "arguments.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpuspy.h"
#include "say.h"

error_t usage_error(const struct argp_state *state, const char *format, ...)
{
	char wrong[SAY_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(wrong, sizeof(wrong), format, arguments);
	va_end(arguments);
	say("%s: %s", state->name, wrong);
	return EINVAL;
}

error_t take_path(
	const struct argp_state *state, const char **path, const char *argument, const char *lack)
{
	*path = argument;
	return *argument ? 0 : usage_error(state, "%s", lack);
}

/* What all commands have in common; their own arguments are the child's. */
static error_t parse(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	switch (key) {
	case ARGP_KEY_INIT:
		state->err_stream = NULL; /* no second line about --help after an error */
		state->child_inputs[0] = state->input;
		return 0;
	case 'h':
		argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * The getopt(3) below argp writes what is wrong with an option to stderr by itself, with the option
 * as it came. So that is a stream into memory meanwhile, which glibc allows.
 */
static error_t parse_and_say(
	const struct argp *argp, int argc, char **argv, unsigned flags, void *input)
{
	FILE *error_stream = stderr, *memory;
	char *text = NULL;
	size_t length = 0;
	error_t error;

	memory = open_memstream(&text, &length);
	if (memory)
		stderr = memory;
	error = argp_parse(argp, argc, argv, flags, NULL, input);
	stderr = error_stream;
	if (memory && !fclose(memory) && length)
		say("%.*s", (int)length - (text[length - 1] == '\n'), text);
	free(text);
	return error;
}

static const char *parsing; /* who reads its command line now, NULL: nobody */

/* argp ends the program behind --help and its like, whatever became of them. */
static void check_help(void)
{
	if (parsing && !say_is_written(parsing))
		_exit(EXIT_NOTHING);
}

/* The getopt(3) below argp would say the whole path, where all else says the name alone. */
static void shorten_name(char **argv)
{
	char *slash = strrchr(argv[0], '/');

	if (slash && slash[1])
		argv[0] = slash + 1;
}

void parse_arguments(const struct argp *argp, int argc, char **argv, unsigned flags, void *input)
{
	static const struct argp_option options[] = {
		{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0 }, /* as most programs have it */
		{ 0 },
	};
	const struct argp_child children[] = { { argp, 0, NULL, 0 }, { 0 } };
	const struct argp all = { .options = options, .parser = parse, .children = children };

	static bool registered;
	error_t error;

	argp_err_exit_status = EXIT_USAGE;
	if (!registered)
		registered = !atexit(check_help);
	shorten_name(argv);
	parsing = argv[0];
	error = parse_and_say(&all, argc, argv, flags, input);
	parsing = NULL;
	if (error)
		exit(EXIT_USAGE);
}
