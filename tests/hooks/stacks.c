/* SPDX-License-Identifier: MIT */
/*
 * stacks CASE [SEED]: calls on stacks that are not the usual one.
 *
 *     order      two coroutines, each in a call that calls back; the calls end in another order
 *     many       as many coroutines as there are frames in several areas, ended in all orders
 *     thread     a call begins in a coroutine on one thread and ends on another
 *     deep       calls inside calls, deeper than an area has frames
 *     lost       coroutines that are thrown away in the middle of their calls, again and again
 *     left       threads end while coroutines are in calls that they began; others end the calls
 *     area       a thread goes on with an area of frames of one that ended so
 *     inside     a coroutine's stack is an array of main's: calls of both end in all orders
 *     copied     coroutines that have one such stack in turn, copied away and back (greenlets)
 *     jumped     calls that are left by longjmp, again and again, deep inside others
 *     signals    a timer's signals come while some of many coroutines wait in their calls
 *     preempted  coroutines that a timer's handler switches, in the middle of anything
 *     stepped    coroutines that are switched at random, at any instruction of ours
 *     everywhere a call is left for others at each instruction of ours, and gone on with
 *     top        an observed function is called from the very top of a stack
 *     first      the first call of the process, from a thread with the smallest stack
 *     dlopen     names that are not there, asked for on a stack of 24 KiB, or the smallest
 *
 * All print their number of calls.
 */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "../clients/check.h"
#include "../sim/standins/include/sim_cufft.h"
#include "coroutines.h"

enum { LOST = 20000, LEFT = 1000 };

static void order(void)
{
	begin(0);
	begin(1);
	enter(0); /* its call ends, while the other's goes on */
	call_nested();
	enter(1);
}

static void many(void)
{
	enum { N = 149 }; /* a prime, so that every step meets them all */

	for (int step = 1; step < 12; step += 2) {
		for (int i = 0; i < N; i++)
			begin(i);
		for (int i = 0; i < N; i++) {
			enter(i * step % N);
			call_nested();
		}
	}
}

static void *end_it(void *nothing)
{
	enter(0);
	call_nested();
	return nothing;
}

static void on_another_thread(void)
{
	pthread_t thread;

	for (int i = 0; i < 100; i++) {
		begin(0);
		CHECK(pthread_create(&thread, NULL, end_it, NULL));
		CHECK(pthread_join(thread, NULL));
		call_nested();
	}
}

static void call_there(void)
{
	calls++;
	CHECK(cufftSimStatus(0));
}

static void deep(void)
{
	for (int i = 0; i < 3; i++)
		nest(&(struct nest){ DEPTH + 1, call_there });
}

/* The one before goes when this one has its stack, or that would be at the same place. */
static void lose_one(int i)
{
	begin(i % 2);
	if (i)
		munmap(inside[(i + 1) % 2].uc_stack.ss_sp, STACK);
	call_nested();
}

static void lost(void)
{
	long before;

	lose_one(0);
	before = memory();
	for (int i = 1; i <= LOST; i++)
		lose_one(i);
	CHECK_TRUE(memory() - before < GROWTH);
}

static void *begin_and_go(void *nothing)
{
	begin(0);
	return nothing;
}

static void leave_one(void)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, begin_and_go, NULL));
	CHECK(pthread_join(thread, NULL));
	enter(0);
	munmap(inside[0].uc_stack.ss_sp, STACK);
}

static void left(void)
{
	long before;

	call_nested();
	leave_one();
	before = memory();
	for (int i = 0; i < LEFT; i++)
		leave_one();
	CHECK_TRUE(memory() - before < GROWTH);
}

/* In its thread's second area of frames, and a third one comes. */
static void begin_and_nest(void)
{
	begin(0);
	nest(&(struct nest){ 40, NULL });
}

static void *nest_and_go(void *nothing)
{
	nest(&(struct nest){ 30, begin_and_nest });
	return nothing;
}

static void *call_and_wait(void *barrier)
{
	call_nested();
	pthread_barrier_wait(barrier);
	pthread_barrier_wait(barrier);
	return NULL;
}

static void *nest_deeper(void *nothing)
{
	call_nested();
	for (int depth = 10; depth < 100; depth += 30)
		nest(&(struct nest){ depth, NULL });
	return nothing;
}

/* The first that begins then has the last area, the second one the area of the coroutine's call. */
static void on_from_another(void)
{
	pthread_barrier_t barrier;
	pthread_t first, second;

	CHECK(pthread_create(&first, NULL, nest_and_go, NULL));
	CHECK(pthread_join(first, NULL));
	enter(0);
	CHECK(pthread_barrier_init(&barrier, NULL, 2));
	CHECK(pthread_create(&first, NULL, call_and_wait, &barrier));
	pthread_barrier_wait(&barrier);
	CHECK(pthread_create(&second, NULL, nest_deeper, NULL));
	CHECK(pthread_join(second, NULL));
	pthread_barrier_wait(&barrier);
	CHECK(pthread_join(first, NULL));
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "order", order },
	{ "many", many },
	{ "thread", on_another_thread },
	{ "deep", deep },
	{ "lost", lost },
	{ "left", left },
	{ "area", on_from_another },
	{ "inside", in_array },
	{ "copied", copied },
	{ "jumped", jumped },
	{ "signals", signals },
	{ "preempted", preempted },
	{ "stepped", stepped },
	{ "everywhere", everywhere },
	{ "top", top },
	{ "first", first },
	{ "dlopen", ask },
};

int main(int argc, char **argv)
{
	seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc < 2 || strcmp(argv[1], cases[i].name) != 0)
			continue;
		cases[i].run();
		printf("%u calls\n", calls);
		return 0;
	}
	fprintf(stderr, "usage: stacks CASE [SEED]\n");
	return 2;
}
