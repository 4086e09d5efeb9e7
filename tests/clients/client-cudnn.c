/* SPDX-License-Identifier: MIT */
/*
 * client-cudnn [ROUNDS]: linked to libcudnn, of version 9 (a shim in front of its parts) or, with
 * SIM_CUDNN_MAJOR=8, of version 8 (one library): descriptors, convolutions, the backend API,
 * errors.
 */
#include <string.h>

#include "../sim/standins/include/sim_cudnn.h"
#include "check.h"

#if SIM_CUDNN_MAJOR >= 9
enum { VERSION = SIM_CUDNN_VERSION, BAD_PARAM = 2000 };
#else
enum { VERSION = 8907, BAD_PARAM = 3 };
#endif

static float x[64], y[64], w[9];

static void use_tensor(void *tensor)
{
	int type, n, c, h, width, strides[4];

	CHECK(cudnnSetTensor4dDescriptor(tensor, SIM_CUDNN_NCHW, SIM_CUDNN_FLOAT, 1, 1, 8, 8));
	CHECK(cudnnGetTensor4dDescriptor(tensor, &type, &n, &c, &h, &width, &strides[0],
		&strides[1], &strides[2], &strides[3]));
	CHECK_EQUAL(h * width, 64);
	CHECK_EQUAL(strides[2], 8);
	CHECK_EQUAL(cudnnSetTensor4dDescriptor(tensor, SIM_CUDNN_NCHW, SIM_CUDNN_FLOAT, 1, 1, 0, 8),
		BAD_PARAM);
}

static void convolve(void *handle, void *tensor)
{
	const float one = 1, zero = 0;
	void *filter = NULL, *convolution = NULL;

	CHECK(cudnnCreateFilterDescriptor(&filter));
	CHECK(cudnnCreateConvolutionDescriptor(&convolution));
	CHECK(cudnnConvolutionForward(
		handle, &one, tensor, x, filter, w, convolution, 0, NULL, 0, &zero, tensor, y));
	CHECK(cudnnDestroyConvolutionDescriptor(convolution));
	CHECK(cudnnDestroyFilterDescriptor(filter));
}

static void use_backend(void *handle)
{
	const int64_t values[2] = { 1, 2 };
	void *plan = NULL, *pack = NULL;

	CHECK(cudnnBackendCreateDescriptor(SIM_CUDNN_PLAN, &plan));
	CHECK(cudnnBackendCreateDescriptor(SIM_CUDNN_PLAN + 1, &pack));
	CHECK(cudnnBackendSetAttribute(plan, 1, 3, 2, values));
	CHECK(cudnnBackendFinalize(plan));
	CHECK(cudnnBackendFinalize(pack));
	CHECK(cudnnBackendExecute(handle, plan, pack));
	CHECK(cudnnBackendDestroyDescriptor(pack));
	CHECK(cudnnBackendDestroyDescriptor(plan));
}

int main(int argc, char **argv)
{
	int i, rounds = argc > 1 ? atoi(argv[1]) : 1;
	void *handle = NULL, *tensor = NULL, *stream = &i;

	CHECK_EQUAL(cudnnGetVersion(), VERSION);
	CHECK_TRUE(strcmp(cudnnGetErrorString(0), "CUDNN_STATUS_SUCCESS") == 0);
	CHECK_EQUAL(cudnnCreate(NULL), BAD_PARAM);
	CHECK(cudnnCreate(&handle));
	CHECK(cudnnSetStream(handle, NULL));
	CHECK(cudnnGetStream(handle, &stream));
	CHECK_TRUE(!stream);
	CHECK(cudnnCreateTensorDescriptor(&tensor));
	for (i = 0; i < rounds; i++) {
		use_tensor(tensor);
		convolve(handle, tensor);
		use_backend(handle);
	}
	CHECK(cudnnDestroyTensorDescriptor(tensor));
	CHECK(cudnnDestroy(handle));
	printf("rounds %d: launches %d, errors %d\n", rounds, 3 * rounds, rounds + 1);
	return 0;
}
