/* SPDX-License-Identifier: MIT */
/*
 * client-threads [THREADS [CALLS [CHURN]]]: linked to libcuda.so.1, lazily. THREADS threads make
 * CALLS calls each at the same time, the first of which all of them bind; then CHURN threads live
 * for one call each. Every thread makes another call from a destructor of thread-specific data, and
 * the process some from atexit and from an ELF destructor.
 */
#include <pthread.h>

#include "../sim/standins/include/sim_driver.h"
#include "check.h"

enum { BATCH = 16 };

static pthread_key_t key;
static pthread_barrier_t barrier;
static void *context;
static int calls;

static void last_call(void *value)
{
	int version = 0;

	CHECK_TRUE(value == context);
	CHECK(cuDriverGetVersion(&version));
}

static void one_call(void)
{
	void *current = NULL;

	CHECK(pthread_setspecific(key, context));
	CHECK(cuCtxGetCurrent(&current));
}

static void *busy(void *argument)
{
	size_t available = 0, total = 0;
	int i;

	CHECK(pthread_setspecific(key, context));
	pthread_barrier_wait(&barrier);
	CHECK(cuCtxSetCurrent(context));
	for (i = 0; i < calls; i++)
		CHECK(cuMemGetInfo_v2(&available, &total));
	return argument;
}

static void *brief(void *argument)
{
	one_call();
	return argument;
}

static void run_threads(int count, void *(*body)(void *))
{
	pthread_t *threads = calloc((size_t)count, sizeof(*threads));
	int i;

	CHECK_TRUE(threads);
	for (i = 0; i < count; i++)
		CHECK(pthread_create(&threads[i], NULL, body, NULL));
	for (i = 0; i < count; i++)
		CHECK(pthread_join(threads[i], NULL));
	free(threads);
}

static void at_exit(void)
{
	int count = 0;

	CHECK(cuDeviceGetCount(&count));
}

__attribute__((destructor)) static void at_end(void)
{
	int count = 0;

	CHECK(cuDeviceGetCount(&count));
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 4;
	int churn = argc > 3 ? atoi(argv[3]) : 100;
	int done;

	calls = argc > 2 ? atoi(argv[2]) : 1000;
	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(pthread_key_create(&key, last_call));
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads));
	atexit(at_exit);
	run_threads(threads, busy);
	for (done = 0; done < churn; done += BATCH)
		run_threads(churn - done < BATCH ? churn - done : BATCH, brief);
	printf("threads %d, calls %d, churn %d\n", threads, calls, churn);
	return 0;
}
