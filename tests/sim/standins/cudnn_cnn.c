/* SPDX-License-Identifier: MIT */
/* libcudnn_cnn.so.9: convolutions, of two kernels each. Also a part of libcudnn.so.8. */
#include "descriptor.h"
#include "kernel.h"

static struct standin_kernel transform_kernel = STANDIN_KERNEL("sim_cudnn_transform_input");
static struct standin_kernel multiply_kernel = STANDIN_KERNEL("sim_cudnn_convolve");

static int convolve(const struct dnn_handle *handle)
{
	if (!handle)
		return DNN_BAD_PARAM;
	if (standin_launch(&transform_kernel, NULL, handle->stream) ||
		standin_launch(&multiply_kernel, NULL, handle->stream))
		return DNN_EXECUTION_FAILED;
	return DNN_OK;
}

STANDIN(cudnnCreateConvolutionDescriptor, (void **convolution),
	descriptor_create(DNN_CONVOLUTION, 0, convolution))
STANDIN(cudnnDestroyConvolutionDescriptor, (void *convolution),
	descriptor_destroy(convolution, DNN_CONVOLUTION))
STANDIN(cudnnConvolutionForward,
	(void *handle, const void *alpha, const void *x_tensor, const void *x, const void *filter,
		const void *w, const void *convolution, int algorithm, void *workspace,
		size_t workspace_bytes, const void *beta, const void *y_tensor, void *y),
	!alpha || !beta || !x || !w || !y || algorithm < 0 || (workspace_bytes && !workspace) ||
			descriptor_bad(x_tensor, DNN_TENSOR) ||
			descriptor_bad(filter, DNN_FILTER) ||
			descriptor_bad(convolution, DNN_CONVOLUTION) ||
			descriptor_bad(y_tensor, DNN_TENSOR)
		? DNN_BAD_PARAM
		: convolve(handle))
