/* threads: two threads launch at the same time, one in the primary context, one in another. */
#include <cuda.h>
#include <dlfcn.h>
#include <pthread.h>

#include "program.h"

enum { LAUNCHES = 5000 };

extern "C" __global__ void one(int *value)
{
	atomicAdd(value, 1);
}

extern "C" __global__ void other(int *value)
{
	atomicAdd(value, 1);
}

static void *driver;

static void enter_other_context(void)
{
	int (*create)(CUcontext *, unsigned, int) =
		(int (*)(CUcontext *, unsigned, int))dlsym(driver, "cuCtxCreate_v2");
	CUcontext context;

	CHECK_TRUE(create);
	CHECK(create(&context, 0, 0));
}

static void *work(void *in_other)
{
	cudaStream_t stream;
	int *value, sum = 0;

	if (in_other)
		enter_other_context();
	CHECK(cudaMalloc(&value, sizeof(int)));
	CHECK(cudaMemset(value, 0, sizeof(int)));
	CHECK(cudaDeviceSynchronize());
	CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
	for (int i = 0; i < LAUNCHES; i++) {
		if (in_other)
			other<<<1, 1, 0, stream>>>(value);
		else
			one<<<1, 1, 0, stream>>>(value);
		CHECK(cudaGetLastError());
	}
	CHECK(cudaStreamSynchronize(stream));
	CHECK(cudaMemcpy(&sum, value, sizeof(sum), cudaMemcpyDeviceToHost));
	CHECK_TRUE(sum == LAUNCHES);
	CHECK(cudaStreamDestroy(stream));
	CHECK(cudaFree(value));
	return NULL;
}

int main(void)
{
	pthread_t first, second;

	need_device();
	driver = dlopen("libcuda.so.1", RTLD_NOW);
	CHECK_TRUE(driver);
	CHECK(cudaFree(NULL));
	CHECK(pthread_create(&first, NULL, work, NULL));
	CHECK(pthread_create(&second, NULL, work, driver));
	CHECK(pthread_join(first, NULL));
	CHECK(pthread_join(second, NULL));
	expect("launches", 2 * LAUNCHES);
	expect("confirmed_kernels", 2 * LAUNCHES);
	expect("kernel.one", LAUNCHES);
	expect("kernel.other", LAUNCHES);
	expect("memory.live_bytes", 0);
	expect("device.0.kernels", 2 * LAUNCHES);
	return 0;
}
