/*
 * devices: N + 1 kernels on device N, each chosen by cudaSetDevice alone, and what the driver says
 * is the current context after it.
 */
#include <cuda.h>
#include <dlfcn.h>

#include "program.h"

extern "C" __global__ void here(void)
{
}

static int (*get_current)(CUcontext *);
static int (*get_device)(int *);

static void say_current(const char *when, int device)
{
	CUcontext context = NULL;
	int status = get_current(&context), found = -1;
	int of = context ? get_device(&found) : -1;

	printf("device %d, %s: cuCtxGetCurrent %d, %s context, cuCtxGetDevice %d, device %d\n",
		device, when, status, context ? "a" : "no", of, found);
}

int main(void)
{
	int count = 0;
	char key[64];
	void *driver;

	need_device();
	driver = dlopen("libcuda.so.1", RTLD_NOW);
	CHECK_TRUE(driver);
	get_current = (int (*)(CUcontext *))dlsym(driver, "cuCtxGetCurrent");
	get_device = (int (*)(int *))dlsym(driver, "cuCtxGetDevice");
	CHECK_TRUE(get_current && get_device);
	CHECK(cudaGetDeviceCount(&count));
	for (int device = 0; device < count; device++) {
		say_current("before cudaSetDevice", device);
		CHECK(cudaSetDevice(device));
		say_current("after cudaSetDevice", device);
		for (int i = 0; i <= device; i++)
			here<<<1, 1>>>();
		CHECK(cudaGetLastError());
		CHECK(cudaDeviceSynchronize());
		say_current("after a launch", device);
		snprintf(key, sizeof(key), "device.%d.kernels", device);
		expect(key, device + 1);
	}
	expect("launches", (long long)count * (count + 1) / 2);
	return 0;
}
