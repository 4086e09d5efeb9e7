/* SPDX-License-Identifier: MIT */
/*
 * Command lines: one way to read them, and one line for what is wrong with them.
 */
#ifndef GPUSPY_TOOLS_ARGUMENTS_H
#define GPUSPY_TOOLS_ARGUMENTS_H

#include <argp.h>

/*
 * argp_parse, but a usage error is one line on standard error and then exit 2; -h is --help, which
 * ends in one line and exit 1 if it cannot be written.
 */
void parse_arguments(const struct argp *argp, int argc, char **argv, unsigned flags, void *input);

/* In a parser: says what is wrong in one line and stops the parsing. */
error_t usage_error(const struct argp_state *state, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * In a parser: an option's argument that names a file or a folder. An empty one, as of a variable
 * that is not set, is wrong: `lack` says what there is none of, as "--json: no file".
 */
error_t take_path(
	const struct argp_state *state, const char **path, const char *argument, const char *lack);

#endif
