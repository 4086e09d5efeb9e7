/* SPDX-License-Identifier: MIT */
#include "workload.h"

#include <string.h>

#include "check.h"
#include "kernels.h"

#ifdef WORKLOAD_LINKED
#define CALL(name) name
#else
#define CALL(name) driver->name
static const struct sim_driver *driver;
#endif

enum {
	COUNT = 1024,
	BYTES = COUNT * (int)sizeof(float),
	OUT_OF_MEMORY = 2,
	INVALID_DEVICE = 101,
	NOT_FOUND = 500,
	NOT_READY = 600,
};

struct state {
	int device;
	void *module, *add, *stream;
	uint64_t a, b, out;
	float x[COUNT], y[COUNT], sum[COUNT];
	int callbacks;
};

static struct state state;

static void start(void)
{
	int version = 0, count = 0, device = 0;
	size_t available = 0, total = 0;
	void *context = NULL, *current = NULL;
	char name[100] = "";

	CHECK(CALL(cuInit)(0));
	CHECK(CALL(cuDriverGetVersion)(&version));
	CHECK_TRUE(version >= 12000);
	CHECK(CALL(cuDeviceGetCount)(&count));
	CHECK_TRUE(count >= 1);
	CHECK(CALL(cuDeviceGet)(&state.device, 0));
	CHECK(CALL(cuDeviceGetName)(name, (int)sizeof(name), state.device));
	CHECK_TRUE(name[0]);
	CHECK(CALL(cuDevicePrimaryCtxRetain)(&context, state.device));
	CHECK(CALL(cuCtxSetCurrent)(context));
	CHECK(CALL(cuCtxGetCurrent)(&current));
	CHECK_TRUE(current == context);
	CHECK(CALL(cuMemGetInfo_v2)(&available, &total));
	CHECK_TRUE(available <= total);
	/* Three errors, on purpose. */
	CHECK_EQUAL(CALL(cuDeviceGet)(&device, 9999), INVALID_DEVICE);
	CHECK_EQUAL(CALL(cuMemAlloc_v2)(&state.a, (size_t)1 << 50), OUT_OF_MEMORY);
	CHECK(CALL(cuModuleLoadData)(&state.module, KERNELS_ADD));
	CHECK_EQUAL(CALL(cuModuleGetFunction)(&state.add, state.module, "no_such"), NOT_FOUND);
	CHECK(CALL(cuModuleUnload)(state.module));
}

static void launch_add(void *stream, int per_thread)
{
	int count = COUNT;
	void *params[] = { &state.out, &state.a, &state.b, &count };

	if (per_thread)
		CHECK(CALL(cuLaunchKernel_ptsz)(
			state.add, COUNT / 128, 1, 1, 128, 1, 1, 0, stream, params, NULL));
	else
		CHECK(CALL(cuLaunchKernel)(
			state.add, COUNT / 128, 1, 1, 128, 1, 1, 0, stream, params, NULL));
}

static void check_sum(float factor)
{
	int i;

	for (i = 0; i < COUNT; i++)
		CHECK_TRUE(state.sum[i] == factor * (float)i);
	memset(state.sum, 0, sizeof(state.sum));
}

static void allocate(void)
{
	int i;

	for (i = 0; i < COUNT; i++) {
		state.x[i] = (float)i;
		state.y[i] = 2 * (float)i;
	}
	CHECK(CALL(cuMemAlloc_v2)(&state.a, BYTES));
	CHECK(CALL(cuMemAlloc_v2)(&state.b, BYTES));
	CHECK(CALL(cuMemAlloc_v2)(&state.out, BYTES));
	CHECK(CALL(cuModuleLoadData)(&state.module, KERNELS_ADD));
	CHECK(CALL(cuModuleGetFunction)(&state.add, state.module, "sim_add"));
}

static void copy_and_launch(void)
{
	CHECK(CALL(cuMemcpyHtoD_v2)(state.a, state.x, BYTES));
	CHECK(CALL(cuMemcpyHtoD_v2)(state.b, state.y, BYTES));
	launch_add(NULL, 0);
	CHECK(CALL(cuCtxSynchronize)());
	CHECK(CALL(cuMemcpyDtoH_v2)(state.sum, state.out, BYTES));
	check_sum(3);
	/* a + a, by way of b */
	CHECK(CALL(cuMemcpyDtoD_v2)(state.b, state.a, BYTES));
	launch_add(NULL, 1);
	CHECK(CALL(cuMemcpyDtoH_v2)(state.sum, state.out, BYTES));
	check_sum(2);
}

