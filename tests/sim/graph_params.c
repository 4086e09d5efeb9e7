/* SPDX-License-Identifier: MIT */
/* Reading and changing the parameters of a graph's nodes. */
#include "export.h"
#include "graph.h"
#include "module.h"

#include <string.h>

static struct node *node_of(void *handle, enum cu_node_type type)
{
	struct node *node = object_get(OBJECT_NODE, handle);

	return node && node->work.type == type ? node : NULL;
}

static enum cu_status get_kernel(void *handle, struct cu_kernel_node_params *params, int version)
{
	struct node *node = node_of(handle, CU_NODE_KERNEL);
	bool is_kernel;

	if (!node || !params)
		return CU_ERROR_INVALID_VALUE;
	is_kernel = object_get(OBJECT_KERNEL, node->work.kernel.function);
	params->function = version == 1 || !is_kernel ? node->work.kernel.function : NULL;
	memcpy(params->grid, node->work.kernel.grid, sizeof(params->grid));
	memcpy(params->block, node->work.kernel.block, sizeof(params->block));
	params->shared_bytes = node->work.kernel.shared_bytes;
	params->params = node->work.kernel.params;
	params->extra = NULL;
	if (version > 1) {
		params->kernel = is_kernel ? node->work.kernel.function : NULL;
		params->context = node->work.kernel.context;
	}
	return CU_OK;
}

static enum cu_status set_kernel(
	void *handle, const struct cu_kernel_node_params *params, int version)
{
	struct work work;
	enum cu_status status = work_of_kernel(&work, params, version);

	return status == CU_OK ? node_change(node_of(handle, CU_NODE_KERNEL), &work) : status;
}

FUNCTION(cuGraphKernelNodeGetParams, (void *node, struct cu_kernel_node_params *params),
	(node, params))
{
	return get_kernel(node, params, 1);
}

FUNCTION(cuGraphKernelNodeGetParams_v2, (void *node, struct cu_kernel_node_params *params),
	(node, params))
{
	return get_kernel(node, params, 2);
}

FUNCTION(cuGraphKernelNodeSetParams, (void *node, const struct cu_kernel_node_params *params),
	(node, params))
{
	return set_kernel(node, params, 1);
}

FUNCTION(cuGraphKernelNodeSetParams_v2, (void *node, const struct cu_kernel_node_params *params),
	(node, params))
{
	return set_kernel(node, params, 2);
}

FUNCTION(cuGraphMemcpyNodeGetParams, (void *handle, struct cu_copy_3d *copy), (handle, copy))
{
	struct node *node = node_of(handle, CU_NODE_MEMCPY);

	if (!node || !copy)
		return CU_ERROR_INVALID_VALUE;
	*copy = node->work.copy.copy;
	return CU_OK;
}

FUNCTION(cuGraphMemcpyNodeSetParams, (void *handle, const struct cu_copy_3d *copy), (handle, copy))
{
	struct node *node = node_of(handle, CU_NODE_MEMCPY);
	enum cu_status status;
	struct work work;

	if (!node)
		return CU_ERROR_INVALID_VALUE;
	status = work_of_copy(&work, copy, node->work.copy.context);
	return status == CU_OK ? node_change(node, &work) : status;
}

FUNCTION(cuGraphMemsetNodeGetParams, (void *handle, struct cu_memset_node_params *params),
	(handle, params))
{
	struct node *node = node_of(handle, CU_NODE_MEMSET);
	struct cu_memset_node_params made = { 0 };

	if (!node || !params)
		return CU_ERROR_INVALID_VALUE;
	made.to = node->work.set.to;
	made.pitch = node->work.set.pitch;
	made.value = node->work.set.value;
	made.element_size = node->work.set.element;
	made.width = node->work.set.width;
	made.height = node->work.set.height;
	memcpy(params, &made, CU_MEMSET_NODE_PARAMS_V1_SIZE);
	return CU_OK;
}

FUNCTION(cuGraphMemsetNodeSetParams, (void *handle, const struct cu_memset_node_params *params),
	(handle, params))
{
	struct node *node = node_of(handle, CU_NODE_MEMSET);
	enum cu_status status;
	struct work work;

	if (!node)
		return CU_ERROR_INVALID_VALUE;
	status = work_of_set(&work, params, node->work.set.context);
	return status == CU_OK ? node_change(node, &work) : status;
}

