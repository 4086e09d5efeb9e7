/* SPDX-License-Identifier: MIT */
/*
 * executes HOW keep|clear WORD...: becomes another program by that function of libc: `echo
 * WORD...`, or with an empty environment the first word with the second.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void by_list(const char *how, const char *path, char **w)
{
	if (!strcmp(how, "execl"))
		execl(path, path, w[1], w[2], w[3], (char *)NULL);
	if (!strcmp(how, "execlp"))
		execlp(path, path, w[1], w[2], w[3], (char *)NULL);
	if (!strcmp(how, "execle"))
		execle(path, path, w[1], w[2], w[3], (char *)NULL, environ);
}

static void by_array(const char *how, const char *path, char **w)
{
	if (!strcmp(how, "execv"))
		execv(path, w);
	if (!strcmp(how, "execvp"))
		execvp(path, w);
	if (!strcmp(how, "execvpe"))
		execvpe(path, w, environ);
	if (!strcmp(how, "execve"))
		execve(path, w, environ);
	if (!strcmp(how, "fexecve"))
		fexecve(open(path, O_RDONLY | O_CLOEXEC), w, environ);
}

int main(int argc, char **argv)
{
	static char echo[] = "echo";
	char *words[5] = { NULL };

	if (argc < 5)
		return 2;
	if (!strcmp(argv[2], "keep")) {
		words[0] = echo;
		for (int i = 0; i < 3 && argv[3 + i]; i++)
			words[1 + i] = argv[3 + i];
	} else {
		words[0] = argv[3];
		words[1] = argv[4];
		clearenv();
	}
	by_list(argv[1], !strcmp(words[0], "echo") ? "/bin/echo" : words[0], words);
	by_array(argv[1], !strcmp(words[0], "echo") ? "/bin/echo" : words[0], words);
	return 1;
}
