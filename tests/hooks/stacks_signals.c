/* SPDX-License-Identifier: MIT */
/*
 * Signals of a timer's that come in the middle of calls, and switch stacks there.
 */
#include <signal.h>
#include <sys/time.h>

#include "../clients/check.h"
#include "../sim/standins/include/sim_cufft.h"
#include "coroutines.h"

static void tick(int signal)
{
	(void)signal;
}

/* Those that wait keep an area each; the areas are looked at while new ones begin. */
void signals(void)
{
	enum { HALF = COROUTINES / 2, KEPT = 31 };
	struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { { 0, 0 }, { 0, 0 } };

	CHECK(sigaction(SIGALRM, &action, NULL));
	for (int i = 0; i < HALF; i++)
		begin(i);
	for (int i = 0; i < HALF; i++)
		if (i % KEPT)
			enter(i);
	CHECK(setitimer(ITIMER_REAL, &often, NULL));
	for (int i = HALF; i < COROUTINES; i++)
		begin(i);
	CHECK(setitimer(ITIMER_REAL, &never, NULL));
	for (int i = 0; i < COROUTINES; i++)
		if (i >= HALF || i % KEPT == 0)
			enter(i);
}

enum { PREEMPTED = 8, EACH = 100000, PREEMPTED_STACK = 262144 };

static volatile unsigned current, finished;

static void preempt(int signal)
{
	unsigned from = current;

	(void)signal;
	current = (from + 1) % PREEMPTED;
	swapcontext(&inside[from], &inside[current]);
}

static void nothing(void *data)
{
	(void)data;
}

static void run_preempted(int i)
{
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	for (int n = 0; n < EACH; n++) {
		CHECK(KEEPS(cufftSimCallback, 100 * i, (long)nothing, 0));
		CHECK(KEEPS(cufftSimStatus, 100 * i, 0, 0));
	}
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	finished++;
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	while (finished < PREEMPTED)
		continue;
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	setcontext(&outside);
}

void preempted(void)
{
	struct sigaction action = { .sa_handler = preempt, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { { 0, 0 }, { 0, 0 } };
	sigset_t alarm;

	/* Else a signal may come in the middle of the switch to one that begins, and lose it. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	for (int i = 0; i < PREEMPTED; i++)
		prepare(i, malloc(PREEMPTED_STACK), PREEMPTED_STACK, run_preempted);
	/* The thread's first call takes locks, which no handler may leave taken. */
	CHECK(cufftSimCallback(nothing, NULL));
	CHECK(cufftSimStatus(0));
	CHECK(sigaction(SIGALRM, &action, NULL));
	CHECK(setitimer(ITIMER_REAL, &often, NULL));
	swapcontext(&outside, &inside[0]);
	CHECK(setitimer(ITIMER_REAL, &never, NULL));
	calls = PREEMPTED * EACH * 2 + 2;
}
