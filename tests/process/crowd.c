/* SPDX-License-Identifier: MIT */
/*
 * crowd THREADS: that many threads are there at once; each has called the driver before the last
 * one, and that one alone, launches a kernel. Prints "work".
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_driver.h"

static pthread_barrier_t others_called, barrier;
static void *context, *function;

static void *wait_and_see(void *last)
{
	if (!last)
		CHECK(cuCtxSetCurrent(context));
	pthread_barrier_wait(&others_called);
	if (last) {
		CHECK(cuCtxSetCurrent(context));
		CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	}
	pthread_barrier_wait(&barrier);
	return NULL;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;
	void *module = NULL;

	pthread_barrier_init(&others_called, NULL, (unsigned)count);
	pthread_barrier_init(&barrier, NULL, (unsigned)count + 1);
	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&function, module, "sim_noop"));
	for (int i = 0; i < count; i++) {
		pthread_t thread;
		int last = i == count - 1;

		if (pthread_create(&thread, NULL, wait_and_see, last ? &count : NULL))
			return 1;
		pthread_detach(thread);
	}
	pthread_barrier_wait(&barrier);
	CHECK(cuCtxSynchronize());
	puts("work");
	return 0;
}
