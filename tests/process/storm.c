/* SPDX-License-Identifier: MIT */
/*
 * storm FORKS EXECS WIDTH KILLED SEED: processes that all use the GPU, WIDTH at a time. Of the
 * forks, and of the children that become another program ("storm work"), about KILLED in a hundred
 * are killed at a random moment. Prints how many ended how.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_driver.h"

enum { LAUNCHES = 20 };

static int running, killed, failed, worked;

static void work(void)
{
	void *context = NULL, *module = NULL, *function = NULL;
	int i;

	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&function, module, "sim_noop"));
	for (i = 0; i < LAUNCHES; i++)
		CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	CHECK(cuCtxSynchronize());
}

static void reap(void)
{
	int status = 0;

	CHECK_TRUE(wait(&status) > 0);
	running--;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		killed++;
	else if (status)
		failed++;
	else
		worked++;
}

static pid_t start_one(const char *program, int become)
{
	pid_t child = fork();

	CHECK_TRUE(child >= 0);
	if (child) {
		running++;
		return child;
	}
	if (become) {
		execl(program, program, "work", NULL);
		_exit(127);
	}
	work();
	/* Both ways out, by turns. */
	if (getpid() % 2)
		exit(0);
	_exit(0);
}

/* In up to three milliseconds: before its first call, between calls, or after its end. */
static void kill_soon(pid_t child)
{
	struct timespec moment = { 0, rand() % 3000000 };

	nanosleep(&moment, NULL);
	kill(child, SIGKILL);
}

int main(int argc, char **argv)
{
	int forks, execs, width, percent, become, i;
	pid_t child;

	if (argc == 2 && strcmp(argv[1], "work") == 0) {
		work();
		return 0;
	}
	if (argc < 6)
		return 2;
	forks = atoi(argv[1]);
	execs = atoi(argv[2]);
	width = atoi(argv[3]);
	percent = atoi(argv[4]);
	srand((unsigned)atoi(argv[5]));
	for (i = 0; i < forks + execs; i++) {
		while (running >= width)
			reap();
		/* Spread evenly. */
		become = (long)i * execs / (forks + execs) !=
			 (long)(i + 1) * execs / (forks + execs);
		child = start_one(argv[0], become);
		if (rand() % 100 < percent)
			kill_soon(child);
	}
	while (running)
		reap();
	printf("%d worked, %d killed, %d failed\n", worked, killed, failed);
	return failed != 0;
}
