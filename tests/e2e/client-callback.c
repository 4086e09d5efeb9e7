/* SPDX-License-Identifier: MIT */
/*
 * client-callback: a launch of a graph runs a host function, which makes calls, launches the next
 * graph from inside, DEPTH of them, and then returns, or leaves all of them by longjmp.
 */
#include <setjmp.h>
#include <string.h>

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_driver.h"

extern int cuGraphCreate(void **graph, unsigned flags);
extern int cuGraphAddHostNode(
	void **node, void *graph, void *const *needs, size_t count, const void *params);

enum { DEPTH = 30, TIMES = 50, BYTES = 64 };

static void *executable, *function;
static int depth, leave;
static jmp_buf home;

static void inside(void *nothing)
{
	uint64_t memory = 0;

	(void)nothing;
	CHECK(cuMemAlloc_v2(&memory, BYTES));
	CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	if (++depth < DEPTH)
		CHECK(cuGraphLaunch(executable, NULL));
	else if (leave)
		longjmp(home, 1);
	CHECK(cuCtxSynchronize());
	CHECK(cuMemFree_v2(memory));
	depth--;
}

static void make_graph(void)
{
	struct {
		void (*function)(void *);
		void *data;
	} params = { inside, NULL };
	void *graph = NULL, *node = NULL;

	CHECK(cuGraphCreate(&graph, 0));
	CHECK(cuGraphAddHostNode(&node, graph, NULL, 0, &params));
	CHECK(cuGraphInstantiateWithFlags(&executable, graph, 0));
}

int main(void)
{
	volatile int i, left = 0;
	void *context = NULL, *module = NULL;

	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&function, module, "sim_noop"));
	make_graph();
	for (i = 0; i < TIMES; i++) {
		depth = 0;
		leave = i % 2;
		if (setjmp(home) == 0) {
			CHECK(cuGraphLaunch(executable, NULL));
			CHECK_EQUAL(depth, 0);
		} else {
			left++;
			CHECK_EQUAL(depth, DEPTH);
		}
	}
	CHECK_EQUAL(left, TIMES / 2);
	printf("times %d, depth %d\n", TIMES, DEPTH);
	return 0;
}
