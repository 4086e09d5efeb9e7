/* SPDX-License-Identifier: MIT */
#include "arguments.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gpuspy.h"

const char *argp_program_version = "gpuspy " GPUSPY_VERSION;

error_t usage_error(const struct argp_state *state, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", state->name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return EINVAL;
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

void parse_arguments(const struct argp *argp, int argc, char **argv, unsigned flags, void *input)
{
	static const struct argp_option options[] = {
		{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0 }, /* as most programs have it */
		{ 0 },
	};
	const struct argp_child children[] = { { argp, 0, NULL, 0 }, { 0 } };
	const struct argp all = { .options = options, .parser = parse, .children = children };

	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&all, argc, argv, flags, NULL, input))
		exit(EXIT_USAGE);
}
