/* SPDX-License-Identifier: MIT */
/*
 * Coroutines that a handler switches at random, at any instruction of libgpuspy.so's: it is come
 * to at each (CPU/step.h). It stands for a timer's, so nothing is switched where that is blocked.
 * There are more than an area of frames has room for.
 */
#include <signal.h>
#include <stdlib.h>

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_cufft.h"
#include "../sim/standins/include/sim_driver.h"
#include "coroutines.h"
#include "library.h"
#include "step.h"

enum { STEPPED = 40, EACH = 6, STEPPED_STACK = 262144 };

static struct library library;
static bool finished[STEPPED];
static volatile unsigned current;
static volatile bool stepping;

static void trapped(int signal, siginfo_t *info, void *data)
{
	ucontext_t *at = data;
	unsigned from = current, to;

	(void)signal;
	(void)info;
	step_flag(at, stepping);
	if (step_at(at) < library.low || step_at(at) >= library.high ||
		sigismember(&at->uc_sigmask, SIGALRM))
		return;
	to = (unsigned)rand_r(&seed) % (4 * STEPPED); /* mostly it goes on */
	if (to >= STEPPED || to == from || finished[to])
		return;
	current = to;
	swapcontext(&inside[from], &inside[to]);
}

static void inner(void *number)
{
	CHECK(KEEPS(cufftSimStatus, *(int *)number, 0, 0));
}

static void run_stepped(int i)
{
	raise(SIGTRAP);
	for (int n = 0; n < EACH; n++) {
		CHECK(KEEPS(cufftSimStatus, 100 * i, 0, 0));
		CHECK(KEEPS(cufftSimCallback, 100 * i, (long)inner, (long)&i));
	}
	finished[i] = true;
	/* Who is gone on with waits in the handler, where it is blocked. */
	stepping = false;
	raise(SIGTRAP);
	for (unsigned next = 0; next < STEPPED; next++) {
		if (finished[next])
			continue;
		current = next;
		stepping = true;
		setcontext(&inside[next]);
	}
	setcontext(&outside);
}

void stepped(void)
{
	struct sigaction action = { .sa_sigaction = trapped, .sa_flags = SA_SIGINFO };

	library_find(&library); /* without it none is switched */
	for (int i = 0; i < STEPPED; i++) {
		getcontext(&inside[i]);
		inside[i].uc_stack.ss_sp = malloc(STEPPED_STACK);
		inside[i].uc_stack.ss_size = STEPPED_STACK;
		makecontext(&inside[i], (void (*)(void))run_stepped, 1, i);
	}
	/* The thread's first call takes locks, which no handler may leave taken. */
	CHECK(cufftSimStatus(0));
	CHECK(cufftSimCallback(inner, &(int){ 0 }));
	CHECK(sigaction(SIGTRAP, &action, NULL));
	stepping = true;
	swapcontext(&outside, &inside[0]);
	calls = STEPPED * EACH * 3 + 3;
}

/* The next instruction of libgpuspy.so's at which the call is left, counted from its first one. */
static volatile unsigned leave_at, come_to;
static volatile bool left;
static int result;
static void *kernel;

static void leave(int signal, siginfo_t *info, void *data)
{
	ucontext_t *at = data;

	(void)signal;
	(void)info;
	step_flag(at, stepping);
	if (!stepping || step_at(at) < library.low || step_at(at) >= library.high ||
		sigismember(&at->uc_sigmask, SIGALRM) || come_to++ != leave_at)
		return;
	left = true;
	stepping = false;
	step_flag(at, false);
	swapcontext(&inside[0], &outside);
}

static int launch(void)
{
	return cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL);
}

static void nest(void *deeper)
{
	int *levels = deeper;

	if ((*levels)--)
		CHECK(cufftSimCallback(nest, levels));
}

static const struct {
	void (*call)(void);
	int argument, returns;
} left_calls[] = {
	{ (void (*)(void))cufftSimStatus, 0, 0 },
	{ (void (*)(void))cufftSimStatus, 7, 7 },
	{ (void (*)(void))cuCtxSynchronize, 0, 0 },
	{ (void (*)(void))cuMemFree_v2, 0, 0 },
	{ (void (*)(void))launch, 0, 0 },
};

static void run_left(int i)
{
	stepping = true;
	raise(SIGTRAP);
	result = KEEPS(left_calls[i].call, 1000, left_calls[i].argument, 0);
	stepping = false;
	raise(SIGTRAP);
	setcontext(&outside);
}

/* Twice more calls than an area has frames, so that all of them are looked at. */
static void leave_once(int i, void *stack)
{
	left = false;
	come_to = 0;
	getcontext(&inside[0]);
	inside[0].uc_stack.ss_sp = stack;
	inside[0].uc_stack.ss_size = STEPPED_STACK;
	makecontext(&inside[0], (void (*)(void))run_left, 1, i);
	swapcontext(&outside, &inside[0]);
	if (left) {
		nest(&(int){ 40 });
		nest(&(int){ 40 });
		swapcontext(&outside, &inside[0]);
	}
	CHECK_EQUAL(result, left_calls[i].returns);
}

void everywhere(void)
{
	struct sigaction action = { .sa_sigaction = leave, .sa_flags = SA_SIGINFO };
	void *context, *module, *stack = malloc(STEPPED_STACK);

	library_find(&library);
	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&kernel, module, "sim_noop"));
	CHECK(launch());
	nest(&(int){ 1 });
	CHECK(sigaction(SIGTRAP, &action, NULL));
	for (unsigned i = 0; i < sizeof(left_calls) / sizeof(left_calls[0]); i++) {
		leave_at = 0;
		do
			leave_once((int)i, stack);
		while (left && ++leave_at);
	}
}
