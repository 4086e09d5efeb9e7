/* SPDX-License-Identifier: MIT */
/*
 * client-bound [PLUGIN [close]]: launches by the driver's address where the loader has put it
 * before any code of the program ran, in another place than a slot of that name: what an IFUNC has
 * chosen (BOUND_IFUNC: in this program; BOUND_PACKED: at an odd address; BOUND_CHOSEN: in a
 * library), the program's own PLT (BOUND_PLT), a thread's own variable (BOUND_THREADS), a library's
 * table that is copied into the program (BOUND_COPY). With a plugin: it is loaded when the driver
 * is initialised, and launches in its constructor, in its destructor or when it is asked; or it is
 * closed at once, and nothing is looked up in it.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "bound.h"

#ifdef BOUND_IFUNC
__attribute__((used)) static launch_function *choose(void)
{
	return cuLaunchKernel;
}

static int chosen SIM_LAUNCH __attribute__((ifunc("choose")));
#endif

#ifdef BOUND_PACKED
__attribute__((used)) static launch_function *choose(void)
{
	return cuLaunchKernel;
}

static int chosen SIM_LAUNCH __attribute__((ifunc("choose")));

static volatile struct {
	char before;
	launch_function *launch;
} __attribute__((packed)) packed = { 1, chosen };
#endif

#ifdef BOUND_PLT
static launch_function *volatile by_plt;
#endif

#ifdef BOUND_THREADS
static __thread launch_function *volatile own = cuLaunchKernel;

static void *launch_in_thread(void *context)
{
	CHECK(cuCtxSetCurrent(context));
	launch_by(own);
	return NULL;
}
#endif

static void launch(void *context)
{
#if defined(BOUND_IFUNC)
	launch_by(chosen);
#elif defined(BOUND_CHOSEN)
	launch_by(bound_chosen);
#elif defined(BOUND_PACKED)
	launch_by(packed.launch);
#elif defined(BOUND_PLT)
	by_plt = cuLaunchKernel; /* in code, so that it is the PLT's */
	launch_by(by_plt);
#elif defined(BOUND_COPY)
	launch_by(bound_table[1]);
#elif defined(BOUND_THREADS)
	pthread_t thread;

	launch_by(own);
	CHECK_TRUE(!pthread_create(&thread, NULL, launch_in_thread, context));
	CHECK_TRUE(!pthread_join(thread, NULL));
#endif
	(void)context;
}

static void use_plugin(const char *path, bool close)
{
	void *plugin = dlopen(path, RTLD_NOW), *found;
	void (*work)(void);

	CHECK_TRUE(plugin);
	if (close) {
		CHECK(dlclose(plugin));
		return;
	}
	found = dlsym(plugin, "plugin_work");
	memcpy(&work, &found, sizeof(work));
	if (work)
		work();
}

int main(int argc, char **argv)
{
	void *context = NULL;

	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	launch(context);
	if (argc > 1)
		use_plugin(argv[1], argc > 2);
	CHECK(cuCtxSynchronize());
	puts("done");
	return 0;
}