static void wait_for_event(void *event)
{
	int status;

	do
		status = CALL(cuEventQuery)(event);
	while (status == NOT_READY);
	CHECK(status);
}

static void use_streams(void)
{
	void *start_event = NULL, *end_event = NULL;
	uint64_t managed = 0;
	float milliseconds = -1;

	CHECK(CALL(cuStreamCreate)(&state.stream, 0));
	CHECK(CALL(cuEventCreate)(&start_event, 0));
	CHECK(CALL(cuEventCreate)(&end_event, 0));
	CHECK(CALL(cuEventRecord)(start_event, state.stream));
	CHECK(CALL(cuMemcpyHtoDAsync_v2)(state.b, state.y, BYTES, state.stream));
	launch_add(state.stream, 0);
	CHECK(CALL(cuMemcpyDtoHAsync_v2)(state.sum, state.out, BYTES, state.stream));
	CHECK(CALL(cuEventRecord)(end_event, state.stream));
	wait_for_event(start_event);
	wait_for_event(end_event);
	CHECK(CALL(cuStreamSynchronize)(state.stream));
	check_sum(3);
	CHECK(CALL(cuEventElapsedTime)(&milliseconds, start_event, end_event));
	CHECK_TRUE(milliseconds >= 0);
	CHECK(CALL(cuEventDestroy_v2)(start_event));
	CHECK(CALL(cuEventDestroy_v2)(end_event));
	CHECK(CALL(cuMemAllocManaged)(&managed, BYTES, 1));
	CHECK(CALL(cuMemsetD8_v2)(managed, 0, BYTES));
	CHECK(CALL(cuMemFree_v2)(managed));
}

static void count_callback(void *data)
{
	++*(int *)data;
}

/* Two launches are recorded and not run; three launches of the graph then run six kernels. */
static void use_graph(void)
{
	void *graph = NULL, *executable = NULL;
	int i;

	CHECK(CALL(cuStreamBeginCapture_v2)(state.stream, 2));
	launch_add(state.stream, 0);
	launch_add(state.stream, 0);
	CHECK(CALL(cuStreamEndCapture)(state.stream, &graph));
	CHECK(CALL(cuGraphInstantiateWithFlags)(&executable, graph, 0));
	for (i = 0; i < 3; i++)
		CHECK(CALL(cuGraphLaunch)(executable, state.stream));
	CHECK(CALL(cuLaunchHostFunc)(state.stream, count_callback, &state.callbacks));
	CHECK(CALL(cuStreamSynchronize)(state.stream));
	CHECK(CALL(cuGraphExecDestroy)(executable));
	CHECK(CALL(cuGraphDestroy)(graph));
	CHECK(CALL(cuStreamDestroy_v2)(state.stream));
}

/* A driver may give the handles of the unloaded module to this one. */
static void use_other_module(void)
{
	void *noop = NULL;

	CHECK(CALL(cuModuleUnload)(state.module));
	CHECK(CALL(cuModuleLoadData)(&state.module, KERNELS_NOOP));
	CHECK(CALL(cuModuleGetFunction)(&noop, state.module, "sim_noop"));
	CHECK(CALL(cuLaunchKernel)(noop, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	CHECK(CALL(cuCtxSynchronize)());
	CHECK(CALL(cuModuleUnload)(state.module));
	CHECK(CALL(cuMemFree_v2)(state.a));
	CHECK(CALL(cuMemFree_v2)(state.b));
	CHECK(CALL(cuMemFree_v2)(state.out));
}

#ifdef WORKLOAD_LINKED
void workload_run(int rounds)
#else
void workload_run(const struct sim_driver *functions, int rounds)
#endif
{
	int i;

#ifndef WORKLOAD_LINKED
	driver = functions;
#endif
	start();
	for (i = 0; i < rounds; i++) {
		allocate();
		copy_and_launch();
		use_streams();
		use_graph();
		use_other_module();
	}
	CHECK_EQUAL(state.callbacks, rounds);
	CHECK(CALL(cuDevicePrimaryCtxRelease)(state.device));
	printf("rounds %d: launches %d, captured %d, graph launches %d, graph kernels %d, errors "
	       "3\n",
		rounds, 4 * rounds, 2 * rounds, 3 * rounds, 6 * rounds);
}
