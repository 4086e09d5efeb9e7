/* SPDX-License-Identifier: MIT */
/*
 * walk [LOW HIGH]...: walks through hooks, doors and stubs one instruction at a time, and unwinds
 * from each. The numbers say where in libgpuspy.so they are, for processors where somebody has to
 * know (CPU/step.h).
 *
 * A SIGTRAP is raised at every instruction. While it is one of libgpuspy.so's, the handler asks
 * libgcc's unwinder for the way home: it must lead to the very call that was begun, and on to main.
 * What says how is the CFI of the routine stood in.
 *
 * Run with the simulated libraries and libgpuspy.so preloaded.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unwind.h>

#include "../clients/check.h"
#include "../clients/first_version.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_cufft.h"
#include "../sim/standins/include/sim_driver.h"
#include "library.h"
#include "step.h"

enum { FRAMES_MAX = 64 };

static struct library library;

static const char *what;
static unsigned steps, lost;

/*
 * In CPU/step.S: calls it with the arguments a[0] to a[10], so that the place to which it returns
 * has a name. It is found from the stack pointer alone, so that a rule which is wrong about that is
 * noticed.
 */
extern const char step_home[];
long step_call(void *call, const long a[11]);

struct way {
	uintptr_t addresses[FRAMES_MAX];
	int n;
};

static _Unwind_Reason_Code note(struct _Unwind_Context *context, void *data)
{
	struct way *way = data;

	if (way->n == FRAMES_MAX)
		return _URC_END_OF_STACK;
	way->addresses[way->n++] = _Unwind_GetIP(context);
	return _URC_NO_REASON;
}

/* Is the way home there, and does it go on to the beginning? */
static int leads_home(const struct way *way)
{
	for (int i = 0; i < way->n; i++)
		if (way->addresses[i] == (uintptr_t)step_home)
			return i + 2 < way->n;
	return 0;
}

static void trapped(int signal, siginfo_t *info, void *data)
{
	const ucontext_t *at = data;
	uintptr_t address = step_at(at);
	struct way way = { .n = 0 };

	(void)signal;
	(void)info;
	if (address < library.low || address >= library.high)
		return;
	steps++;
	step_over(address);
	_Unwind_Backtrace(note, &way);
	if (leads_home(&way))
		return;
	if (!lost++)
		fprintf(stderr, "walk: %s: lost at offset 0x%lx of libgpuspy.so\n", what,
			(unsigned long)(address - library.low));
}

static void step(const char *words, void *call, const long a[11])
{
	what = words;
	step_begin();
	step_call(call, a);
	step_end();
}

#define STEP(words, call, ...) \
	step(words, (void *)(uintptr_t)(call), (const long[11]){ __VA_ARGS__ })

/* The hook of a function, as a program gets it. */
static void *look_up(const char *file, const char *name)
{
	void *opened = dlopen(file, RTLD_NOW), *found = opened ? dlsym(opened, name) : NULL;

	if (!found) {
		fprintf(stderr, "walk: no %s in %s\n", name, file);
		exit(2);
	}
	return found;
}

static void *get_kernel(void)
{
	void *context, *module, *kernel;

	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&kernel, module, "sim_noop"));
	return kernel;
}

static void walk_hooks(void)
{
	size_t (*version)(void) = (size_t(*)(void))look_up("libcudnn.so.9", "cudnnGetVersion");
	void *kernel = get_kernel();
	unsigned flags;

	/* The first call loads parts; an object's _init, which then calls us, has no CFI itself. */
	version();

	STEP("count", version);
	STEP("status", look_up("libcuda.so.1", "cuCtxGetFlags"), (long)&flags);
	STEP("status, failing", cufftSimStatus, 5);
	STEP("after", cuCtxSynchronize);
	STEP("after, failing", cuMemGetInfo_v2, 0, 0);
	STEP("before and after", cuMemFree_v2, 0);
	STEP("with arguments on the stack", look_up("libcuda.so.1", "cuMemcpyBatchAsync"));
	STEP("launch", cuLaunchKernel, (long)kernel, 1, 1, 1, 1, 1, 1);
	STEP("launch, failing", cuLaunchKernel, 0, 1, 1, 1, 1, 1, 1);
}

static void walk_doors(void)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);
	void *math = dlopen("libm.so.6", RTLD_NOW);
	Dl_info info;

	STEP("dlsym of the driver's", dlsym, (long)driver, (long)"cuDeviceGetCount");
	STEP("dlsym of none of ours", dlsym, (long)math, (long)"cos");
	STEP("dlsym of what is not there", dlsym, (long)driver, (long)"cuNoSuchFunction");
	STEP("dlsym of dlsym", dlsym, (long)RTLD_DEFAULT, (long)"dlsym");
	STEP("dlvsym", dlvsym, (long)math, (long)"cos", (long)FIRST_VERSION);
	STEP("dlopen of what is loaded", dlopen, (long)"libm.so.6", RTLD_NOW);
	STEP("dlopen of what is not there", dlopen, (long)"libnosuch.so", RTLD_NOW);
	STEP("dlclose", dlclose, (long)math);
	STEP("dladdr of a hook", dladdr, (long)dlsym(driver, "cuInit"), (long)&info);
}

/* Its first call finds neither block nor frames. */
static void *walk_first_call(void *nothing)
{
	unsigned flags;

	STEP("first call of a thread", look_up("libcuda.so.1", "cuCtxGetFlags"), (long)&flags);
	return nothing;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = trapped, .sa_flags = SA_SIGINFO };
	pthread_t thread;

	if (!library_find(&library)) {
		fprintf(stderr, "walk: libgpuspy.so is not preloaded\n");
		return 2;
	}
	for (int i = 1; i + 1 < argc; i += 2)
		step_part(library.low + strtoul(argv[i], NULL, 16),
			library.low + strtoul(argv[i + 1], NULL, 16));
	sigaction(SIGTRAP, &action, NULL);
	walk_hooks();
	walk_doors();
	pthread_create(&thread, NULL, walk_first_call, NULL);
	pthread_join(thread, NULL);
	printf("%u instructions, lost in %u\n", steps, lost);
	return lost || steps < STEP_LEAST;
}
