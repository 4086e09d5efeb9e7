/* blas: cuBLAS. A matrix product of cuBLAS goes through cuBLASLt: those calls are its own. */
#include <cublas_v2.h>

#include "calls.h"

enum { N = 256, TIMES = 7 };

int main(void)
{
	const float one = 1, zero = 0;
	const float *as[2], *bs[2];
	float *cs[2], **pointers, *a, *b, *c, dot = 0;
	cublasHandle_t handle;
	cudaStream_t stream;
	int version = 0;

	need_device();
	a = filled(N * N, 1);
	b = filled(N * N, 2);
	c = filled(N * N, 0);
	CHECK(cudaStreamCreate(&stream));
	CALL(cublas, cublasCreate, &handle);
	CALL(cublas, cublasGetVersion, handle, &version);
	CALL(cublas, cublasSetStream, handle, stream);
	CALL(cublas, cublasSetMathMode, handle, CUBLAS_DEFAULT_MATH);
	for (int i = 0; i < TIMES; i++)
		CALL(cublas, cublasSgemm, handle, CUBLAS_OP_N, CUBLAS_OP_T, N, N, N, &one, a, N, b,
			N, &zero, c, N);
	CHECK(cudaStreamSynchronize(stream));
	CHECK_TRUE(first_of(c) == 2 * N);
	CALL(cublas, cublasGemmEx, handle, CUBLAS_OP_N, CUBLAS_OP_N, N, N, N, &one, a, CUDA_R_32F,
		N, b, CUDA_R_32F, N, &zero, c, CUDA_R_32F, N, CUBLAS_COMPUTE_32F,
		CUBLAS_GEMM_DEFAULT);
	CALL(cublas, cublasSgemmStridedBatched, handle, CUBLAS_OP_N, CUBLAS_OP_N, 16, 16, 16, &one,
		a, 16, 256, b, 16, 256, &zero, c, 16, 256, 4);
	for (int i = 0; i < 2; i++) {
		as[i] = a;
		bs[i] = b;
		cs[i] = c + i * 256;
	}
	CHECK(cudaMalloc((void **)&pointers, 6 * sizeof(*pointers)));
	CHECK(cudaMemcpy(pointers, as, sizeof(as), cudaMemcpyHostToDevice));
	CHECK(cudaMemcpy(pointers + 2, bs, sizeof(bs), cudaMemcpyHostToDevice));
	CHECK(cudaMemcpy(pointers + 4, cs, sizeof(cs), cudaMemcpyHostToDevice));
	CALL(cublas, cublasSgemmBatched, handle, CUBLAS_OP_N, CUBLAS_OP_N, 16, 16, 16, &one,
		(const float *const *)pointers, 16, (const float *const *)(pointers + 2), 16, &zero,
		pointers + 4, 16, 2);
	CALL(cublas, cublasSaxpy, handle, N, &one, a, 1, b, 1);
	CALL(cublas, cublasSdot, handle, N, a, 1, a, 1, &dot);
	CHECK_TRUE(dot == N);
	CHECK(cudaStreamSynchronize(stream));
	CALL(cublas, cublasDestroy, handle);
	say_calls();
	expect_word("verdict", "gpu-work");
	return 0;
}
