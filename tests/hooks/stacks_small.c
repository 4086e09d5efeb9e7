/* SPDX-License-Identifier: MIT */
/*
 * The very top of a stack, and the smallest ones.
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>

#include "../clients/check.h"
#include "../sim/standins/include/sim_driver.h"
#include "coroutines.h"

/* In CPU/on_stack.S: calls cuCtxSynchronize() at the top of that stack. */
void on_stack(void *top);

void top(void)
{
	char *map =
		mmap(NULL, 3 * 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *context;

	mprotect(map + 2 * 65536, 65536, PROT_NONE);
	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	calls++;
	on_stack(map + 2 * 65536);
}

static void *first_call(void *nothing)
{
	calls++;
	cuInit(0);
	return nothing;
}

static void *ask_for_libraries(void *nothing)
{
	dlopen("libfirst_missing.so", RTLD_LAZY);
	dlopen("libcudnn.so.7", RTLD_LAZY);
	dlopen("libthird.so", RTLD_LAZY);
	return nothing;
}

static void on_small_stack(size_t size, void *(*body)(void *))
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	CHECK(pthread_attr_setstacksize(&attributes, size));
	CHECK(pthread_create(&thread, &attributes, body, NULL));
	CHECK(pthread_join(thread, NULL));
}

void first(void)
{
	on_small_stack(PTHREAD_STACK_MIN, first_call);
}

void ask(void)
{
	on_small_stack(
		PTHREAD_STACK_MIN < 24 * 1024 ? 24 * 1024 : PTHREAD_STACK_MIN, ask_for_libraries);
}