FUNCTION(cuGraphHostNodeGetParams, (void *handle, struct cu_host_node_params *params),
	(handle, params))
{
	struct node *node = node_of(handle, CU_NODE_HOST);

	if (!node || !params)
		return CU_ERROR_INVALID_VALUE;
	*params = node->work.host;
	return CU_OK;
}

FUNCTION(cuGraphHostNodeSetParams, (void *handle, const struct cu_host_node_params *params),
	(handle, params))
{
	struct work work;
	enum cu_status status = work_of_host(&work, params);

	return status == CU_OK ? node_change(node_of(handle, CU_NODE_HOST), &work) : status;
}

FUNCTION(cuGraphChildGraphNodeGetGraph, (void *handle, void **graph), (handle, graph))
{
	struct node *node = node_of(handle, CU_NODE_GRAPH);

	if (!node || !graph)
		return CU_ERROR_INVALID_VALUE;
	*graph = node->work.child;
	return CU_OK;
}

static enum cu_status get_event(void *handle, enum cu_node_type type, void **event)
{
	struct node *node = node_of(handle, type);

	if (!node || !event)
		return CU_ERROR_INVALID_VALUE;
	*event = node->work.event;
	return CU_OK;
}

static enum cu_status set_event(void *handle, enum cu_node_type type, void *event)
{
	struct work work;
	enum cu_status status = work_of_event(&work, type, event);

	return status == CU_OK ? node_change(node_of(handle, type), &work) : status;
}

FUNCTION(cuGraphEventRecordNodeGetEvent, (void *node, void **event), (node, event))
{
	return get_event(node, CU_NODE_EVENT_RECORD, event);
}

FUNCTION(cuGraphEventRecordNodeSetEvent, (void *node, void *event), (node, event))
{
	return set_event(node, CU_NODE_EVENT_RECORD, event);
}

FUNCTION(cuGraphEventWaitNodeGetEvent, (void *node, void **event), (node, event))
{
	return get_event(node, CU_NODE_WAIT_EVENT, event);
}

FUNCTION(cuGraphEventWaitNodeSetEvent, (void *node, void *event), (node, event))
{
	return set_event(node, CU_NODE_WAIT_EVENT, event);
}

FUNCTION(cuGraphMemAllocNodeGetParams, (void *handle, struct cu_alloc_node_params *params),
	(handle, params))
{
	struct node *node = node_of(handle, CU_NODE_MEM_ALLOC);

	if (!node || !params)
		return CU_ERROR_INVALID_VALUE;
	*params = node->work.alloc;
	return CU_OK;
}

FUNCTION(cuGraphMemFreeNodeGetParams, (void *handle, cu_pointer *address), (handle, address))
{
	struct node *node = node_of(handle, CU_NODE_MEM_FREE);

	if (!node || !address)
		return CU_ERROR_INVALID_VALUE;
	*address = node->work.free;
	return CU_OK;
}

FUNCTION(
	cuGraphNodeSetParams, (void *handle, const struct cu_node_params *params), (handle, params))
{
	struct work work;
	enum cu_status status = work_of_params(&work, params);

	return status == CU_OK ? node_change(object_get(OBJECT_NODE, handle), &work) : status;
}

ALIAS(cuGraphNodeSetParams_v2, cuGraphNodeSetParams,
	(void *handle, const struct cu_node_params *params), (handle, params))

static void params_of_kernel(const struct work *work, struct cu_kernel_node_params *params)
{
	if (object_get(OBJECT_KERNEL, work->kernel.function))
		params->kernel = work->kernel.function;
	else
		params->function = work->kernel.function;
	memcpy(params->grid, work->kernel.grid, sizeof(params->grid));
	memcpy(params->block, work->kernel.block, sizeof(params->block));
	params->shared_bytes = work->kernel.shared_bytes;
	params->params = work->kernel.params;
	params->context = work->kernel.context;
}

static void params_of_set(const struct work *work, struct cu_memset_node_params *params)
{
	params->to = work->set.to;
	params->pitch = work->set.pitch;
	params->value = work->set.value;
	params->element_size = work->set.element;
	params->width = work->set.width;
	params->height = work->set.height;
	params->context = work->set.context;
}

