/*
 * dnnbackend: cuDNN's backend interface, through which today's frameworks run: a convolution as an
 * operation graph, an engine by heuristics, a plan, and the execution.
 */
#include <cudnn.h>
#include <cudnn_backend.h>

#include "calls.h"

enum { BATCH = 4, CHANNELS = 16, SIDE = 16, FILTERS = 16, TIMES = 6, ENGINES = 8 };

typedef cudnnBackendDescriptor_t descriptor;

static cudnnHandle_t handle;

static descriptor make(cudnnBackendDescriptorType_t type)
{
	descriptor made;

	CALL(cudnn, cudnnBackendCreateDescriptor, type, &made);
	return made;
}

static void set(descriptor to, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
	int64_t n, const void *value)
{
	CALL(cudnn, cudnnBackendSetAttribute, to, name, type, n, value);
}

static void finalize(descriptor made)
{
	CALL(cudnn, cudnnBackendFinalize, made);
}

/* Channels last, which every engine takes. */
static descriptor tensor(int64_t id, int64_t n, int64_t c, int64_t h, int64_t w)
{
	descriptor made = make(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
	int64_t sizes[] = { n, c, h, w }, strides[] = { c * h * w, 1, c * w, c }, alignment = 16;
	cudnnDataType_t type = CUDNN_DATA_FLOAT;

	set(made, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
	set(made, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, sizes);
	set(made, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, strides);
	set(made, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &id);
	set(made, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &alignment);
	finalize(made);
	return made;
}

static descriptor convolution(void)
{
	descriptor made = make(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
	int64_t dimensions = 2, ones[] = { 1, 1 };
	cudnnDataType_t type = CUDNN_DATA_FLOAT;
	cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;

	set(made, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &dimensions);
	set(made, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
	set(made, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
	set(made, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, ones);
	set(made, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, ones);
	set(made, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, ones);
	set(made, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, ones);
	finalize(made);
	return made;
}

static descriptor graph(descriptor x, descriptor w, descriptor y)
{
	descriptor operation = make(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
	descriptor how = convolution(), made;
	float one = 1, zero = 0;

	set(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
		&x);
	set(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
		&w);
	set(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
		&y);
	set(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &how);
	set(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_TYPE_FLOAT, 1, &one);
	set(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, CUDNN_TYPE_FLOAT, 1, &zero);
	finalize(operation);
	made = make(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
	set(made, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &operation);
	set(made, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
	finalize(made);
	return made;
}

/* The first of the proposed engines that makes a plan. A plan may fail, so it is not CALLed. */
static descriptor plan_of(descriptor operations)
{
	descriptor heuristics = make(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR), engines[ENGINES];
	cudnnBackendHeurMode_t mode = CUDNN_HEUR_MODE_A;
	int64_t n = 0;

	set(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
		&operations);
	set(heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
	finalize(heuristics);
	for (int i = 0; i < ENGINES; i++)
		engines[i] = make(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
	CALL(cudnn, cudnnBackendGetAttribute, heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, ENGINES, &n, engines);
	for (int64_t i = 0; i < n && i < ENGINES; i++) {
		descriptor plan = make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);

		set(plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
		set(plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
			&engines[i]);
		count_call("cudnn", "cudnnBackendFinalize");
		if (cudnnBackendFinalize(plan) == CUDNN_STATUS_SUCCESS)
			return plan;
	}
	skip("cuDNN has no engine for the convolution");
	return NULL;
}

static void execute(descriptor plan, void **pointers)
{
	descriptor variants = make(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
	int64_t ids[] = { 'x', 'w', 'y' }, room = 0, n = 0;
	void *workspace = NULL;

	CALL(cudnn, cudnnBackendGetAttribute, plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
		CUDNN_TYPE_INT64, 1, &n, &room);
	if (room)
		CHECK(cudaMalloc(&workspace, (size_t)room));
	set(variants, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, 3, pointers);
	set(variants, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, 3, ids);
	set(variants, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
	finalize(variants);
	for (int i = 0; i < TIMES; i++)
		CALL(cudnn, cudnnBackendExecute, handle, plan, variants);
	CHECK(cudaDeviceSynchronize());
	CALL(cudnn, cudnnBackendDestroyDescriptor, variants);
}

int main(void)
{
	void *pointers[3];
	descriptor x, w, y, plan;

	need_device();
	pointers[0] = filled(BATCH * CHANNELS * SIDE * SIDE, 1);
	pointers[1] = filled(FILTERS * CHANNELS * 9, 1);
	pointers[2] = filled(BATCH * FILTERS * SIDE * SIDE, 0);
	CALL(cudnn, cudnnCreate, &handle);
	x = tensor('x', BATCH, CHANNELS, SIDE, SIDE);
	w = tensor('w', FILTERS, CHANNELS, 3, 3);
	y = tensor('y', BATCH, FILTERS, SIDE, SIDE);
	plan = plan_of(graph(x, w, y));
	execute(plan, pointers);
	CHECK_TRUE(first_of((float *)pointers[2]) == 4 * CHANNELS);
	CALL(cudnn, cudnnBackendDestroyDescriptor, plan);
	CALL(cudnn, cudnnDestroy, handle);
	say_calls();
	expect_word("verdict", "gpu-work");
	return 0;
}
