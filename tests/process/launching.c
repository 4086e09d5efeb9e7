/* SPDX-License-Identifier: MIT */
/*
 * launching HOW: threads launch until the process is gone. HOW it goes: return, exit, _exit; or
 * "waits": they end before. Or "shared US": it ends at once, and another process that shares its
 * memory launches, so many microseconds later.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_driver.h"

enum { THREADS = 4 };

static volatile bool stop;
static void *context, *function;
static unsigned begun;

static void *launch(void *nothing)
{
	CHECK(cuCtxSetCurrent(context));
	while (!stop) {
		CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
		__atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
	}
	return nothing;
}

static void prepare(void)
{
	void *module;

	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&function, module, "sim_noop"));
}

static int launch_later(void *us)
{
	usleep(*(useconds_t *)us);
	prepare();
	CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	_exit(0);
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "shared") && argc > 2) {
		static char stack[1 << 16] __attribute__((aligned(16)));
		static useconds_t us;

		us = (useconds_t)atoi(argv[2]);
		CHECK(clone(launch_later, stack + sizeof(stack), CLONE_VM | SIGCHLD, &us) < 0);
		_exit(4);
	}
	prepare();
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, launch, NULL);
	while (__atomic_load_n(&begun, __ATOMIC_RELAXED) < 1000)
		usleep(1000);
	CHECK(cuCtxSynchronize());
	if (!strcmp(argv[1], "waits")) {
		stop = true;
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
	} else if (!strcmp(argv[1], "exit")) {
		exit(4);
	} else if (!strcmp(argv[1], "_exit")) {
		_exit(4);
	}
	return 4;
}
