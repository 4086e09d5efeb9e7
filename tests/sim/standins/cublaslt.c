/* SPDX-License-Identifier: MIT */
/*
 * libcublasLt.so.13: has the matrix product that libcublas calls. As the real one, it looks 32
 * names up in libcuda by plain dlsym from an ELF constructor, before most preloads are awake; its
 * kernel is launched through those, in a context that its own copy of the runtime makes.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "include/sim_cublas.h"
#include "include/sim_driver.h"
#include "include/sim_runtime.h"
#include "standin.h"

enum cublas_status { /* cublasStatus_t */
	BLAS_OK = 0,
	BLAS_NOT_INITIALIZED = 1,
	BLAS_ALLOC_FAILED = 3,
	BLAS_INVALID_VALUE = 7,
	BLAS_EXECUTION_FAILED = 13,
};

/* Which names the real library asks for is not known to us, only how many. */
#define EARLY_FUNCTIONS(X)                             \
	X(cuModuleLoadData)                            \
	X(cuModuleGetFunction)                         \
	X(cuLaunchKernel)                              \
	X(cuModuleUnload)                              \
	X(cuDriverGetVersion)                          \
	X(cuGetErrorName)                              \
	X(cuGetErrorString)                            \
	X(cuDeviceGet)                                 \
	X(cuDeviceGetCount)                            \
	X(cuDeviceGetAttribute)                        \
	X(cuDeviceGetName)                             \
	X(cuCtxGetCurrent)                             \
	X(cuCtxSetCurrent)                             \
	X(cuCtxGetDevice)                              \
	X(cuCtxSynchronize)                            \
	X(cuFuncGetAttribute)                          \
	X(cuFuncSetAttribute)                          \
	X(cuFuncSetCacheConfig)                        \
	X(cuLaunchKernelEx)                            \
	X(cuLaunchCooperativeKernel)                   \
	X(cuLibraryLoadData)                           \
	X(cuLibraryGetKernel)                          \
	X(cuLibraryUnload)                             \
	X(cuKernelGetFunction)                         \
	X(cuModuleLoadDataEx)                          \
	X(cuModuleLoadFatBinary)                       \
	X(cuModuleGetGlobal_v2)                        \
	X(cuOccupancyMaxActiveBlocksPerMultiprocessor) \
	X(cuStreamGetCtx)                              \
	X(cuStreamIsCapturing)                         \
	X(cuTensorMapEncodeTiled)                      \
	X(cuTensorMapEncodeIm2col)

enum early_index {
#define EARLY_INDEX(name) EARLY_##name,
	EARLY_FUNCTIONS(EARLY_INDEX) EARLY_COUNT
};
_Static_assert(EARLY_COUNT == 32, "the real library looks up 32 names");

static const char *const early_names[EARLY_COUNT] = {
#define EARLY_NAME(name) #name,
	EARLY_FUNCTIONS(EARLY_NAME)
};
static void *early[EARLY_COUNT];
static void *function;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void look_up_early(void)
{
	void *libcuda = dlopen("libcuda.so.1", RTLD_LAZY);
	size_t i;

	for (i = 0; libcuda && i < EARLY_COUNT; i++)
		early[i] = dlsym(libcuda, early_names[i]);
}

static int load_kernel(void)
{
	int (*load)(void **, const void *) =
		(int (*)(void **, const void *))(uintptr_t)early[EARLY_cuModuleLoadData];
	int (*get)(void **, void *, const char *) =
		(int (*)(void **, void *, const char *))(uintptr_t)early[EARLY_cuModuleGetFunction];
	void *module = NULL;
	int status = 0;

	pthread_mutex_lock(&lock);
	if (!function)
		status = load(&module, "sim:sim_cublas_sgemm");
	if (!status && !function)
		status = get(&function, module, "sim_cublas_sgemm");
	pthread_mutex_unlock(&lock);
	return status;
}

static int matmul(void *stream)
{
	int(*launch) SIM_LAUNCH = (int(*) SIM_LAUNCH)(uintptr_t)early[EARLY_cuLaunchKernel];

	/* Freeing nothing: how a library makes the runtime provide a context. */
	if (!launch || cudaFree(NULL) || load_kernel() ||
		launch(function, 1, 1, 1, 32, 1, 1, 0, stream, NULL, NULL))
		return BLAS_EXECUTION_FAILED;
	return BLAS_OK;
}

static int create(void **handle)
{
	if (!handle)
		return BLAS_INVALID_VALUE;
	if (cudaFree(NULL))
		return BLAS_NOT_INITIALIZED;
	*handle = malloc(1);
	return *handle ? BLAS_OK : BLAS_ALLOC_FAILED;
}

static int destroy(void *handle)
{
	free(handle);
	return handle ? BLAS_OK : BLAS_NOT_INITIALIZED;
}

STANDIN(cublasLtCreate, (void **handle), create(handle))
STANDIN(cublasLtDestroy, (void *handle), destroy(handle))
STANDIN_VALUE(size_t, cublasLtGetVersion, (void), SIM_CUBLAS_VERSION)
STANDIN(cublasLtMatmul,
	(void *handle, void *operation, const void *alpha, const void *a, void *a_layout,
		const void *b, void *b_layout, const void *beta, const void *c, void *c_layout,
		void *d, void *d_layout, const void *algorithm, void *workspace,
		size_t workspace_bytes, void *stream),
	((void)operation, (void)a_layout, (void)b_layout, (void)c_layout, (void)d_layout,
		(void)algorithm, (void)c,
		!handle || !alpha || !a || !b || !beta || !d || (workspace_bytes && !workspace)
			? BLAS_INVALID_VALUE
			: matmul(stream)))
