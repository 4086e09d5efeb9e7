/*
 * basic [ROUNDS]: what most programs do. Built with the static and the shared runtime, and with a
 * default stream for each thread (-DPER_THREAD), whose functions have names of their own.
 */
#include <stdint.h>

#include "program.h"

enum { COUNT = 4096, BYTES = COUNT * (int)sizeof(float), BLOCK = 256 };

#ifdef PER_THREAD
#define TWIN(name, suffix) name suffix
#else
#define TWIN(name, suffix) name
#endif

extern "C" __global__ void add(float *out, const float *a, const float *b, int n)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;

	if (i < n)
		out[i] = a[i] + b[i];
}

template <typename T> __global__ void scale(T *values, T by, int n)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;

	if (i < n)
		values[i] *= by;
}

struct buffers {
	float *a, *b, *out;
	float host[COUNT];
};

static void check_all(const struct buffers *m, float factor)
{
	for (int i = 0; i < COUNT; i++)
		CHECK_TRUE(m->host[i] == factor * i);
}

static void set_up(struct buffers *m)
{
	for (int i = 0; i < COUNT; i++)
		m->host[i] = (float)i;
	CHECK(cudaMalloc(&m->a, BYTES));
	CHECK(cudaMalloc(&m->b, BYTES));
	CHECK(cudaMalloc(&m->out, BYTES));
	CHECK(cudaMemcpy(m->a, m->host, BYTES, cudaMemcpyHostToDevice));
	CHECK(cudaMemcpy(m->b, m->host, BYTES, cudaMemcpyHostToDevice));
	CHECK(cudaMemset(m->out, 0, BYTES));
}

/* add three times, by each way to launch; scale of two types. */
static void launch_all(struct buffers *m, double *doubles, cudaStream_t stream)
{
	int n = COUNT;
	void *params[] = { &m->out, &m->a, &m->b, &n };
	cudaLaunchConfig_t config = {};

	add<<<COUNT / BLOCK, BLOCK, 0, stream>>>(m->out, m->a, m->b, n);
	CHECK(cudaGetLastError());
	CHECK(cudaLaunchKernel(
		(const void *)add, dim3(COUNT / BLOCK), dim3(BLOCK), params, 0, stream));
	config.gridDim = dim3(COUNT / BLOCK);
	config.blockDim = dim3(BLOCK);
	config.stream = stream;
	CHECK(cudaLaunchKernelExC(&config, (const void *)add, params));
	scale<float><<<COUNT / BLOCK, BLOCK, 0, stream>>>(m->out, 2.0f, n);
	CHECK(cudaGetLastError());
	scale<double><<<1, 1, 0, stream>>>(doubles, 2.0, 1);
	CHECK(cudaGetLastError());
}

static void run_round(struct buffers *m)
{
	cudaStream_t stream;
	cudaEvent_t event;
	double *doubles;

	set_up(m);
	CHECK(cudaMalloc(&doubles, sizeof(double)));
	CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
	CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
	CHECK(cudaDeviceSynchronize());
	launch_all(m, doubles, 0);
	CHECK(cudaStreamSynchronize(0));
	launch_all(m, doubles, stream);
	CHECK(cudaEventRecord(event, stream));
	CHECK(cudaEventSynchronize(event));
	CHECK(cudaMemcpy(m->host, m->out, BYTES, cudaMemcpyDeviceToHost));
	check_all(m, 4);
	CHECK(cudaEventDestroy(event));
	CHECK(cudaStreamDestroy(stream));
	CHECK(cudaFree(doubles));
	CHECK(cudaFree(m->out));
	CHECK(cudaFree(m->b));
	CHECK(cudaFree(m->a));
}

static void say_expected(int rounds)
{
	expect_word("verdict", "gpu-work");
	expect("launches", 10 * rounds);
	expect("captured_launches", 0);
	expect("graph_kernels", 0);
	expect("confirmed_kernels", 10 * rounds);
	expect("kernel.add", 6 * rounds);
	expect("memory.allocations", 4 * rounds);
	expect("memory.frees", 4 * rounds);
	expect("memory.live_bytes", 0);
	expect("memory.peak_bytes", 3 * BYTES + (int)sizeof(double));
	expect("copies.host_to_device.calls", 2 * rounds);
	expect("copies.host_to_device.bytes", 2LL * BYTES * rounds);
	expect("copies.device_to_host.bytes", (long long)BYTES * rounds);
	expect("copies.memset.bytes", (long long)BYTES * rounds);
#ifdef SHARED_RUNTIME
	expect("calls.runtime.cudaMalloc", 4 * rounds);
	expect("calls.runtime.cudaFree", 4 * rounds);
	expect(TWIN("calls.runtime.cudaMemcpy", "_ptds"), 3 * rounds);
	expect(TWIN("calls.runtime.cudaMemset", "_ptds"), rounds);
	expect(TWIN("calls.runtime.cudaLaunchKernelExC", "_ptsz"), 2 * rounds);
	expect("calls.runtime.cudaGetLastError", 6 * rounds);
	expect("calls.runtime.cudaDeviceSynchronize", rounds);
	expect("calls.runtime.cudaGetDeviceCount", 1);
#endif
}

int main(int argc, char **argv)
{
	static struct buffers memory;
	int rounds = argc > 1 ? atoi(argv[1]) : 3;

	need_device();
	for (int i = 0; i < rounds; i++)
		run_round(&memory);
	say_expected(rounds);
	return 0;
}
