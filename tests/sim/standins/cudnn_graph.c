/* SPDX-License-Identifier: MIT */
/* libcudnn_graph.so.9: handles, versions and the backend API. Also a part of libcudnn.so.8. */
#include <stdlib.h>

#include "descriptor.h"
#include "kernel.h"

static struct standin_kernel graph_kernel = STANDIN_KERNEL("sim_cudnn_graph_execute");

/* A real part exports data too, and nothing that counts calls may mistake it for a function. */
extern const int cudnnSimData[4];
const int cudnnSimData[4] = { 9, 1, 9, 0 };

static const char *status_name(int status)
{
	switch (status) {
	case DNN_OK:
		return "CUDNN_STATUS_SUCCESS";
	case DNN_NOT_INITIALIZED:
		return "CUDNN_STATUS_NOT_INITIALIZED";
	case DNN_BAD_PARAM:
		return "CUDNN_STATUS_BAD_PARAM";
	case DNN_EXECUTION_FAILED:
		return "CUDNN_STATUS_EXECUTION_FAILED";
	default:
		return "CUDNN_UNKNOWN_STATUS";
	}
}

/* As the real one: it needs a device, and says only "not initialized" without. */
static int create(void **result)
{
	struct dnn_handle *handle;

	if (!result)
		return DNN_BAD_PARAM;
	if (cudaFree(NULL))
		return DNN_NOT_INITIALIZED;
	handle = calloc(1, sizeof(*handle));
	*result = handle;
	return handle ? DNN_OK : DNN_NO_MEMORY;
}

static int destroy(void *handle)
{
	free(handle);
	return handle ? DNN_OK : DNN_BAD_PARAM;
}

static int set_stream(struct dnn_handle *handle, void *stream)
{
	if (!handle)
		return DNN_BAD_PARAM;
	handle->stream = stream;
	return DNN_OK;
}

static int get_stream(const struct dnn_handle *handle, void **stream)
{
	if (!handle || !stream)
		return DNN_BAD_PARAM;
	*stream = handle->stream;
	return DNN_OK;
}

static int finalize(struct dnn_descriptor *descriptor)
{
	if (descriptor_bad(descriptor, DNN_BACKEND))
		return DNN_BAD_PARAM;
	descriptor->finalized = 1;
	return DNN_OK;
}

static int execute(struct dnn_handle *handle, const struct dnn_descriptor *plan)
{
	if (!handle || descriptor_bad(plan, DNN_BACKEND) || !plan->finalized)
		return DNN_BAD_PARAM;
	return standin_launch(&graph_kernel, NULL, handle->stream) ? DNN_EXECUTION_FAILED : DNN_OK;
}

STANDIN_VALUE(size_t, cudnnGetVersion, (void), SIM_CUDNN_MAJOR >= 9 ? SIM_CUDNN_VERSION : 8907)
STANDIN_VALUE(size_t, cudnnGetCudartVersion, (void), SIM_CUDNN_MAJOR >= 9 ? 13000 : 11080)
STANDIN_VALUE(const char *, cudnnGetErrorString, (int status), status_name(status))
STANDIN(cudnnCreate, (void **handle), create(handle))
STANDIN(cudnnDestroy, (void *handle), destroy(handle))
STANDIN(cudnnSetStream, (void *handle, void *stream), set_stream(handle, stream))
STANDIN(cudnnGetStream, (void *handle, void **stream), get_stream(handle, stream))
STANDIN(cudnnBackendCreateDescriptor, (int type, void **descriptor),
	descriptor_create(DNN_BACKEND, type, descriptor))
STANDIN(cudnnBackendDestroyDescriptor, (void *descriptor),
	descriptor_destroy(descriptor, DNN_BACKEND))
STANDIN(cudnnBackendSetAttribute,
	(void *descriptor, int name, int type, int64_t count, const void *values),
	name < 0 || type < 0 || count < 0 || !values ? DNN_BAD_PARAM
						     : descriptor_bad(descriptor, DNN_BACKEND))
STANDIN(cudnnBackendFinalize, (void *descriptor), finalize(descriptor))
STANDIN(cudnnBackendExecute, (void *handle, void *plan, void *pack),
	pack ? execute(handle, plan) : DNN_BAD_PARAM)
