/* SPDX-License-Identifier: MIT */
/*
 * client-plugin [--deepbind] [--now] [--global] [--namespace | --base] [--fork] [--cycles N]
 *     [--rounds N] PLUGIN...
 *
 * Knows nothing of CUDA: opens the plugins (RTLD_LAZY | RTLD_LOCAL unless told otherwise), lets
 * each work, closes them and does it again, N cycles in all. --namespace opens them by dlmopen,
 * --base too, into the program's own namespace. --fork: they work in a forked child, which leaves
 * by _exit(2).
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { MOST_PLUGINS = 8 };

struct options {
	int mode;
	bool new_namespace, base, forks;
	int cycles, rounds;
	int plugins;
	const char *plugin[MOST_PLUGINS];
};

static void parse_number(int *number, const char *text)
{
	CHECK_TRUE(text);
	*number = atoi(text);
	CHECK_TRUE(*number > 0);
}

static void parse(struct options *options, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--deepbind") == 0) {
			options->mode |= RTLD_DEEPBIND;
		} else if (strcmp(argv[i], "--now") == 0) {
			options->mode = (options->mode & ~RTLD_LAZY) | RTLD_NOW;
		} else if (strcmp(argv[i], "--global") == 0) {
			options->mode |= RTLD_GLOBAL;
		} else if (strcmp(argv[i], "--namespace") == 0) {
			options->new_namespace = true;
		} else if (strcmp(argv[i], "--base") == 0) {
			options->base = true;
		} else if (strcmp(argv[i], "--fork") == 0) {
			options->forks = true;
		} else if (strcmp(argv[i], "--cycles") == 0) {
			parse_number(&options->cycles, argv[++i]);
		} else if (strcmp(argv[i], "--rounds") == 0) {
			parse_number(&options->rounds, argv[++i]);
		} else {
			CHECK_TRUE(options->plugins < MOST_PLUGINS);
			options->plugin[options->plugins++] = argv[i];
		}
	}
}

static void *open_plugin(const struct options *options, const char *path)
{
	Lmid_t space = options->base ? LM_ID_BASE : LM_ID_NEWLM;
	void *handle = options->new_namespace || options->base ? dlmopen(space, path, options->mode)
							       : dlopen(path, options->mode);

	if (!handle) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	return handle;
}

static int work(void *handle, int rounds)
{
	int (*plugin_work)(int) = (int (*)(int))(uintptr_t)dlsym(handle, "plugin_work");

	CHECK_TRUE(plugin_work);
	return plugin_work(rounds);
}

static int work_in_child(void *handle, int rounds)
{
	pid_t child = fork();
	int status = 0;

	if (!child)
		_exit(work(handle, rounds));
	CHECK_TRUE(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	struct options options = { .mode = RTLD_LAZY, .cycles = 1, .rounds = 1 };
	void *handles[MOST_PLUGINS];
	int cycle, i, versions = 0;

	parse(&options, argc, argv);
	if (!options.plugins) {
		fputs("client-plugin: no plugin\n", stderr);
		return 2;
	}
	for (cycle = 0; cycle < options.cycles; cycle++) {
		for (i = 0; i < options.plugins; i++)
			handles[i] = open_plugin(&options, options.plugin[i]);
		for (i = 0; i < options.plugins; i++)
			versions += options.forks ? work_in_child(handles[i], options.rounds)
						  : work(handles[i], options.rounds);
		for (i = 0; i < options.plugins; i++)
			CHECK(dlclose(handles[i]));
	}
	printf("plugins %d, cycles %d, rounds %d, sum of versions %d\n", options.plugins,
		options.cycles, options.rounds, versions);
	return 0;
}
