/* SPDX-License-Identifier: MIT */
/*
 * executes HOW keep|clear WORD...: becomes another program by that function of libc: `echo
 * WORD...`, or with an empty environment the first word with the second. Functions that take an
 * environment get it, and its own stays as it is. popen and system start a shell with two words,
 * with the environment or without.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static char *nothing[] = { NULL }, **passed;

static void by_list(const char *how, const char *path, char **w)
{
	if (!strcmp(how, "execl"))
		execl(path, path, w[1], w[2], w[3], (char *)NULL);
	if (!strcmp(how, "execlp"))
		execlp(path, path, w[1], w[2], w[3], (char *)NULL);
	if (!strcmp(how, "execle"))
		execle(path, path, w[1], w[2], w[3], (char *)NULL, passed);
}

static void by_array(const char *how, const char *path, char **w)
{
	if (!strcmp(how, "execv"))
		execv(path, w);
	if (!strcmp(how, "execvp"))
		execvp(path, w);
	if (!strcmp(how, "execvpe"))
		execvpe(path, w, passed);
	if (!strcmp(how, "execve"))
		execve(path, w, passed);
	if (!strcmp(how, "fexecve"))
		fexecve(open(path, O_RDONLY | O_CLOEXEC), w, passed);
}

/* -1: by none of them. */
static int by_shell(const char *how, const char *first, const char *second)
{
	char command[4096];

	snprintf(command, sizeof(command), "%s %s", first, second);
	if (!strcmp(how, "system"))
		return system(command) != 0;
	if (!strcmp(how, "popen"))
		return pclose(popen(command, "r")) != 0;
	return -1;
}

static bool takes_environment(const char *how)
{
	return how[strlen(how) - 1] == 'e';
}

int main(int argc, char **argv)
{
	static char echo[] = "echo";
	char *words[5] = { NULL };
	bool keep = argc > 2 && !strcmp(argv[2], "keep");
	int status;

	if (argc < 5)
		return 2;
	passed = keep ? environ : nothing;
	if (!keep && !takes_environment(argv[1]))
		clearenv();
	status = by_shell(argv[1], argv[3], argv[4]);
	if (status >= 0)
		return status;
	if (keep) {
		words[0] = echo;
		for (int i = 0; i < 3 && argv[3 + i]; i++)
			words[1 + i] = argv[3 + i];
	} else {
		words[0] = argv[3];
		words[1] = argv[4];
	}
	by_list(argv[1], !strcmp(words[0], "echo") ? "/bin/echo" : words[0], words);
	by_array(argv[1], !strcmp(words[0], "echo") ? "/bin/echo" : words[0], words);
	return 1;
}
