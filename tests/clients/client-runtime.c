/* SPDX-License-Identifier: MIT */
/*
 * client-runtime [ROUNDS]: a program as nvcc makes it, linked to a runtime. A constructor registers
 * its kernels, which are then launched by the addresses of their host functions. Built for the
 * shared runtimes 13, 12 and 11 (SIM_CUDART_MAJOR) and for the static one.
 */
#include <stdint.h>
#include <string.h>

#include "../sim/standins/include/sim_runtime.h"
#include "check.h"
#include "kernels.h"

enum { COUNT = 512, BYTES = COUNT * (int)sizeof(float), INVALID_VALUE = 1, INVALID_DEVICE = 101 };

static const struct sim_fat_binary binary = {
	.magic = SIM_FAT_BINARY_MAGIC,
	.version = 1,
	.data = KERNELS_ADD,
};
static void **binary_handle;

/* Stands for the kernel on the host, as the stub function that nvcc writes. */
static void add_stub(void)
{
}

static const void *add_address(void)
{
	return (const void *)(uintptr_t)add_stub;
}

static void unregister(void)
{
	__cudaUnregisterFatBinary(binary_handle);
}

__attribute__((constructor)) static void register_kernels(void)
{
	binary_handle = __cudaRegisterFatBinary((void *)(uintptr_t)&binary);
	__cudaRegisterFunction(binary_handle, (const char *)add_address(), NULL, "sim_add", -1,
		NULL, NULL, NULL, NULL, NULL);
	__cudaRegisterFatBinaryEnd(binary_handle);
	atexit(unregister);
}

struct buffers {
	void *a, *b, *out;
};

/* What `add<<<4, 128, 0, stream>>>(...)` is made into: since 13.0 another function than before. */
static void launch(const struct buffers *memory, void *stream)
{
	const struct sim_dim3 grid = { COUNT / 128, 1, 1 }, block = { 128, 1, 1 };
	struct buffers copy = *memory;
	int count = COUNT;
	void *params[] = { &copy.out, &copy.a, &copy.b, &count };
#if SIM_CUDART_MAJOR >= 13
	static void *kernel;

	if (!kernel)
		CHECK(__cudaGetKernel(&kernel, add_address()));
	CHECK(__cudaLaunchKernel(kernel, grid, block, params, 0, stream));
#else
	CHECK(cudaLaunchKernel(add_address(), grid, block, params, 0, stream));
#endif
}

/* The API function, and its twin for the per-thread default stream. */
static void launch_by_address(const struct buffers *memory)
{
	const struct sim_dim3 grid = { COUNT / 128, 1, 1 }, block = { 128, 1, 1 };
	struct buffers copy = *memory;
	int count = COUNT;
	void *params[] = { &copy.out, &copy.a, &copy.b, &count };

	CHECK(cudaLaunchKernel(add_address(), grid, block, params, 0, NULL));
	CHECK(cudaLaunchKernel_ptsz(add_address(), grid, block, params, 0, NULL));
	CHECK(cudaStreamSynchronize_ptsz(NULL));
}

static void check_sum(const float *sum, float factor)
{
	int i;

	for (i = 0; i < COUNT; i++)
		CHECK_TRUE(sum[i] == factor * (float)i);
}

static void start(void)
{
	int count = 0, device = -1, version = 0, driver_version = 0;
	size_t available = 0, total = 0;

	CHECK(cudaRuntimeGetVersion(&version));
	CHECK_EQUAL(version / 1000, SIM_CUDART_MAJOR);
	CHECK(cudaDriverGetVersion(&driver_version));
	CHECK_TRUE(driver_version > 0);
	CHECK(cudaGetDeviceCount(&count));
	CHECK_TRUE(count >= 1);
	CHECK(cudaSetDevice(0));
	CHECK(cudaGetDevice(&device));
	CHECK_EQUAL(device, 0);
	CHECK(cudaMemGetInfo(&available, &total));
	CHECK_TRUE(available <= total);
	/* Four calls that answer with an error: two fail, two repeat the last failure. */
	CHECK_EQUAL(cudaSetDevice(9999), INVALID_DEVICE);
	CHECK_EQUAL(cudaPeekAtLastError(), INVALID_DEVICE);
	CHECK_EQUAL(cudaGetLastError(), INVALID_DEVICE);
	CHECK_EQUAL(cudaMalloc(NULL, 1), INVALID_VALUE);
	CHECK_EQUAL(cudaGetLastError(), INVALID_VALUE);
	CHECK(cudaGetLastError());
	CHECK_TRUE(strcmp(cudaGetErrorName(0), "cudaSuccess") == 0);
	CHECK_TRUE(strcmp(cudaGetErrorString(0), "no error") == 0);
}

