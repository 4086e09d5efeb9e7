#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The arguments of this process, each ended by a zero, cut where the buffer ends. */
struct arguments {
	char text[4096];
	const char *at, *end;
};

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* /proc/self/cmdline (proc(5)); false when it cannot be read. */
static bool read_arguments(struct arguments *arguments)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, arguments->text, sizeof(arguments->text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	arguments->text[n] = 0;
	arguments->at = arguments->text;
	arguments->end = arguments->text + n;
	return true;
}

static const char *next_argument(struct arguments *arguments)
{
	const char *argument = arguments->at;

	if (argument >= arguments->end)
		return NULL;
	arguments->at += strlen(argument) + 1;
	return argument;
}

static bool prints_only(const char *option)
{
	return !strcmp(option, "--version") || !strcmp(option, "--help");
}

static bool is_system_script(const char *script)
{
	static const char *const folders[] = { "/usr/bin/", "/usr/sbin/", "/usr/lib/",
		"/usr/share/", "/bin/", "/sbin/", "/etc/" };

	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (starts_with(script, folders[i]))
			return true;
	return false;
}

/* Options of Python that end in a letter of these have their value in the next argument. */
static bool has_value(const char *option)
{
	return option[1] != '-' && strchr("WX", option[strlen(option) - 1]);
}

static bool python_is_asked_about(struct arguments *arguments)
{
	const char *argument;

	while ((argument = next_argument(arguments))) {
		if (argument[0] != '-')
			return !is_system_script(argument);
		if (prints_only(argument) || !strcmp(argument, "-V") || !strcmp(argument, "-VV") ||
			!strcmp(argument, "-h"))
			return false;
		if (!argument[1] || !strcmp(argument, "--") || argument[1] == 'c' ||
			argument[1] == 'm')
			return true;
		if (has_value(argument))
			next_argument(arguments);
	}
	return true;
}

/*
 * R CMD sets R_CMD for all that it starts: INSTALL and its like feed a line to an R, which starts
 * some more. R CMD BATCH, which is for people's programs, says -f.
 */
static bool r_is_asked_about(struct arguments *arguments)
{
	bool file = false;
	const char *argument;

	while ((argument = next_argument(arguments)) && strcmp(argument, "--args")) {
		if (prints_only(argument))
			return false;
		file |= !strcmp(argument, "-f");
	}
	return file || !getenv("R_CMD");
}

static bool julia_is_asked_about(struct arguments *arguments)
{
	const char *argument = next_argument(arguments);

	return !argument || (!prints_only(argument) && strcmp(argument, "-v") != 0);
}

static const struct interpreter {
	const char *name;
	bool versioned; /* what follows the name does not matter: python3.11 */
	bool (*is_asked_about)(struct arguments *arguments);
} interpreters[] = {
	{ "R", false, r_is_asked_about },
	{ "python", true, python_is_asked_about },
	{ "julia", false, julia_is_asked_about },
};

static const struct interpreter *find_interpreter(const char *program)
{
	for (unsigned i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++) {
		const struct interpreter *one = &interpreters[i];

		if (one->versioned ? starts_with(program, one->name) : !strcmp(program, one->name))
			return one;
	}
	return NULL;
}

bool program_is_asked_about(void)
{
	const char *name = program_invocation_short_name;
	const struct interpreter *found = name ? find_interpreter(name) : NULL;
	struct arguments arguments;

	if (!found)
		return false;
	if (!read_arguments(&arguments) || !next_argument(&arguments))
		return true;
	return found->is_asked_about(&arguments);
}
