/* fault: a kernel writes where nothing is. The program notices, says so and ends with status 3. */
#include "program.h"

extern "C" __global__ void astray(int *nowhere)
{
	*nowhere = 1;
}

int main(void)
{
	cudaError_t status;

	need_device();
	astray<<<1, 1>>>((int *)16);
	CHECK(cudaGetLastError());
	status = cudaDeviceSynchronize();
	printf("%s\n", cudaGetErrorName(status));
	CHECK_TRUE(status == cudaErrorIllegalAddress);
	expect("launches", 1);
	expect_word("verdict", "gpu-fault");
	return 3;
}
