/* mathlibs: cuFFT, cuRAND, cuSOLVER and cuSPARSE, one after the other. */
#include <cufft.h>
#include <curand.h>
#include <cusolverDn.h>
#include <cusparse.h>

#include "calls.h"

enum { POINTS = 1024, TIMES = 4, N = 64 };

static void transform(void)
{
	float *data = filled(2 * POINTS, 1);
	cufftHandle plan;

	CALL(cufft, cufftPlan1d, &plan, POINTS, CUFFT_C2C, 1);
	for (int i = 0; i < TIMES; i++)
		CALL(cufft, cufftExecC2C, plan, (cufftComplex *)data, (cufftComplex *)data,
			i % 2 ? CUFFT_INVERSE : CUFFT_FORWARD);
	CHECK(cudaDeviceSynchronize());
	CALL(cufft, cufftDestroy, plan);
	CHECK(cudaFree(data));
}

static void random_numbers(void)
{
	float *data = filled(POINTS, -1);
	curandGenerator_t generator;

	CALL(curand, curandCreateGenerator, &generator, CURAND_RNG_PSEUDO_PHILOX4_32_10);
	CALL(curand, curandSetPseudoRandomGeneratorSeed, generator, 1);
	for (int i = 0; i < TIMES; i++)
		CALL(curand, curandGenerateUniform, generator, data, POINTS);
	CHECK(cudaDeviceSynchronize());
	CHECK_TRUE(first_of(data) > 0);
	CALL(curand, curandDestroyGenerator, generator);
	CHECK(cudaFree(data));
}

/* The Cholesky factor of the identity. */
static void factor(void)
{
	float *matrix = filled(N * N, 0), one = 1, *workspace;
	int *info, room = 0, wrong = -1;
	cusolverDnHandle_t handle;

	for (int i = 0; i < N; i++)
		CHECK(cudaMemcpy(matrix + i * (N + 1), &one, sizeof(one), cudaMemcpyHostToDevice));
	CHECK(cudaMalloc(&info, sizeof(int)));
	CALL(cusolver, cusolverDnCreate, &handle);
	CALL(cusolver, cusolverDnSpotrf_bufferSize, handle, CUBLAS_FILL_MODE_LOWER, N, matrix, N,
		&room);
	CHECK(cudaMalloc(&workspace, (size_t)(room ? room : 1) * sizeof(float)));
	CALL(cusolver, cusolverDnSpotrf, handle, CUBLAS_FILL_MODE_LOWER, N, matrix, N, workspace,
		room, info);
	CHECK(cudaMemcpy(&wrong, info, sizeof(wrong), cudaMemcpyDeviceToHost));
	CHECK(wrong);
	CALL(cusolver, cusolverDnDestroy, handle);
}

/* The identity times a vector of threes. */
static void sparse(void)
{
	float *x = filled(N, 3), *y = filled(N, 0), *values = filled(N, 1), one = 1, zero = 0;
	int offsets[N + 1], *rows, *columns;
	cusparseDnVecDescr_t in, out;
	cusparseSpMatDescr_t matrix;
	cusparseHandle_t handle;
	void *workspace = NULL;
	size_t room = 0;

	for (int i = 0; i <= N; i++)
		offsets[i] = i;
	CHECK(cudaMalloc(&rows, sizeof(offsets)));
	CHECK(cudaMalloc(&columns, sizeof(offsets)));
	CHECK(cudaMemcpy(rows, offsets, sizeof(offsets), cudaMemcpyHostToDevice));
	CHECK(cudaMemcpy(columns, offsets, N * sizeof(int), cudaMemcpyHostToDevice));
	CALL(cusparse, cusparseCreate, &handle);
	CALL(cusparse, cusparseCreateCsr, &matrix, N, N, N, rows, columns, values,
		CUSPARSE_INDEX_32I, CUSPARSE_INDEX_32I, CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F);
	CALL(cusparse, cusparseCreateDnVec, &in, N, x, CUDA_R_32F);
	CALL(cusparse, cusparseCreateDnVec, &out, N, y, CUDA_R_32F);
	CALL(cusparse, cusparseSpMV_bufferSize, handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &one,
		matrix, in, &zero, out, CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT, &room);
	if (room)
		CHECK(cudaMalloc(&workspace, room));
	CALL(cusparse, cusparseSpMV, handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &one, matrix, in,
		&zero, out, CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT, workspace);
	CHECK_TRUE(first_of(y) == 3);
	CALL(cusparse, cusparseDestroyDnVec, in);
	CALL(cusparse, cusparseDestroyDnVec, out);
	CALL(cusparse, cusparseDestroySpMat, matrix);
	CALL(cusparse, cusparseDestroy, handle);
}

int main(void)
{
	need_device();
	transform();
	random_numbers();
	factor();
	sparse();
	say_calls();
	expect_word("verdict", "gpu-work");
	return 0;
}
