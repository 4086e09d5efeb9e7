/* blaslt: cuBLASLt by itself. */
#include <cublasLt.h>

#include "calls.h"

enum { N = 512, TIMES = 5 };

int main(void)
{
	const float one = 1, zero = 0;
	cublasLtMatmulHeuristicResult_t found = {};
	cublasLtMatmulPreference_t preference;
	cublasLtMatmulDesc_t product;
	cublasLtMatrixLayout_t layout;
	cublasLtHandle_t handle;
	size_t room = 1 << 20;
	float *a, *b, *c;
	void *workspace;
	int n = 0;

	need_device();
	a = filled(N * N, 1);
	b = filled(N * N, 3);
	c = filled(N * N, 0);
	CHECK(cudaMalloc(&workspace, room));
	CALL(cublas, cublasLtCreate, &handle);
	CALL(cublas, cublasLtMatmulDescCreate, &product, CUBLAS_COMPUTE_32F, CUDA_R_32F);
	CALL(cublas, cublasLtMatrixLayoutCreate, &layout, CUDA_R_32F, N, N, N);
	CALL(cublas, cublasLtMatmulPreferenceCreate, &preference);
	CALL(cublas, cublasLtMatmulPreferenceSetAttribute, preference,
		CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &room, sizeof(room));
	CALL(cublas, cublasLtMatmulAlgoGetHeuristic, handle, product, layout, layout, layout,
		layout, preference, 1, &found, &n);
	CHECK_TRUE(n == 1);
	for (int i = 0; i < TIMES; i++)
		CALL(cublas, cublasLtMatmul, handle, product, &one, a, layout, b, layout, &zero, c,
			layout, c, layout, &found.algo, workspace, room, 0);
	CHECK_TRUE(first_of(c) == 3 * N);
	CALL(cublas, cublasLtMatmulPreferenceDestroy, preference);
	CALL(cublas, cublasLtMatrixLayoutDestroy, layout);
	CALL(cublas, cublasLtMatmulDescDestroy, product);
	CALL(cublas, cublasLtDestroy, handle);
	say_calls();
	expect_word("verdict", "gpu-work");
	return 0;
}
