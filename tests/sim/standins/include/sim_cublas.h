/* SPDX-License-Identifier: MIT */
/* What the stand-in cuBLAS and cuBLASLt offer, under their names with our own types. */
#ifndef SIM_CUBLAS_H
#define SIM_CUBLAS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_CUBLAS_VERSION 130000

int cublasCreate_v2(void **handle);
int cublasDestroy_v2(void *handle);
int cublasSetStream_v2(void *handle, void *stream);
int cublasGetVersion_v2(void *handle, int *version);
size_t cublasGetCudartVersion(void);
const char *cublasGetStatusString(int status);
int cublasSgemm_v2(void *handle, int transpose_a, int transpose_b, int m, int n, int k,
	const float *alpha, const float *a, int lda, const float *b, int ldb, const float *beta,
	float *c, int ldc);

int cublasLtCreate(void **handle);
int cublasLtDestroy(void *handle);
size_t cublasLtGetVersion(void);
int cublasLtMatmul(void *handle, void *operation, const void *alpha, const void *a, void *a_layout,
	const void *b, void *b_layout, const void *beta, const void *c, void *c_layout, void *d,
	void *d_layout, const void *algorithm, void *workspace, size_t workspace_bytes,
	void *stream);

#ifdef __cplusplus
}
#endif
#endif
