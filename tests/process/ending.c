/* SPDX-License-Identifier: MIT */
/*
 * ending HOW N: one thread makes and ends N contexts on three devices, the way HOW, and others
 * launch in whatever context there is. Prints how many launches succeeded.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_driver.h"

int cuCtxCreate_v2(void **context, unsigned flags, int device);
int cuCtxPopCurrent_v2(void **context);
int cuCtxDestroy_v2(void *context);
int cuCtxDetach(void *context);
int cuDevicePrimaryCtxReset_v2(int device);
int cuDevicePrimaryCtxRelease_v2(int device);

enum { USERS = 3, DEVICES = 3, LAUNCHES = 5, PAUSE_US = 200 };

static void *volatile current;
static volatile bool stop;
static long ran;

static void *use(void *nothing)
{
	void *module, *function;
	long launched = 0;

	while (!stop) {
		void *context = current;

		if (!context || cuCtxSetCurrent(context) ||
			cuModuleLoadData(&module, KERNELS_NOOP) ||
			cuModuleGetFunction(&function, module, "sim_noop"))
			continue;
		for (int i = 0; i < LAUNCHES; i++)
			launched +=
				!cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL);
		cuCtxSynchronize();
	}
	__atomic_fetch_add(&ran, launched, __ATOMIC_RELAXED);
	return nothing;
}

static void *make(const char *how, int device)
{
	void *context = NULL, *old;

	if (!strcmp(how, "reset") || !strcmp(how, "release")) {
		CHECK(cuDevicePrimaryCtxRetain(&context, device));
	} else {
		CHECK(cuCtxCreate_v2(&context, 0, device));
		CHECK(cuCtxPopCurrent_v2(&old));
	}
	return context;
}

static void end(const char *how, void *context, int device)
{
	if (!strcmp(how, "reset"))
		cuDevicePrimaryCtxReset_v2(device);
	else if (!strcmp(how, "release"))
		cuDevicePrimaryCtxRelease_v2(device);
	else if (!strcmp(how, "detach"))
		cuCtxDetach(context);
	else
		cuCtxDestroy_v2(context);
}

int main(int count, char **words)
{
	pthread_t users[USERS];
	int n = count == 3 ? atoi(words[2]) : 0;

	CHECK(cuInit(0));
	for (int i = 0; i < USERS; i++)
		CHECK(pthread_create(&users[i], NULL, use, NULL));
	for (int i = 0; i < n; i++) {
		void *context = make(words[1], i % DEVICES);

		current = context;
		if (i % 4)
			sched_yield();
		else
			usleep(PAUSE_US);
		end(words[1], context, i % DEVICES);
	}
	stop = true;
	for (int i = 0; i < USERS; i++)
		CHECK(pthread_join(users[i], NULL));
	printf("%ld\n", ran);
	return 0;
}
