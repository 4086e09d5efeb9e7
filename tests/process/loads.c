/* SPDX-License-Identifier: MIT */
/*
 * loads LIBRARY COUNT: as many processes, in each of which threads load and unload a library while
 * it starts its first programs. Prints how many ended badly.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void *load(void *library)
{
	for (;;) {
		void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

		if (handle)
			dlclose(handle);
	}
	return NULL;
}

static void start(char *library, unsigned number)
{
	char *arguments[] = { (char[]){ "true" }, NULL };
	pthread_t threads[2];
	int status;
	pid_t pid;

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, load, library);
	usleep(300 + number % 700);
	if (posix_spawnp(&pid, "true", NULL, NULL, arguments, environ) ||
		waitpid(pid, &status, 0) != pid)
		_exit(1);
	_exit(system("") != 0);
}

int main(int argc, char **argv)
{
	int status, bad = 0;
	pid_t pid;

	for (unsigned i = 0; argc > 2 && i < (unsigned)atoi(argv[2]); i++) {
		pid = fork();
		if (!pid)
			start(argv[1], i * 37);
		bad += waitpid(pid, &status, 0) != pid || status;
	}
	printf("%d\n", bad);
	return 0;
}
