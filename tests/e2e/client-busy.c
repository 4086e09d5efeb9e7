/* SPDX-License-Identifier: MIT */
/*
 * client-busy PLUGIN...: threads that call the driver all the time, each of which found its
 * functions in another way, while the main thread opens, uses and closes plugins. What is bound
 * must stay bound through every scan, and no call may be lost or made twice.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "../sim/standins/include/sim_driver.h"
#include "../clients/check.h"

enum { THREADS = 4, CYCLES = 60 };

static bool stop;
static void *context;

static void *linked(void *calls)
{
	size_t bytes = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		CHECK(cuDeviceTotalMem_v2(&bytes, 0));
		++*(long *)calls;
	}
	return NULL;
}

static void *looked_up(void *calls)
{
	size_t available, total;

	CHECK(cuCtxSetCurrent(context));
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		int (*info)(size_t *, size_t *) = (int (*)(size_t *, size_t *))(uintptr_t)dlsym(
			RTLD_DEFAULT, "cuMemGetInfo_v2");

		CHECK(info(&available, &total));
		++*(long *)calls;
	}
	return NULL;
}

static void use_plugin(const char *path)
{
	void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	int (*work)(int);

	CHECK_TRUE(handle);
	work = (int (*)(int))(uintptr_t)dlsym(handle, "plugin_work");
	CHECK_TRUE(work);
	CHECK_TRUE(work(2) > 0);
	CHECK(dlclose(handle));
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	long calls[THREADS] = { 0 };
	int i, k;

	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	for (i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, i % 2 ? looked_up : linked, &calls[i]));
	for (i = 0; i < CYCLES; i++)
		for (k = 1; k < argc; k++)
			use_plugin(argv[k]);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL));
	printf("cuDeviceTotalMem_v2 %ld, cuMemGetInfo_v2 %ld\n", calls[0] + calls[2],
		calls[1] + calls[3]);
	return 0;
}
