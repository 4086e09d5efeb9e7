/* SPDX-License-Identifier: MIT */
#include "as.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../gpuspy.h"
#include "../say.h"
#include "capture.h"
#include "ground/path.h"
#include "doctor.h"

enum { ENVIRONMENT_MAX = 4096, OPTIONS_MAX = 16, ASK_WAIT = 10000 /* ms */ };

/* What a program is started with, in the end. */
struct start {
	char path[PATH_MAX];    /* of the command */
	char program[PATH_MAX]; /* of the executable that will run */
	char prefix[PATH_MAX];  /* of a Python, "": none */
	char *environment[ENVIRONMENT_MAX + 1];
	char *block; /* which holds its strings */
};

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

static bool find_in(const char *folders, const char *name, char path[PATH_MAX])
{
	while (*name && folders && *folders) {
		size_t length = strcspn(folders, ":");

		snprintf(path, PATH_MAX, "%.*s/%s", (int)length, folders, name);
		if (is_program(path))
			return true;
		folders += length + (folders[length] != 0);
	}
	return false;
}

static bool find_command(const char *name, char path[PATH_MAX])
{
	if (!strchr(name, '/'))
		return find_in(getenv("PATH"), name, path);
	snprintf(path, PATH_MAX, "%s", name);
	return is_program(path);
}

/* Strings ended by 0, as env -0 and /proc/PID/environ have them. */
static void take_environment(struct start *start, char *block, size_t size)
{
	unsigned n = 0;

	for (char *at = block; at < block + size && n < ENVIRONMENT_MAX; at += strlen(at) + 1)
		if (strchr(at, '='))
			start->environment[n++] = at;
	start->environment[n] = NULL;
}

static const char *variable(const struct start *start, const char *name)
{
	size_t length = strlen(name);

	for (char *const *at = start->environment; *at; at++)
		if (!strncmp(*at, name, length) && (*at)[length] == '=')
			return *at + length + 1;
	return NULL;
}

/* R's front end is a script, which sets LD_LIBRARY_PATH for the program behind it. */
static void ask_r(struct start *start)
{
	char front[PATH_MAX];
	const char *command[] = { front, "CMD", "env", "-0", NULL }, *home;
	size_t size;

	snprintf(front, sizeof(front), "%.*sR", (int)(path_file(start->path) - start->path),
		start->path);
	if (access(front, X_OK))
		snprintf(front, sizeof(front), "R");
	start->block = capture(command, NULL, ASK_WAIT, &size);
	if (!start->block)
		return;
	take_environment(start, start->block, size);
	home = variable(start, "R_HOME");
	if (home)
		snprintf(start->program, sizeof(start->program), "%s/bin/exec/R", home);
}

/* Its own options, but not what it is to run. */
static unsigned own_options(char **command, const char *to[OPTIONS_MAX])
{
	unsigned n = 0;

	to[n++] = *command++;
	while (*command && **command == '-' && n < OPTIONS_MAX - 3) {
		if (strchr("cm", (*command)[1]) && !(*command)[2])
			break;
		to[n++] = *command++;
	}
	return n;
}

/* A Python may be a script of pyenv's or conda's; what runs in the end says so itself. */
static void ask_python(struct start *start, char **command)
{
	static const char code[] =
		"import os, sys; o = sys.stdout.buffer; e = os.path.realpath('/proc/self/exe')\n"
		"o.write(os.fsencode(e) + b'\\0' + os.fsencode(sys.prefix) + b'\\0')\n"
		"o.write(open('/proc/self/environ', 'rb').read())";
	const char *asked[OPTIONS_MAX];
	unsigned n = own_options(command, asked);
	size_t size, used;

	asked[n++] = "-c";
	asked[n++] = code;
	asked[n] = NULL;
	start->block = capture(asked, NULL, ASK_WAIT, &size);
	if (!start->block)
		return;
	snprintf(start->program, sizeof(start->program), "%s", start->block);
	used = strlen(start->block) + 1;
	if (used < size) {
		snprintf(start->prefix, sizeof(start->prefix), "%s", start->block + used);
		used += strlen(start->block + used) + 1;
	}
	if (used < size)
		take_environment(start, start->block + used, size - used);
}

/* The name of the interpreter in a script's first line, "": it has none. */
static void read_interpreter(const char *path, char name[PATH_MAX])
{
	char line[PATH_MAX] = "", *word, *rest = line + 2;
	FILE *file = fopen(path, "re");

	*name = 0;
	if (file && fgets(line, sizeof(line), file) && !strncmp(line, "#!", 2)) {
		word = strtok_r(rest, " \t\n", &rest);
		if (word && !strcmp(path_file(word), "env"))
			word = strtok_r(rest, " \t\n", &rest);
		snprintf(name, PATH_MAX, "%s", word ? word : "");
	}
	if (file)
		fclose(file);
}

static bool is_r(const char *path)
{
	return !strcmp(path_file(path), "R") || !strcmp(path_file(path), "Rscript");
}

static bool is_python(const char *path)
{
	return !strncmp(path_file(path), "python", 6);
}

static void ask_program(struct start *start, char **command)
{
	char interpreter[PATH_MAX], *by[] = { interpreter, NULL };

	if (is_r(start->path)) {
		ask_r(start);
		return;
	}
	if (is_python(start->path)) {
		ask_python(start, command);
		return;
	}
	read_interpreter(start->path, interpreter);
	if (*interpreter && (is_r(interpreter) || is_python(interpreter)) &&
		find_command(interpreter, start->path))
		ask_program(start, by);
}

int as_command(char **command, bool json)
{
	struct start *start = calloc(1, sizeof(*start));
	char program[PATH_MAX + 16], prefix[PATH_MAX + 16], title[PATH_MAX + 16];
	const char *words[8] = { "gpuspy", "doctor", title, program };
	unsigned n = 4;

	if (!start)
		return EXIT_OWN_FAILURE;
	if (!find_command(*command, start->path)) {
		say("gpuspy doctor: there is no command '%s'", *command);
		free(start);
		return EXIT_NOT_FOUND;
	}
	ask_program(start, command);
	if (!*start->program && !realpath(start->path, start->program))
		snprintf(start->program, sizeof(start->program), "%s", start->path);
	snprintf(title, sizeof(title), "--as-title=%s", path_file(*command));
	snprintf(program, sizeof(program), "--as-program=%s", start->program);
	snprintf(prefix, sizeof(prefix), "--as-prefix=%s", start->prefix);
	if (*start->prefix)
		words[n++] = prefix;
	if (json)
		words[n++] = "--json";
	words[n] = NULL;
	execve("/proc/self/exe", (char *const *)(uintptr_t)words,
		*start->environment ? start->environment : environ);
	say("gpuspy doctor: %s", strerror(errno));
	free(start->block);
	free(start);
	return EXIT_OWN_FAILURE;
}
