/* SPDX-License-Identifier: MIT */
/*
 * A plugin of the random programs: linked to a runtime (PLUGIN_CUDART: its major version), to cuDNN
 * (PLUGIN_CUDNN) or to cuBLAS (PLUGIN_CUBLAS). It does a few random things and tells its host.
 */
#include <stddef.h>

#include "../sim/standins/include/sim_cublas.h"
#include "../sim/standins/include/sim_cudnn.h"
#include "../sim/standins/include/sim_runtime.h"
#include "layers.h"

void plugin_work(const struct plugin_host *host, unsigned rounds);
void plugin_loaded(const struct plugin_host *host);

/* A call that returns a status; one that returns something else. */
#define CALL(name, ...)  (host->call(LIBRARY, LAYER_##name, name(__VA_ARGS__)))
#define VALUE(name, ...) ((void)name(__VA_ARGS__), (void)host->call(LIBRARY, LAYER_##name, 0))

static int (*call)(enum layer_library library, enum layer_function function, int status);
static int untold; /* what the constructor did */

#ifdef PLUGIN_CUDART

#if PLUGIN_CUDART == 11
#define LIBRARY LIBRARY_CUDART_11
#elif PLUGIN_CUDART == 12
#define LIBRARY LIBRARY_CUDART_12
#else
#define LIBRARY LIBRARY_CUDART_13
#endif

enum { BYTES = 1024 };

static const struct sim_fat_binary binary = { SIM_FAT_BINARY_MAGIC, 1, "sim:plugin_kernel", NULL };
static void **binary_handle;

/* Stands for the kernel on the host. */
static void stub(void)
{
}

__attribute__((constructor)) static void at_start(void)
{
	int version;

	binary_handle = __cudaRegisterFatBinary((void *)(uintptr_t)&binary);
	__cudaRegisterFunction(binary_handle, (const char *)(uintptr_t)stub, NULL, "plugin_kernel",
		-1, NULL, NULL, NULL, NULL, NULL);
	__cudaRegisterFatBinaryEnd(binary_handle);
	(void)cudaRuntimeGetVersion(&version);
	untold = 1;
}

__attribute__((destructor)) static void at_end(void)
{
	__cudaUnregisterFatBinary(binary_handle);
	if (call)
		call(LIBRARY, LAYER___cudaUnregisterFatBinary, 0);
}

static void tell_start(void)
{
	call(LIBRARY, LAYER___cudaRegisterFatBinary, 0);
	call(LIBRARY, LAYER___cudaRegisterFunction, 0);
	call(LIBRARY, LAYER___cudaRegisterFatBinaryEnd, 0);
	call(LIBRARY, LAYER_cudaRuntimeGetVersion, 0);
}

static void launch(const struct plugin_host *host, void *stream)
{
	const struct sim_dim3 one = { 1, 1, 1 };
	const void *kernel = (const void *)(uintptr_t)stub;

	if (!(random_below(host->random, 2)
			    ? CALL(cudaLaunchKernel, kernel, one, one, NULL, 0, stream)
			    : CALL(cudaLaunchKernel_ptsz, kernel, one, one, NULL, 0, stream)))
		host->kernel(host, "plugin_kernel");
}

static void copy(const struct plugin_host *host, void *memory)
{
	char text[BYTES] = "";

	if (!CALL(cudaMemcpy, memory, text, BYTES, SIM_HOST_TO_DEVICE))
		host->copy(host, PLUGIN_IN, BYTES);
	if (!CALL(cudaMemcpy_ptds, text, memory, BYTES, SIM_DEVICE_TO_HOST)) {
		host->copy(host, PLUGIN_OUT, BYTES);
		host->waited(host);
	}
	if (!CALL(cudaMemcpyAsync, memory, memory, 16, SIM_DEVICE_TO_DEVICE, NULL))
		host->copy(host, PLUGIN_WITHIN, 16);
	if (!CALL(cudaMemcpy, text, memory, 32, SIM_COPY_DEFAULT))
		host->copy(host, PLUGIN_DEFAULT, 32);
	if (!CALL(cudaMemset, memory, 1, BYTES))
		host->copy(host, PLUGIN_MEMSET, BYTES);
}

static void use_memory(const struct plugin_host *host)
{
	void *memory = NULL;
	int status = random_below(host->random, 3) ? CALL(cudaMalloc, &memory, BYTES)
						   : CALL(cudaMallocManaged, &memory, BYTES, 1);

	if (status)
		return;
	host->memory(host, BYTES, 1);
	copy(host, memory);
	if (!CALL(cudaFree, memory))
		host->memory(host, -BYTES, -1);
	if (CALL(cudaMallocHost, &memory, BYTES))
		return;
	host->pinned(host, BYTES, 1);
	if (!CALL(cudaFreeHost, memory))
		host->pinned(host, -BYTES, -1);
}

