/* SPDX-License-Identifier: MIT */
/*
 * becomes UID WHEN: a daemon as they are. It becomes another user before it launches, or after
 * (WHEN), and launches in new threads and in a forked child.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_driver.h"

enum { LAUNCHES = 10, THREADS = 3 };

static void *context, *function;
static pthread_barrier_t together;

static void begin(void)
{
	void *module;

	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&function, module, "sim_noop"));
}

static void launch(void)
{
	for (int i = 0; i < LAUNCHES; i++)
		CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	CHECK(cuCtxSynchronize());
}

/* All at one time, so that each has a block of counters of its own. */
static void *thread(void *nothing)
{
	CHECK(cuCtxSetCurrent(context));
	pthread_barrier_wait(&together);
	launch();
	pthread_barrier_wait(&together);
	return nothing;
}

static void launch_in_threads(void)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&together, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, thread, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	bool after = argc > 2 && !strcmp(argv[2], "after");
	unsigned user = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
	int status;

	if (after) {
		begin();
		launch();
	}
	if (setgid(user) || setuid(user))
		return 77;
	if (after) {
		launch_in_threads();
		return 0;
	}
	/* The driver refuses a child whose parent used it. */
	if (!fork()) {
		begin();
		launch();
		launch_in_threads();
		exit(0);
	}
	wait(&status);
	return status != 0;
}
