/* dnn: the older interface of cuDNN: convolution forward and backward, pooling, softmax. */
#include <cudnn.h>

#include "calls.h"

enum { BATCH = 8, CHANNELS = 4, SIDE = 16, FILTERS = 8, TIMES = 5 };
enum { IN = BATCH * CHANNELS * SIDE * SIDE, OUT = BATCH * FILTERS * SIDE * SIDE };

static cudnnHandle_t handle;
static cudnnTensorDescriptor_t in, out, pooled;
static cudnnFilterDescriptor_t filter;
static cudnnConvolutionDescriptor_t convolution;
static cudnnPoolingDescriptor_t pooling;
static const float one = 1, zero = 0;

static void describe(cudnnTensorDescriptor_t *tensor, int channels, int side)
{
	CALL(cudnn, cudnnCreateTensorDescriptor, tensor);
	CALL(cudnn, cudnnSetTensor4dDescriptor, *tensor, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, BATCH,
		channels, side, side);
}

static void create(void)
{
	CALL(cudnn, cudnnCreate, &handle);
	CALL(cudnn, cudnnSetStream, handle, 0);
	describe(&in, CHANNELS, SIDE);
	describe(&out, FILTERS, SIDE);
	describe(&pooled, FILTERS, SIDE / 2);
	CALL(cudnn, cudnnCreateFilterDescriptor, &filter);
	CALL(cudnn, cudnnSetFilter4dDescriptor, filter, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW,
		FILTERS, CHANNELS, 3, 3);
	CALL(cudnn, cudnnCreateConvolutionDescriptor, &convolution);
	CALL(cudnn, cudnnSetConvolution2dDescriptor, convolution, 1, 1, 1, 1, 1, 1,
		CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT);
	CALL(cudnn, cudnnCreatePoolingDescriptor, &pooling);
	CALL(cudnn, cudnnSetPooling2dDescriptor, pooling, CUDNN_POOLING_MAX, CUDNN_PROPAGATE_NAN, 2,
		2, 0, 0, 2, 2);
}

static void convolve(const float *x, const float *w, float *y)
{
	const cudnnConvolutionFwdAlgo_t algorithm = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM;
	void *workspace = NULL;
	size_t room = 0;

	CALL(cudnn, cudnnGetConvolutionForwardWorkspaceSize, handle, in, filter, convolution, out,
		algorithm, &room);
	if (room)
		CHECK(cudaMalloc(&workspace, room));
	for (int i = 0; i < TIMES; i++)
		CALL(cudnn, cudnnConvolutionForward, handle, &one, in, x, filter, w, convolution,
			algorithm, workspace, room, &zero, out, y);
	CHECK(cudaDeviceSynchronize());
	if (workspace)
		CHECK(cudaFree(workspace));
}

static void destroy(void)
{
	CALL(cudnn, cudnnDestroyPoolingDescriptor, pooling);
	CALL(cudnn, cudnnDestroyConvolutionDescriptor, convolution);
	CALL(cudnn, cudnnDestroyFilterDescriptor, filter);
	CALL(cudnn, cudnnDestroyTensorDescriptor, pooled);
	CALL(cudnn, cudnnDestroyTensorDescriptor, out);
	CALL(cudnn, cudnnDestroyTensorDescriptor, in);
	CALL(cudnn, cudnnDestroy, handle);
}

int main(void)
{
	float *x, *w, *y, *small, *soft;

	need_device();
	x = filled(IN, 1);
	w = filled(FILTERS * CHANNELS * 9, 1);
	y = filled(OUT, 0);
	small = filled(OUT / 4, 0);
	soft = filled(OUT / 4, 0);
	create();
	convolve(x, w, y);
	/* The corner's window has four of the nine weights inside. */
	CHECK_TRUE(first_of(y) == 4 * CHANNELS);
	CALL(cudnn, cudnnPoolingForward, handle, pooling, &one, out, y, &zero, pooled, small);
	CALL(cudnn, cudnnSoftmaxForward, handle, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL,
		&one, pooled, small, &zero, pooled, soft);
	CHECK(cudaDeviceSynchronize());
	CHECK_TRUE(first_of(small) == 9 * CHANNELS);
	destroy();
	say_calls();
	expect_word("verdict", "gpu-work");
	return 0;
}
