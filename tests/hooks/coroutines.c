/* SPDX-License-Identifier: MIT */
#include "coroutines.h"

#include <stdint.h>
#include <sys/mman.h>

#include "../clients/check.h"
#include "../sim/standins/include/sim_cufft.h"

ucontext_t outside, inside[COROUTINES];
unsigned calls, seed;

void yield(void *data)
{
	int i = (int)(intptr_t)data;

	swapcontext(&inside[i], &outside);
}

static void run(int i)
{
	CHECK(cufftSimCallback(yield, (void *)(intptr_t)i));
}

void prepare(int i, void *stack, size_t size, void (*body)(int))
{
	getcontext(&inside[i]);
	inside[i].uc_stack.ss_sp = stack;
	inside[i].uc_stack.ss_size = size;
	inside[i].uc_link = &outside;
	makecontext(&inside[i], (void (*)(void))body, 1, i);
}

static void make(int i)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	prepare(i, stack, STACK, run);
}

void enter(int i)
{
	swapcontext(&outside, &inside[i]);
}

void begin(int i)
{
	make(i);
	calls++;
	enter(i);
}

static void nested(void *nothing)
{
	(void)nothing;
	calls++;
	CHECK(cufftSimStatus(0));
}

void call_nested(void)
{
	calls++;
	CHECK(cufftSimCallback(nested, NULL));
}

void nest(void *data)
{
	struct nest *left = data;

	if (left->depth--) {
		calls++;
		CHECK(cufftSimCallback(nest, left));
	} else if (left->there) {
		left->there();
	}
}

/* An emulator's own is not among its maps, proc(5). */
long memory(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	unsigned long low, high;
	long all = 0;

	CHECK_TRUE(file);
	while (fscanf(file, "%lx-%lx%*[^\n]", &low, &high) == 2)
		all += (long)(high - low);
	fclose(file);
	return all;
}
