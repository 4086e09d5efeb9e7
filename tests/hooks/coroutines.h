/* SPDX-License-Identifier: MIT */
/*
 * Coroutines whose calls call back, and what the cases of stacks share.
 */
#ifndef GPUSPY_TESTS_HOOKS_COROUTINES_H
#define GPUSPY_TESTS_HOOKS_COROUTINES_H

#include <stddef.h>
#include <ucontext.h>

enum { COROUTINES = 4000, STACK = 32768, DEPTH = 200, GROWTH = 4 << 20 };

extern ucontext_t outside, inside[COROUTINES];
extern unsigned calls;
extern unsigned seed; /* what the second argument says */

/* In the middle of a call of a coroutine's: back to who entered it. */
void yield(void *number);

/* A coroutine that begins with body(i) on that stack. */
void prepare(int i, void *stack, size_t size, void (*body)(int));

/* A coroutine on a stack of its own that makes one call, and waits in it. */
void begin(int i);
void enter(int i);

/* A call inside of a call, here. */
void call_nested(void);

/* Calls inside of calls, `depth` of them, and what is called there; data: struct nest. */
struct nest {
	int depth;
	void (*there)(void); /* NULL: nothing */
};
void nest(void *data);

/* The size of this process's memory, in bytes. */
long memory(void);

/*
 * In CPU/keeps.S: calls it with both, and with numbers that begin with `own` in all registers that
 * a callee keeps. What it returned; -1: one of them was changed.
 */
int keeps(void (*call)(void), long own, long a, long b);
#define KEEPS(call, ...) keeps((void (*)(void))(call), __VA_ARGS__)

/* The cases, by what they are about. */
void in_array(void), copied(void), jumped(void); /* stacks_shared.c */
void signals(void), preempted(void);             /* stacks_signals.c */
void stepped(void), everywhere(void);            /* stacks_stepped.c */
void top(void), first(void), ask(void);          /* stacks_small.c */

#endif