static void copy_and_launch(struct buffers *memory)
{
	float x[COUNT], y[COUNT], sum[COUNT];
	int i;

	for (i = 0; i < COUNT; i++) {
		x[i] = (float)i;
		y[i] = 4 * (float)i;
	}
	CHECK(cudaMemcpy(memory->a, x, BYTES, SIM_HOST_TO_DEVICE));
	CHECK(cudaMemcpy(memory->b, y, BYTES, SIM_HOST_TO_DEVICE));
	launch(memory, NULL);
	CHECK(cudaDeviceSynchronize());
	CHECK(cudaMemcpy(sum, memory->out, BYTES, SIM_DEVICE_TO_HOST));
	check_sum(sum, 5);
	CHECK(cudaMemcpy(memory->b, memory->a, BYTES, SIM_DEVICE_TO_DEVICE));
	launch_by_address(memory);
	CHECK(cudaMemcpy(sum, memory->out, BYTES, SIM_COPY_DEFAULT));
	check_sum(sum, 2);
}

/* Two planes of four rows of 64 bytes. */
static void copy_3d(struct buffers *memory)
{
	char from[512], to[512] = { 0 };
	struct sim_copy_3d copy = {
		.from = { from, 64, 64, 4 },
		.to = { memory->out, 64, 64, 4 },
		.extent = { 64, 4, 2 },
		.kind = SIM_HOST_TO_DEVICE,
	};

	memset(from, 'x', sizeof(from));
	CHECK(cudaMemcpy3D(&copy));
	CHECK(cudaMemcpy(to, memory->out, sizeof(to), SIM_DEVICE_TO_HOST));
	CHECK(memcmp(from, to, sizeof(to)));
}

static int instantiate(void **executable, void *graph)
{
#if SIM_CUDART_MAJOR < 12
	return cudaGraphInstantiate(executable, graph, NULL, NULL, 0);
#else
	return cudaGraphInstantiate(executable, graph, 0);
#endif
}

static void use_graph(struct buffers *memory)
{
	void *stream = NULL, *graph = NULL, *executable = NULL, *event = NULL, *extra = NULL;
	int status = -1;

	CHECK(cudaStreamCreate(&stream));
	CHECK(cudaEventCreate(&event));
	CHECK(cudaMallocAsync(&extra, BYTES, stream));
	CHECK(cudaFreeAsync(extra, stream));
	CHECK(cudaStreamBeginCapture(stream, 2));
	launch(memory, stream);
	CHECK(cudaStreamIsCapturing(stream, &status));
	CHECK_EQUAL(status, 1);
	CHECK(cudaStreamEndCapture(stream, &graph));
	CHECK(instantiate(&executable, graph));
	CHECK(cudaGraphLaunch(executable, stream));
	CHECK(cudaGraphLaunch(executable, stream));
	CHECK(cudaEventRecord(event, stream));
	CHECK(cudaEventSynchronize(event));
	CHECK(cudaStreamSynchronize(stream));
	CHECK(cudaGraphExecDestroy(executable));
	CHECK(cudaGraphDestroy(graph));
	CHECK(cudaEventDestroy(event));
	CHECK(cudaStreamDestroy(stream));
}

static void run_round(void)
{
	struct buffers memory = { NULL, NULL, NULL };
	void *managed = NULL;

	CHECK(cudaMalloc(&memory.a, BYTES));
	CHECK(cudaMalloc(&memory.b, BYTES));
	CHECK(cudaMalloc(&memory.out, BYTES));
	CHECK(cudaMallocManaged(&managed, BYTES, 1));
	CHECK(cudaMemset(managed, 0, BYTES));
	copy_and_launch(&memory);
	copy_3d(&memory);
	use_graph(&memory);
	CHECK(cudaFree(managed));
	CHECK(cudaFree(memory.out));
	CHECK(cudaFree(memory.b));
	CHECK(cudaFree(memory.a));
}

int main(int argc, char **argv)
{
	int i, rounds = argc > 1 ? atoi(argv[1]) : 1;

	start();
	for (i = 0; i < rounds; i++)
		run_round();
	printf("rounds %d: launches %d, captured %d, graph launches %d, graph kernels %d\n", rounds,
		3 * rounds, rounds, 2 * rounds, 2 * rounds);
	return 0;
}
