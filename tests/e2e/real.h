/* SPDX-License-Identifier: MIT */
/* What client-real and rpkg-real.so call in NVIDIA's own libraries. */
#ifndef E2E_REAL_H
#define E2E_REAL_H

#include <stddef.h>

/*
 * X(result, name, parameters): prototypes from the headers of CUDA 13.0 and cuDNN 9.19, with void *
 * for handles and int for enumerations.
 */
#define REAL_FUNCTIONS(X)                                                         \
	X(size_t, cudnnGetVersion, (void))                                        \
	X(const char *, cudnnGetErrorString, (int status))                        \
	X(int, cudnnCreate, (void **handle))                                      \
	X(int, cudnnCreateTensorDescriptor, (void **tensor))                      \
	X(int, cudnnSetTensor4dDescriptor,                                        \
		(void *tensor, int format, int type, int n, int c, int h, int w)) \
	X(int, cudnnDestroyTensorDescriptor, (void *tensor))                      \
	X(int, cudnnCreateConvolutionDescriptor, (void **convolution))            \
	X(int, cudnnDestroyConvolutionDescriptor, (void *convolution))            \
	X(int, cudaRuntimeGetVersion, (int *version))                             \
	X(int, cudaDriverGetVersion, (int *version))                              \
	X(int, cudaGetDeviceCount, (int *count))                                  \
	X(int, cudaMalloc, (void **memory, size_t bytes))                         \
	X(int, cudaGetLastError, (void))                                          \
	X(const char *, cudaGetErrorName, (int status))

/* Prints what the libraries answer, and behind it each function's calls and errors, in lines of
 * "= name calls errors". */
void real_run(int rounds);

#endif
