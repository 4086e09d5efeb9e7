/* SPDX-License-Identifier: MIT */
/* libcublas.so.13: linked to libcublasLt.so.13, whose functions it calls; no kernel of its own. */
#include <stdlib.h>

#include "include/sim_cublas.h"
#include "include/sim_runtime.h"
#include "standin.h"

enum { BLAS_OK = 0, BLAS_NOT_INITIALIZED = 1, BLAS_ALLOC_FAILED = 3, BLAS_INVALID_VALUE = 7 };

struct blas_handle {
	void *lt;
	void *stream;
};

static int create(void **result)
{
	struct blas_handle *handle;
	int status;

	if (!result)
		return BLAS_INVALID_VALUE;
	if (cudaFree(NULL)) /* its own copy of the runtime */
		return BLAS_NOT_INITIALIZED;
	handle = calloc(1, sizeof(*handle));
	if (!handle)
		return BLAS_ALLOC_FAILED;
	standin_inner();
	status = cublasLtCreate(&handle->lt);
	if (status)
		free(handle);
	else
		*result = handle;
	return status;
}

static int destroy(struct blas_handle *handle)
{
	if (!handle)
		return BLAS_NOT_INITIALIZED;
	standin_inner();
	cublasLtDestroy(handle->lt);
	free(handle);
	return BLAS_OK;
}

static int set_stream(struct blas_handle *handle, void *stream)
{
	if (!handle)
		return BLAS_NOT_INITIALIZED;
	handle->stream = stream;
	return BLAS_OK;
}

static int get_version(int *version)
{
	if (!version)
		return BLAS_INVALID_VALUE;
	*version = SIM_CUBLAS_VERSION;
	return BLAS_OK;
}

static int multiply(const struct blas_handle *handle, const float *alpha, const float *a,
	const float *b, const float *beta, float *c)
{
	if (!handle)
		return BLAS_NOT_INITIALIZED;
	standin_inner();
	return cublasLtMatmul(handle->lt, NULL, alpha, a, NULL, b, NULL, beta, c, NULL, c, NULL,
		NULL, NULL, 0, handle->stream);
}

STANDIN(cublasCreate_v2, (void **handle), create(handle))
STANDIN(cublasDestroy_v2, (void *handle), destroy(handle))
STANDIN(cublasSetStream_v2, (void *handle, void *stream), set_stream(handle, stream))
STANDIN(cublasGetVersion_v2, (void *handle, int *version), ((void)handle, get_version(version)))
STANDIN_VALUE(size_t, cublasGetCudartVersion, (void), 13000)
STANDIN_VALUE(const char *, cublasGetStatusString, (int status),
	status == BLAS_OK ? "CUBLAS_STATUS_SUCCESS" : "CUBLAS_STATUS_UNKNOWN")
STANDIN(cublasSgemm_v2,
	(void *handle, int transpose_a, int transpose_b, int m, int n, int k, const float *alpha,
		const float *a, int lda, const float *b, int ldb, const float *beta, float *c,
		int ldc),
	transpose_a < 0 || transpose_b < 0 || m <= 0 || n <= 0 || k <= 0 || lda < m || ldb < k ||
			ldc < m
		? BLAS_INVALID_VALUE
		: multiply(handle, alpha, a, b, beta, c))
