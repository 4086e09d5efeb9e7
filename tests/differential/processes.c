/* SPDX-License-Identifier: MIT */
/* Children of every making, and threads that live for a few calls. */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

extern char **environ;

/* All but the last two answer that the driver is not initialised: a child has to do that anew, and
 * drivers refuse it. Nothing here takes a lock that another thread could have held at the fork. */
static void child_calls(void)
{
	size_t available, total;
	cu_pointer address = 0;
	unsigned n = 1 + below(6);
	int count;

	while (n--)
		switch (below(7)) {
		case 0:
			(void)CALL(cuCtxSynchronize);
			break;
		case 1:
			(void)CALL(cuMemAlloc_v2, &address, 64);
			break;
		case 2:
			(void)CALL(cuMemGetInfo_v2, &available, &total);
			break;
		case 3:
			(void)CALL(cuLaunchKernel, NULL, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL);
			break;
		case 4:
			(void)CALL(cuStreamQuery, NULL);
			break;
		default:
			(void)CALL(cuDriverGetVersion, &count);
		}
}

static pid_t make_child(void)
{
	pid_t (*newer)(void);

	switch (below(3)) {
	case 0:
		/* Since glibc 2.34; no handler of pthread_atfork runs. */
		newer = (pid_t(*)(void))(uintptr_t)dlsym(RTLD_DEFAULT, "_Fork");
		return newer ? newer() : fork();
	case 1:
		return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	default:
		return fork();
	}
}

static void wait_for(pid_t child)
{
	int status = 0;

	while (child > 0 && waitpid(child, &status, 0) < 0)
		continue;
}

static void spawn(void)
{
	char seed[32], file[32], depth[32], foreign[32];
	char *arguments[] = { strdup(world.program), seed, file, depth, foreign, strdup("steps=40"),
		NULL };
	pid_t child = -1;

	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)random_next(&self->random));
	snprintf(file, sizeof(file), "tally=%d", tally_file());
	snprintf(depth, sizeof(depth), "depth=%u", world.depth + 1);
	snprintf(foreign, sizeof(foreign), "foreign=%d", world.foreign);
	if (chance(2)) {
		if (posix_spawn(&child, world.program, NULL, NULL, arguments, environ))
			child = -1;
	} else {
		child = vfork();
		if (child == 0) {
			execv(world.program, arguments);
			_exit(127);
		}
	}
	wait_for(child);
	free(arguments[0]);
	free(arguments[5]);
}

void step_process(void)
{
	bool killed = chance(3);
	pid_t child;

	/* A program that is started anew takes long, and may be refused while threads are many. */
	if (world.threads == 1 && !world.depth && chance(3)) {
		spawn();
		return;
	}
	child = make_child();
	if (child == 0) {
		tally_process();
		child_calls();
		if (killed)
			syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
		_exit(0);
	}
	wait_for(child);
}

/* ---- short threads ---- */

static void *work(void *of)
{
	unsigned n = 1 + random_below(&((struct thread *)of)->random, 3);

	self = of; /* its maker waits meanwhile */
	if (CALL(cuCtxSetCurrent, current()->context->handle))
		return NULL;
	if (current()->capturing) {
		step_launch();
		return NULL;
	}
	while (n--)
		switch (below(6)) {
		case 0:
			step_block();
			break;
		case 1:
			step_copy();
			break;
		case 2:
			step_synchronise();
			break;
		case 3:
			step_graph();
			break;
		default:
			step_launch();
		}
	return NULL;
}

void step_thread(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, work, self))
		pthread_join(thread, NULL);
}
