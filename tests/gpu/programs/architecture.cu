/*
 * architecture: its kernel is built for another GPU than this machine's, without PTX. It is never
 * launched, and a program that does not look at the error goes on with zeros.
 */
#include "program.h"

extern "C" __global__ void never(int *value)
{
	*value = 1;
}

int main(void)
{
	int *value, read = -1;
	cudaError_t status;

	need_device();
	CHECK(cudaMalloc(&value, sizeof(int)));
	CHECK(cudaMemset(value, 0, sizeof(int)));
	never<<<1, 1>>>(value);
	status = cudaGetLastError();
	printf("%s\n", cudaGetErrorName(status));
	CHECK_TRUE(status != cudaSuccess);
	CHECK(cudaMemcpy(&read, value, sizeof(read), cudaMemcpyDeviceToHost));
	printf("%d\n", read);
	CHECK(cudaFree(value));
	expect("kernels", 0);
	expect("memory.live_bytes", 0);
	expect_word("verdict", "gpu-idle");
	return 0;
}
