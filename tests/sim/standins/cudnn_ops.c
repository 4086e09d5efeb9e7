/* SPDX-License-Identifier: MIT */
/* libcudnn_ops.so.9: tensors and activations. Also a part of libcudnn.so.8. */
#include <string.h>

#include "descriptor.h"
#include "kernel.h"

static struct standin_kernel relu_kernel = STANDIN_KERNEL("sim_cudnn_relu_forward");

static int set_tensor(struct dnn_descriptor *tensor, int type, int n, int c, int h, int w)
{
	if (descriptor_bad(tensor, DNN_TENSOR) || n <= 0 || c <= 0 || h <= 0 || w <= 0)
		return DNN_BAD_PARAM;
	tensor->type = type;
	memcpy(tensor->size, (int[4]){ n, c, h, w }, sizeof(tensor->size));
	return DNN_OK;
}

/* `out` and `strides`: n, c, h, w, densely packed. */
static int get_tensor(
	const struct dnn_descriptor *tensor, int *type, int *const out[4], int *const strides[4])
{
	int i, stride = 1;

	if (descriptor_bad(tensor, DNN_TENSOR))
		return DNN_BAD_PARAM;
	*type = tensor->type;
	for (i = 3; i >= 0; i--) {
		*out[i] = tensor->size[i];
		*strides[i] = stride;
		stride *= tensor->size[i];
	}
	return DNN_OK;
}

static int set_activation(struct dnn_descriptor *activation, int mode, double coefficient)
{
	if (descriptor_bad(activation, DNN_ACTIVATION) || coefficient < 0)
		return DNN_BAD_PARAM;
	activation->type = mode;
	return DNN_OK;
}

static int activate(const struct dnn_handle *handle, const void *activation, const void *x_tensor,
	const void *x, const void *y_tensor, const void *y)
{
	if (!handle || !x || !y || descriptor_bad(activation, DNN_ACTIVATION) ||
		descriptor_bad(x_tensor, DNN_TENSOR) || descriptor_bad(y_tensor, DNN_TENSOR))
		return DNN_BAD_PARAM;
	return standin_launch(&relu_kernel, NULL, handle->stream) ? DNN_EXECUTION_FAILED : DNN_OK;
}

STANDIN(cudnnCreateTensorDescriptor, (void **tensor), descriptor_create(DNN_TENSOR, 0, tensor))
STANDIN(cudnnSetTensor4dDescriptor,
	(void *tensor, int format, int type, int n, int c, int h, int w),
	format < 0 ? DNN_BAD_PARAM : set_tensor(tensor, type, n, c, h, w))
STANDIN(cudnnGetTensor4dDescriptor,
	(const void *tensor, int *type, int *n, int *c, int *h, int *w, int *n_stride,
		int *c_stride, int *h_stride, int *w_stride),
	get_tensor(tensor, type, (int *[4]){ n, c, h, w },
		(int *[4]){ n_stride, c_stride, h_stride, w_stride }))
STANDIN(cudnnDestroyTensorDescriptor, (void *tensor), descriptor_destroy(tensor, DNN_TENSOR))
STANDIN(cudnnCreateFilterDescriptor, (void **filter), descriptor_create(DNN_FILTER, 0, filter))
STANDIN(cudnnDestroyFilterDescriptor, (void *filter), descriptor_destroy(filter, DNN_FILTER))
STANDIN(cudnnCreateActivationDescriptor, (void **activation),
	descriptor_create(DNN_ACTIVATION, 0, activation))
STANDIN(cudnnSetActivationDescriptor,
	(void *activation, int mode, int propagate_nan, double coefficient),
	propagate_nan < 0 ? DNN_BAD_PARAM : set_activation(activation, mode, coefficient))
STANDIN(cudnnDestroyActivationDescriptor, (void *activation),
	descriptor_destroy(activation, DNN_ACTIVATION))
STANDIN(cudnnActivationForward,
	(void *handle, void *activation, const void *alpha, const void *x_tensor, const void *x,
		const void *beta, const void *y_tensor, void *y),
	alpha &&beta ? activate(handle, activation, x_tensor, x, y_tensor, y) : DNN_BAD_PARAM)
