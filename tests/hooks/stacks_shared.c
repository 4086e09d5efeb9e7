/* SPDX-License-Identifier: MIT */
/*
 * Stacks inside of others, several that have one place in turn, and one that is left by a jump: by
 * its place alone no call can be told to be over.
 */
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include "../clients/check.h"
#include "../sim/standins/include/sim_cufft.h"
#include "coroutines.h"

static void make_on(int i, char *stack, void (*body)(int i))
{
	getcontext(&inside[i]);
	inside[i].uc_stack.ss_sp = stack;
	inside[i].uc_stack.ss_size = STACK;
	inside[i].uc_link = &outside;
	makecontext(&inside[i], (void (*)(void))body, 1, i);
}

static void call_for_ever(int i)
{
	for (;;) {
		call_nested();
		yield((void *)(intptr_t)i);
	}
}

/* Its stack is above what main has used since: main's own call seems to be long gone. */
static void enter_one(void *nothing)
{
	(void)nothing;
	enter(0);
}

void in_array(void)
{
	char stack[STACK];

	make_on(0, stack, call_for_ever);
	for (int i = 0; i < 1000; i++) {
		calls++;
		CHECK(cufftSimCallback(enter_one, NULL));
		call_nested();
	}
}

/* All of them are on one stack, so what is there changes hands on another one. */
enum { COPIED = 120 };
static char *shared, away[COPIED][STACK];
static ucontext_t mover;
static char movers_stack[STACK];
static int moved;

static void move_away(void)
{
	memcpy(away[moved], shared, STACK);
	setcontext(&outside);
}

static void move_back(void)
{
	memcpy(shared, away[moved], STACK);
	setcontext(&inside[moved]);
}

static void move(ucontext_t *from, int i, void (*how)(void))
{
	moved = i;
	getcontext(&mover);
	mover.uc_stack.ss_sp = movers_stack;
	mover.uc_stack.ss_size = STACK;
	makecontext(&mover, how, 0);
	swapcontext(from, &mover);
}

static void leave_stack(void *data)
{
	int i = (int)(intptr_t)data;

	move(&inside[i], i, move_away);
}

/* Which number is whose, a register knows that the call must leave as it was. */
static __attribute__((noinline)) unsigned call_and_leave(int i, unsigned result)
{
	calls++;
	CHECK(cufftSimCallback(leave_stack, (void *)(intptr_t)i));
	return result;
}

static void run_copied(int i)
{
	unsigned own = (unsigned)i + 1;

	CHECK_EQUAL(
		i % 2 ? call_and_leave(i, 3 * own) : call_and_leave(i, own), i % 2 ? 3 * own : own);
	setcontext(&outside);
}

void copied(void)
{
	char stack[STACK];

	shared = stack;
	for (int i = 0; i < COPIED; i++) {
		make_on(i, stack, run_copied);
		swapcontext(&outside, &inside[i]);
		call_nested();
	}
	for (int i = 0; i < COPIED; i++) {
		move(&outside, i * 7 % COPIED, move_back);
		call_nested();
	}
	shared = NULL;
}

static jmp_buf start;

static void descend_and_jump(void *data)
{
	int *left = data;

	calls++;
	if (!(*left)--)
		longjmp(start, 1);
	CHECK(cufftSimCallback(descend_and_jump, left));
}

void jumped(void)
{
	static int left, i;
	static long before;

	for (i = 0; i < 2000; i++) {
		if (i == 100)
			before = memory();
		left = i * 7 % DEPTH;
		if (!setjmp(start))
			descend_and_jump(&left);
		calls--; /* the last one jumped before it called */
		call_nested();
	}
	CHECK_TRUE(memory() - before < GROWTH);
}
