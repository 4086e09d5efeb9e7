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
static volatile unsigned current, switches;
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
	switches++;
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
	bool watched = library_find(&library); /* else none is switched */

	for (int i = 0; i < STEPPED; i++)
		prepare(i, malloc(STEPPED_STACK), STEPPED_STACK, run_stepped);
	/* The thread's first call takes locks, which no handler may leave taken. */
	CHECK(cufftSimStatus(0));
	CHECK(cufftSimCallback(inner, &(int){ 0 }));
	CHECK(sigaction(SIGTRAP, &action, NULL));
	stepping = true;
	swapcontext(&outside, &inside[0]);
	CHECK_TRUE(!watched || switches > STEPPED * EACH * 3);
	calls = STEPPED * EACH * 3 + 3;
}

/* The next instruction of libgpuspy.so's at which the call is left, counted from its first one. */
static volatile unsigned leave_at, come_to;
static volatile bool left;
static int chosen, result;
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

static void run_left(int nobody)
{
	(void)nobody;
	stepping = true;
	raise(SIGTRAP);
	result = KEEPS(left_calls[chosen].call, 1000, left_calls[chosen].argument, 0);
	stepping = false;
	raise(SIGTRAP);
	setcontext(&outside);
}

/* Twice more calls than an area has frames, so that all of them are looked at. */
static void leave_once(int i, void *stack)
{
	left = false;
	come_to = 0;
	chosen = i;
	prepare(0, stack, STEPPED_STACK, run_left);
	swapcontext(&outside, &inside[0]);
	if (left) {
		nest(&(struct nest){ 40, NULL });
		nest(&(struct nest){ 40, NULL });
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
	nest(&(struct nest){ 1, NULL });
	CHECK(sigaction(SIGTRAP, &action, NULL));
	for (unsigned i = 0; i < sizeof(left_calls) / sizeof(left_calls[0]); i++) {
		leave_at = 0;
		do
			leave_once((int)i, stack);
		while (left && ++leave_at);
	}
	calls = 0; /* how many it were says the ledger */
}
