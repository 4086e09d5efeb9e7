/* SPDX-License-Identifier: MIT */
/*
 * addresses PROGRAM: starts it without the library, by functions of which this program has but the
 * addresses. Where it is linked for one place (-no-pie), the linker makes symbols of them that have
 * a value and are defined nowhere.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t (*volatile start)(void);
static int (*volatile become)(const char *, char *const[], char *const[]);

int main(int argc, char **argv)
{
	char *nothing[] = { NULL };
	int status;

	start = fork;
	become = execve;
	if (argc > 1 && !start()) {
		become(argv[1], argv + 1, nothing);
		_exit(127);
	}
	wait(&status);
	puts("started");
	return 0;
}
