/* SPDX-License-Identifier: MIT */
/* client-framework [ROUNDS]: linked to libframework.so, whose stubs have the names of CUDA's own.
 */
#include "../sim/standins/include/sim_cudnn.h"
#include "../sim/standins/include/sim_driver.h"
#include "check.h"

int main(int argc, char **argv)
{
	int i, version = 0, count = 0, rounds = argc > 1 ? atoi(argv[1]) : 1;
	void *handle = NULL;

	CHECK(cuInit(0));
	for (i = 0; i < rounds; i++) {
		CHECK(cuDriverGetVersion(&version));
		CHECK(cuDeviceGetCount(&count));
		CHECK(cudnnCreate(&handle));
		CHECK(cudnnDestroy(handle));
	}
	printf("rounds %d\n", rounds);
	return 0;
}
