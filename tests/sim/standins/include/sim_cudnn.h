/* SPDX-License-Identifier: MIT */
/*
 * What the stand-in cuDNN offers, under cuDNN's names with our own types: handles and descriptors
 * are void *, enumerations and statuses int. The values are those of cuDNN 9; cuDNN 8 had others.
 */
#ifndef SIM_CUDNN_H
#define SIM_CUDNN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_CUDNN_VERSION 91900
#define SIM_CUDNN_FLOAT   0  /* CUDNN_DATA_FLOAT */
#define SIM_CUDNN_NCHW    0  /* CUDNN_TENSOR_NCHW */
#define SIM_CUDNN_RELU    1  /* CUDNN_ACTIVATION_RELU */
#define SIM_CUDNN_PLAN    14 /* a descriptor type of the backend API */

/*
 * X(type, name, parameters, arguments), one table for each part: the library behind the shim which
 * has the function.
 */
#define SIM_CUDNN_GRAPH(X)                                                                      \
	X(size_t, cudnnGetVersion, (void), ())                                                  \
	X(size_t, cudnnGetCudartVersion, (void), ())                                            \
	X(const char *, cudnnGetErrorString, (int status), (status))                            \
	X(int, cudnnCreate, (void **handle), (handle))                                          \
	X(int, cudnnDestroy, (void *handle), (handle))                                          \
	X(int, cudnnSetStream, (void *handle, void *stream), (handle, stream))                  \
	X(int, cudnnGetStream, (void *handle, void **stream), (handle, stream))                 \
	X(int, cudnnBackendCreateDescriptor, (int type, void **descriptor), (type, descriptor)) \
	X(int, cudnnBackendDestroyDescriptor, (void *descriptor), (descriptor))                 \
	X(int, cudnnBackendSetAttribute,                                                        \
		(void *descriptor, int name, int type, int64_t count, const void *values),      \
		(descriptor, name, type, count, values))                                        \
	X(int, cudnnBackendFinalize, (void *descriptor), (descriptor))                          \
	X(int, cudnnBackendExecute, (void *handle, void *plan, void *pack), (handle, plan, pack))

#define SIM_CUDNN_OPS(X)                                                                       \
	X(int, cudnnCreateTensorDescriptor, (void **tensor), (tensor))                         \
	X(int, cudnnSetTensor4dDescriptor,                                                     \
		(void *tensor, int format, int type, int n, int c, int h, int w),              \
		(tensor, format, type, n, c, h, w))                                            \
	X(int, cudnnGetTensor4dDescriptor,                                                     \
		(const void *tensor, int *type, int *n, int *c, int *h, int *w, int *n_stride, \
			int *c_stride, int *h_stride, int *w_stride),                          \
		(tensor, type, n, c, h, w, n_stride, c_stride, h_stride, w_stride))            \
	X(int, cudnnDestroyTensorDescriptor, (void *tensor), (tensor))                         \
	X(int, cudnnCreateFilterDescriptor, (void **filter), (filter))                         \
	X(int, cudnnDestroyFilterDescriptor, (void *filter), (filter))                         \
	X(int, cudnnCreateActivationDescriptor, (void **activation), (activation))             \
	X(int, cudnnSetActivationDescriptor,                                                   \
		(void *activation, int mode, int propagate_nan, double coefficient),           \
		(activation, mode, propagate_nan, coefficient))                                \
	X(int, cudnnDestroyActivationDescriptor, (void *activation), (activation))             \
	X(int, cudnnActivationForward,                                                         \
		(void *handle, void *activation, const void *alpha, const void *x_tensor,      \
			const void *x, const void *beta, const void *y_tensor, void *y),       \
		(handle, activation, alpha, x_tensor, x, beta, y_tensor, y))

#define SIM_CUDNN_CNN(X)                                                                           \
	X(int, cudnnCreateConvolutionDescriptor, (void **convolution), (convolution))              \
	X(int, cudnnDestroyConvolutionDescriptor, (void *convolution), (convolution))              \
	X(int, cudnnConvolutionForward,                                                            \
		(void *handle, const void *alpha, const void *x_tensor, const void *x,             \
			const void *filter, const void *w, const void *convolution, int algorithm, \
			void *workspace, size_t workspace_bytes, const void *beta,                 \
			const void *y_tensor, void *y),                                            \
		(handle, alpha, x_tensor, x, filter, w, convolution, algorithm, workspace,         \
			workspace_bytes, beta, y_tensor, y))

#define SIM_CUDNN_PROTOTYPE(type, name, params, args) type name params;
SIM_CUDNN_GRAPH(SIM_CUDNN_PROTOTYPE)
SIM_CUDNN_OPS(SIM_CUDNN_PROTOTYPE)
SIM_CUDNN_CNN(SIM_CUDNN_PROTOTYPE)

#ifdef __cplusplus
}
#endif
#endif