static void round_of(const struct plugin_host *host)
{
	void *stream = NULL;
	int count;

	(void)CALL(cudaGetDeviceCount, &count);
	if (random_below(host->random, 4) == 0) {
		(void)CALL(cudaSetDevice, 9999); /* an error, which is asked for and is then gone */
		(void)CALL(cudaGetLastError);
		VALUE(cudaGetErrorName, 0);
	}
	use_memory(host);
	if (CALL(cudaStreamCreate, &stream))
		return;
	launch(host, stream);
	if (!CALL(cudaStreamSynchronize, stream))
		host->waited(host);
	(void)CALL(cudaStreamDestroy, stream);
	launch(host, NULL);
	if (!CALL(cudaDeviceSynchronize))
		host->waited(host);
}

static void begin(const struct plugin_host *host)
{
	(void)CALL(cudaSetDevice, host->device);
}

#elif defined(PLUGIN_CUDNN)

#if PLUGIN_CUDNN == 8
#define LIBRARY LIBRARY_CUDNN_8
#else
#define LIBRARY LIBRARY_CUDNN_9
#endif

static void tell_start(void)
{
}

static void begin(const struct plugin_host *host)
{
	VALUE(cudnnGetVersion);
	VALUE(cudnnGetErrorString, 0);
}

static void convolve(const struct plugin_host *host, void *handle, void *tensor)
{
	static float x[64], y[64], w[9];
	const float one = 1, zero = 0;
	void *filter = NULL, *convolution = NULL;

	if (CALL(cudnnCreateFilterDescriptor, &filter) ||
		CALL(cudnnCreateConvolutionDescriptor, &convolution))
		return;
	if (!CALL(cudnnConvolutionForward, handle, &one, tensor, x, filter, w, convolution, 0, NULL,
		    0, &zero, tensor, y)) {
		host->kernel(host, "sim_cudnn_transform_input");
		host->kernel(host, "sim_cudnn_convolve");
	}
	(void)CALL(cudnnDestroyConvolutionDescriptor, convolution);
	(void)CALL(cudnnDestroyFilterDescriptor, filter);
}

static void round_of(const struct plugin_host *host)
{
	void *handle = NULL, *tensor = NULL;

	(void)CALL(cudnnCreate, NULL); /* an error */
	if (CALL(cudnnCreate, &handle))
		return;
	(void)CALL(cudnnSetStream, handle, NULL);
	if (!CALL(cudnnCreateTensorDescriptor, &tensor)) {
		(void)CALL(cudnnSetTensor4dDescriptor, tensor, SIM_CUDNN_NCHW, SIM_CUDNN_FLOAT, 1,
			1, 8, 8);
		convolve(host, handle, tensor);
		(void)CALL(cudnnDestroyTensorDescriptor, tensor);
	}
	(void)CALL(cudnnDestroy, handle);
}

#else

static void tell_start(void)
{
}

/* Two libraries, so the name is said. */
#define BLAS(name, ...) (host->call(LIBRARY_CUBLAS, LAYER_##name, name(__VA_ARGS__)))
#define LT(name, ...)   (host->call(LIBRARY_CUBLASLT, LAYER_##name, name(__VA_ARGS__)))

static void begin(const struct plugin_host *host)
{
	(void)cublasGetCudartVersion();
	(void)host->call(LIBRARY_CUBLAS, LAYER_cublasGetCudartVersion, 0);
	(void)cublasLtGetVersion();
	(void)host->call(LIBRARY_CUBLASLT, LAYER_cublasLtGetVersion, 0);
}

static void round_of(const struct plugin_host *host)
{
	const float one = 1, zero = 0;
	float a[4] = { 0 }, b[4] = { 0 }, c[4] = { 0 };
	void *handle = NULL, *light = NULL;
	int version;

	(void)BLAS(cublasSetStream_v2, NULL, NULL); /* an error */
	if (BLAS(cublasCreate_v2, &handle))
		return;
	(void)BLAS(cublasGetVersion_v2, handle, &version);
	/* What it lets libcublasLt do is no call of ours. */
	if (!BLAS(cublasSgemm_v2, handle, 0, 0, 2, 2, 2, &one, a, 2, b, 2, &zero, c, 2))
		host->kernel(host, "sim_cublas_sgemm");
	if (!LT(cublasLtCreate, &light)) {
		if (!LT(cublasLtMatmul, light, NULL, &one, a, NULL, b, NULL, &zero, c, NULL, c,
			    NULL, NULL, NULL, 0, NULL))
			host->kernel(host, "sim_cublas_sgemm");
		(void)LT(cublasLtDestroy, light);
	}
	(void)BLAS(cublasDestroy_v2, handle);
}

#endif

void plugin_loaded(const struct plugin_host *host)
{
	__atomic_store_n(&call, host->call, __ATOMIC_RELEASE);
	if (__atomic_exchange_n(&untold, 0, __ATOMIC_ACQ_REL))
		tell_start();
}

void plugin_work(const struct plugin_host *host, unsigned rounds)
{
	begin(host);
	while (rounds--)
		round_of(host);
}
