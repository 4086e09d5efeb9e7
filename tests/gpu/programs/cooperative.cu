/* cooperative: launches of grids whose blocks wait for each other, and of clusters' newer form. */
#include <cooperative_groups.h>

#include "program.h"

extern "C" __global__ void together(int *value)
{
	cooperative_groups::this_grid().sync();
	if (threadIdx.x == 0)
		atomicAdd(value, 1);
	cooperative_groups::this_grid().sync();
}

int main(void)
{
	cudaLaunchConfig_t config = {};
	cudaLaunchAttribute attribute = {};
	int *value, sum = 0, can = 0;
	void *params[] = { &value };

	need_device();
	CHECK(cudaDeviceGetAttribute(&can, cudaDevAttrCooperativeLaunch, 0));
	if (!can)
		skip("the device has no cooperative launches");
	CHECK(cudaMalloc(&value, sizeof(int)));
	CHECK(cudaMemset(value, 0, sizeof(int)));
	for (int i = 0; i < 5; i++)
		CHECK(cudaLaunchCooperativeKernel(
			(const void *)together, dim3(2), dim3(32), params, 0, 0));
	attribute.id = cudaLaunchAttributeCooperative;
	attribute.val.cooperative = 1;
	config.gridDim = dim3(2);
	config.blockDim = dim3(32);
	config.attrs = &attribute;
	config.numAttrs = 1;
	CHECK(cudaLaunchKernelExC(&config, (const void *)together, params));
	CHECK(cudaMemcpy(&sum, value, sizeof(sum), cudaMemcpyDeviceToHost));
	CHECK_TRUE(sum == 12);
	CHECK(cudaFree(value));
	expect("launches", 6);
	expect("confirmed_kernels", 6);
	expect("kernel.together", 6);
	expect_word("verdict", "gpu-work");
	return 0;
}