/* Of batches only how many there are: their pieces are kept in another form. */
void params_of_node(const struct node *node, struct cu_node_params *params)
{
	const struct work *work = &node->work;

	memset(params, 0, sizeof(*params));
	params->type = (int)work->type;
	if (work->type == CU_NODE_KERNEL) {
		params_of_kernel(work, &params->kernel);
	} else if (work->type == CU_NODE_MEMCPY) {
		params->copy.copy = work->copy.copy;
		params->copy.context = work->copy.context;
	} else if (work->type == CU_NODE_MEMSET) {
		params_of_set(work, &params->set);
	} else if (work->type == CU_NODE_HOST) {
		params->host = work->host;
	} else if (work->type == CU_NODE_GRAPH) {
		params->child.graph = work->child;
	} else if (work->type == CU_NODE_WAIT_EVENT || work->type == CU_NODE_EVENT_RECORD) {
		params->event = work->event;
	} else if (work->type == CU_NODE_MEM_ALLOC) {
		params->alloc = work->alloc;
	} else if (work->type == CU_NODE_MEM_FREE) {
		params->free = work->free;
	} else if (work->type == CU_NODE_MEMCPY_BATCH || work->type == CU_NODE_FABRIC_BATCH) {
		params->batch.count = work->batch.count;
	}
}

FUNCTION(cuGraphNodeGetParams, (void *handle, struct cu_node_params *params), (handle, params))
{
	struct node *node = object_get(OBJECT_NODE, handle);

	if (!node || !params)
		return CU_ERROR_INVALID_VALUE;
	params_of_node(node, params);
	return CU_OK;
}

/* Numbers, for tools: an object's place and how often it was used. */
static uint64_t number_of(const struct object *object)
{
	return ((uint64_t)object->generation << 32) ^ ((uintptr_t)object >> 4);
}

static enum cu_status tell_number(const struct object *object, unsigned *out)
{
	if (!object || !out)
		return CU_ERROR_INVALID_VALUE;
	*out = (unsigned)(number_of(object) ^ number_of(object) >> 32);
	return CU_OK;
}

FUNCTION(cuGraphGetId, (void *graph, unsigned *out), (graph, out))
{
	return tell_number(object_get(OBJECT_GRAPH, graph), out);
}

FUNCTION(cuGraphExecGetId, (void *exec, unsigned *out), (exec, out))
{
	return tell_number(object_get(OBJECT_EXEC, exec), out);
}

FUNCTION(cuGraphNodeGetLocalId, (void *node, unsigned *out), (node, out))
{
	return tell_number(object_get(OBJECT_NODE, node), out);
}

FUNCTION(cuGraphNodeGetToolsId, (void *handle, unsigned long long *out), (handle, out))
{
	struct node *node = object_get(OBJECT_NODE, handle);

	if (!node || !out)
		return CU_ERROR_INVALID_VALUE;
	*out = number_of(&node->object);
	return CU_OK;
}

FUNCTION(cuGraphNodeGetContainingGraph, (void *handle, void **out), (handle, out))
{
	struct node *node = object_get(OBJECT_NODE, handle);

	if (!node || !out)
		return CU_ERROR_INVALID_VALUE;
	*out = node->graph;
	return CU_OK;
}

/* Attributes of kernel nodes change nothing here: they are taken, and read back as 0. */

FUNCTION(cuGraphKernelNodeCopyAttributes, (void *to, void *from), (to, from))
{
	if (!node_of(to, CU_NODE_KERNEL) || !node_of(from, CU_NODE_KERNEL))
		return CU_ERROR_INVALID_VALUE;
	return CU_OK;
}

FUNCTION(
	cuGraphKernelNodeGetAttribute, (void *node, int number, void *value), (node, number, value))
{
	if (!node_of(node, CU_NODE_KERNEL) || !value || number <= 0)
		return CU_ERROR_INVALID_VALUE;
	memset(value, 0, 64);
	return CU_OK;
}

FUNCTION(cuGraphKernelNodeSetAttribute, (void *node, int number, const void *value),
	(node, number, value))
{
	if (!node_of(node, CU_NODE_KERNEL) || !value || number <= 0)
		return CU_ERROR_INVALID_VALUE;
	return CU_OK;
}
