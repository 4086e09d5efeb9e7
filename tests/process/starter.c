/* SPDX-License-Identifier: MIT */
/* starter COMMAND: a small program that exports nothing and starts another one. */
#include <stdlib.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
	int status = argc > 1 ? system(argv[1]) : 0;

	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
