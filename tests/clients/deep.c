/* SPDX-License-Identifier: MIT */
#include "deep.h"

#include "../sim/standins/include/sim_cudnn.h"
#include "../sim/standins/include/sim_runtime.h"

enum { SIDE = 4, COUNT = SIDE * SIDE, BYTES = COUNT * (int)sizeof(float) };

struct pass {
	void *handle, *tensor, *activation, *x, *y;
};

/* Leaves with the status of the first call that fails. */
#define TRY(call)                          \
	do {                               \
		int try_status = (call);   \
                                           \
		if (try_status)            \
			return try_status; \
	} while (0)

static int open_pass(struct pass *pass)
{
	TRY(cudnnCreate(&pass->handle));
	TRY(cudnnCreateTensorDescriptor(&pass->tensor));
	TRY(cudnnSetTensor4dDescriptor(
		pass->tensor, SIM_CUDNN_NCHW, SIM_CUDNN_FLOAT, 1, 1, SIDE, SIDE));
	TRY(cudnnCreateActivationDescriptor(&pass->activation));
	TRY(cudnnSetActivationDescriptor(pass->activation, SIM_CUDNN_RELU, 0, 0.0));
	TRY(cudaMalloc(&pass->x, BYTES));
	TRY(cudaMalloc(&pass->y, BYTES));
	return 0;
}

static int forward(struct pass *pass)
{
	const float one = 1, zero = 0;
	float values[COUNT] = { 0 };

	TRY(cudaMemcpy(pass->x, values, BYTES, SIM_HOST_TO_DEVICE));
	TRY(cudnnActivationForward(pass->handle, pass->activation, &one, pass->tensor, pass->x,
		&zero, pass->tensor, pass->y));
	TRY(cudaMemcpy(values, pass->y, BYTES, SIM_DEVICE_TO_HOST));
	return 0;
}

static int close_pass(struct pass *pass)
{
	TRY(cudaFree(pass->y));
	TRY(cudaFree(pass->x));
	TRY(cudnnDestroyActivationDescriptor(pass->activation));
	TRY(cudnnDestroyTensorDescriptor(pass->tensor));
	TRY(cudnnDestroy(pass->handle));
	return 0;
}

int deep_run(int rounds, double *version)
{
	struct pass pass = { 0 };
	int i;

	*version = (double)cudnnGetVersion();
	TRY(open_pass(&pass));
	for (i = 0; i < rounds; i++)
		TRY(forward(&pass));
	return close_pass(&pass);
}
