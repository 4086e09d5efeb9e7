/* SPDX-License-Identifier: MIT */
/*
 * client-blas [ROUNDS]: linked to libcublas and libcublasLt. The product that libcublas makes by
 * libcublasLt is no call of this program; the one that it makes itself is.
 */
#include "../sim/standins/include/sim_cublas.h"
#include "check.h"

enum { NOT_INITIALIZED = 1 };

int main(int argc, char **argv)
{
	int i, version = 0, rounds = argc > 1 ? atoi(argv[1]) : 1;
	const float one = 1, zero = 0;
	float a[4] = { 0 }, b[4] = { 0 }, c[4] = { 0 };
	void *handle = NULL, *light = NULL;

	CHECK(cublasCreate_v2(&handle));
	CHECK(cublasGetVersion_v2(handle, &version));
	CHECK_EQUAL(version, SIM_CUBLAS_VERSION);
	CHECK_EQUAL(cublasLtGetVersion(), SIM_CUBLAS_VERSION);
	CHECK_EQUAL(cublasGetCudartVersion(), 13000);
	CHECK_EQUAL(cublasSetStream_v2(NULL, NULL), NOT_INITIALIZED);
	CHECK(cublasLtCreate(&light));
	for (i = 0; i < rounds; i++) {
		CHECK(cublasSgemm_v2(handle, 0, 0, 2, 2, 2, &one, a, 2, b, 2, &zero, c, 2));
		CHECK(cublasSgemm_v2(handle, 0, 1, 2, 2, 2, &one, a, 2, b, 2, &zero, c, 2));
		CHECK(cublasLtMatmul(light, NULL, &one, a, NULL, b, NULL, &zero, c, NULL, c, NULL,
			NULL, NULL, 0, NULL));
	}
	CHECK(cublasLtDestroy(light));
	CHECK(cublasDestroy_v2(handle));
	printf("rounds %d: launches %d, errors 1\n", rounds, 3 * rounds);
	return 0;
}
