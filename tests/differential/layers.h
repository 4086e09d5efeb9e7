/* SPDX-License-Identifier: MIT */
/*
 * The functions above the driver that the plugins of the random programs call, and how a plugin
 * tells the program that loaded it what it did.
 */
#ifndef DIFFERENTIAL_LAYERS_H
#define DIFFERENTIAL_LAYERS_H

#include <stdint.h>

#include "random.h"

#define LAYER_LIBRARIES(X)                \
	X(CUDART_11, "libcudart.so.11.0") \
	X(CUDART_12, "libcudart.so.12")   \
	X(CUDART_13, "libcudart.so.13")   \
	X(CUDNN_8, "libcudnn.so.8")       \
	X(CUDNN_9, "libcudnn.so.9")       \
	X(CUBLAS, "libcublas.so.13")      \
	X(CUBLASLT, "libcublasLt.so.13")

#define LAYER_LIBRARY_ID(id, name) LIBRARY_##id,
enum layer_library { LAYER_LIBRARIES(LAYER_LIBRARY_ID) LIBRARIES };

#define LAYER_FUNCTIONS(X)                   \
	X(cudaRuntimeGetVersion)             \
	X(cudaGetDeviceCount)                \
	X(cudaSetDevice)                     \
	X(cudaDeviceSynchronize)             \
	X(cudaGetLastError)                  \
	X(cudaGetErrorName)                  \
	X(cudaMalloc)                        \
	X(cudaMallocManaged)                 \
	X(cudaFree)                          \
	X(cudaMallocHost)                    \
	X(cudaFreeHost)                      \
	X(cudaMemcpy)                        \
	X(cudaMemcpy_ptds)                   \
	X(cudaMemcpyAsync)                   \
	X(cudaMemset)                        \
	X(cudaStreamCreate)                  \
	X(cudaStreamDestroy)                 \
	X(cudaStreamSynchronize)             \
	X(cudaLaunchKernel)                  \
	X(cudaLaunchKernel_ptsz)             \
	X(__cudaRegisterFatBinary)           \
	X(__cudaRegisterFatBinaryEnd)        \
	X(__cudaRegisterFunction)            \
	X(__cudaUnregisterFatBinary)         \
	X(cudnnGetVersion)                   \
	X(cudnnGetErrorString)               \
	X(cudnnCreate)                       \
	X(cudnnDestroy)                      \
	X(cudnnSetStream)                    \
	X(cudnnCreateTensorDescriptor)       \
	X(cudnnSetTensor4dDescriptor)        \
	X(cudnnDestroyTensorDescriptor)      \
	X(cudnnCreateFilterDescriptor)       \
	X(cudnnDestroyFilterDescriptor)      \
	X(cudnnCreateConvolutionDescriptor)  \
	X(cudnnDestroyConvolutionDescriptor) \
	X(cudnnConvolutionForward)           \
	X(cublasCreate_v2)                   \
	X(cublasDestroy_v2)                  \
	X(cublasGetVersion_v2)               \
	X(cublasSetStream_v2)                \
	X(cublasGetCudartVersion)            \
	X(cublasSgemm_v2)                    \
	X(cublasLtCreate)                    \
	X(cublasLtDestroy)                   \
	X(cublasLtGetVersion)                \
	X(cublasLtMatmul)

#define LAYER_FUNCTION_ID(name) LAYER_##name,
enum layer_function { LAYER_FUNCTIONS(LAYER_FUNCTION_ID) LAYER_FUNCTION_COUNT };

enum plugin_copy { PLUGIN_IN, PLUGIN_OUT, PLUGIN_WITHIN, PLUGIN_DEFAULT, PLUGIN_MEMSET };

/* What a plugin tells. The device is the one that it was asked to work on. */
struct plugin_host {
	struct random *random;
	int device;
	int (*call)(enum layer_library library, enum layer_function function, int status);
	void (*copy)(const struct plugin_host *host, enum plugin_copy direction, uint64_t bytes);
	void (*kernel)(const struct plugin_host *host, const char *name);
	void (*memory)(const struct plugin_host *host, int64_t bytes, int n);
	void (*pinned)(const struct plugin_host *host, int64_t bytes, int n);
	void (*waited)(const struct plugin_host *host); /* for all that the device had to do */
};

/* The plugin's two functions. Its constructor and destructor make calls as well: `loaded` tells
 * about the first, and before it is unloaded about the second. */
typedef void (*plugin_work_function)(const struct plugin_host *host, unsigned rounds);
typedef void (*plugin_loaded_function)(const struct plugin_host *host);

#endif
