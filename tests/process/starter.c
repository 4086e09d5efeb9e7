/* SPDX-License-Identifier: MIT */
/*
 * starter COMMAND [N]: a small program that exports nothing and starts another one. N: from so many
 * threads at once, on the smallest stacks, by system and popen in turn; that is the first that they
 * do.
 */
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { THREADS_MAX = 64 };

static const char *command;
static pthread_barrier_t together;

static int by_popen(void)
{
	FILE *pipe = popen(command, "r");
	int status = 1, c;

	if (pipe) {
		while ((c = getc(pipe)) != EOF)
			putchar(c);
		status = pclose(pipe);
	}
	return status;
}

static void *start(void *number)
{
	pthread_barrier_wait(&together);
	return (void *)(intptr_t)((uintptr_t)number % 2 ? by_popen() : system(command));
}

static int start_many(unsigned n)
{
	pthread_t threads[THREADS_MAX];
	pthread_attr_t smallest;
	int status = 0;

	pthread_attr_init(&smallest);
	pthread_attr_setstacksize(&smallest, (size_t)PTHREAD_STACK_MIN);
	pthread_barrier_init(&together, NULL, n);
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&threads[i], &smallest, start, (void *)(uintptr_t)i))
			exit(1);
	for (unsigned i = 0; i < n; i++) {
		void *one;

		pthread_join(threads[i], &one);
		status |= (int)(intptr_t)one;
	}
	return status;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 0, status = 0;

	if (argc < 2 || n > THREADS_MAX)
		return 2;
	command = argv[1];
	status = n > 0 ? start_many((unsigned)n) : system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
