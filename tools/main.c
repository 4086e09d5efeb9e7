#include "gpuspy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *argp_program_version = "gpuspy " GPUSPY_VERSION;

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "run", command_run },
	{ "report", command_report },
	{ "list", command_list },
	{ "doctor", command_doctor },
};

static const char description[] =
	"Tells whether a program used the GPU, and what it did there.\v"
	"Commands:\n"
	"  run [--require] [--json FILE] [--] COMMAND [ARG...]\n"
	"                             run COMMAND, count its CUDA calls, and report\n"
	"  report [--json] [--last | PID | SESSION]\n"
	"                             report a session, running or ended\n"
	"  list                       list the sessions that can be reported\n"
	"  doctor [--json]            say what here would keep a program from the GPU\n"
	"\n"
	"`gpuspy COMMAND --help' tells more about each.";

struct choice {
	const struct command *command;
	int first; /* index of the command in argv */
};

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

void parse_arguments(const struct argp *argp, int argc, char **argv, unsigned flags, void *input)
{
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(argp, argc, argv, flags, NULL, input))
		exit(EXIT_USAGE);
}

static error_t parse_main(int key, char *argument, struct argp_state *state)
{
	struct choice *choice = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->err_stream = NULL; /* no second line about --help after an error */
		return 0;
	case ARGP_KEY_ARG:
		for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
			if (!strcmp(argument, commands[i].name))
				choice->command = &commands[i];
		if (!choice->command)
			return usage_error(state,
				"unknown command '%s' (run, report, list, doctor)", argument);
		choice->first = state->next - 1;
		state->next = state->argc; /* the rest is the command's */
		return 0;
	case ARGP_KEY_NO_ARGS:
		return usage_error(state, "which command? (run, report, list, doctor)");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * What was closed for this program must not become the number of a file that it opens: the report
 * would land in it. Close on exec, so that a command finds things as they were.
 */
static void keep_standard_numbers(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	static const struct argp argp = { NULL, parse_main, "COMMAND [ARG...]", description };
	struct choice choice = { NULL, 0 };
	char name[32];

	keep_standard_numbers();
	parse_arguments(&argp, argc, argv, ARGP_IN_ORDER, &choice);
	snprintf(name, sizeof(name), "gpuspy %s", choice.command->name);
	argv[choice.first] = name;
	return choice.command->run(argc - choice.first, argv + choice.first);
}
