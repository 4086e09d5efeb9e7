/* SPDX-License-Identifier: MIT */
/* Nodes: from and to the parameters that a program sees. */
#include "export.h"
#include "graph.h"
#include "memory.h"
#include "module.h"
#include "stream.h"

#include <string.h>

enum { CHOICES_MAX = 8 }; /* bodies of a conditional node */

static struct context *context_or_current(void *handle)
{
	return handle ? object_get(OBJECT_CONTEXT, handle) : context_current();
}

enum cu_status work_of_kernel(
	struct work *work, const struct cu_kernel_node_params *params, int version)
{
	static void *unpacked[KERNEL_PARAMS_MAX]; /* copied by the node under the lock */
	const struct image_kernel *kernel;

	memset(work, 0, sizeof(*work));
	if (!params)
		return CU_ERROR_INVALID_VALUE;
	work->type = CU_NODE_KERNEL;
	work->kernel.function = params->function;
	if (version > 1 && !params->function)
		work->kernel.function = params->kernel;
	work->kernel.context = context_or_current(version > 1 ? params->context : NULL);
	kernel = launchable(work->kernel.function, &work->kernel.context);
	memcpy(work->kernel.grid, params->grid, sizeof(params->grid));
	memcpy(work->kernel.block, params->block, sizeof(params->block));
	work->kernel.shared_bytes = params->shared_bytes;
	work->kernel.params = params->extra ? unpacked : params->params;
	if (!kernel || !launch_sound(work) || (params->extra && params->params))
		return CU_ERROR_INVALID_VALUE;
	if (params->extra && !launch_unpack(params->extra, kernel, unpacked))
		return CU_ERROR_INVALID_VALUE;
	if (kernel->param_count && !work->kernel.params)
		return CU_ERROR_INVALID_VALUE;
	return work->kernel.context ? CU_OK : CU_ERROR_INVALID_CONTEXT;
}

enum cu_status work_of_copy(struct work *work, const struct cu_copy_3d *copy, void *context)
{
	memset(work, 0, sizeof(*work));
	if (!copy)
		return CU_ERROR_INVALID_VALUE;
	work->type = CU_NODE_MEMCPY;
	work->copy.copy = *copy;
	work->copy.context = context_or_current(context);
	return work->copy.context ? copy_check(copy) : CU_ERROR_INVALID_CONTEXT;
}

enum cu_status work_of_set(
	struct work *work, const struct cu_memset_node_params *params, void *context)
{
	memset(work, 0, sizeof(*work));
	if (!params || (params->element_size != 1 && params->element_size != 2 &&
			       params->element_size != 4))
		return CU_ERROR_INVALID_VALUE;
	work->type = CU_NODE_MEMSET;
	work->set.to = params->to;
	work->set.pitch = params->pitch;
	work->set.value = params->value;
	work->set.element = params->element_size;
	work->set.width = params->width;
	work->set.height = params->height;
	work->set.context = context_or_current(context);
	return work->set.context ? CU_OK : CU_ERROR_INVALID_CONTEXT;
}

enum cu_status work_of_host(struct work *work, const struct cu_host_node_params *params)
{
	memset(work, 0, sizeof(*work));
	if (!params || !params->function)
		return CU_ERROR_INVALID_VALUE;
	work->type = CU_NODE_HOST;
	work->host = *params;
	return CU_OK;
}

enum cu_status work_of_child(struct work *work, void *graph)
{
	memset(work, 0, sizeof(*work));
	work->type = CU_NODE_GRAPH;
	work->child = object_get(OBJECT_GRAPH, graph);
	return work->child ? CU_OK : CU_ERROR_INVALID_VALUE;
}

enum cu_status work_of_event(struct work *work, enum cu_node_type type, void *event)
{
	memset(work, 0, sizeof(*work));
	work->type = type;
	work->event = object_get(OBJECT_EVENT, event);
	return work->event ? CU_OK : CU_ERROR_INVALID_VALUE;
}

static enum cu_status work_of_alloc(struct work *work, const struct cu_alloc_node_params *params)
{
	memset(work, 0, sizeof(*work));
	if (!params || !params->bytes || params->pool.location.type != CU_LOCATION_DEVICE)
		return CU_ERROR_INVALID_VALUE;
	work->type = CU_NODE_MEM_ALLOC;
	work->alloc = *params;
	work->alloc.address = 0;
	return CU_OK;
}

static enum cu_status work_of_free(struct work *work, cu_pointer address)
{
	memset(work, 0, sizeof(*work));
	work->type = CU_NODE_MEM_FREE;
	work->free = address;
	return memory_find(address) ? CU_OK : CU_ERROR_INVALID_VALUE;
}

enum cu_status work_of_params(struct work *work, const struct cu_node_params *params)
{
	if (!params)
		return CU_ERROR_INVALID_VALUE;
	switch ((enum cu_node_type)params->type) {
	case CU_NODE_KERNEL:
		return work_of_kernel(work, &params->kernel, 3);
	case CU_NODE_MEMCPY:
		return work_of_copy(work, &params->copy.copy, params->copy.context);
	case CU_NODE_MEMSET:
		return work_of_set(work, &params->set, params->set.context);
	case CU_NODE_HOST:
		return work_of_host(work, &params->host);
	case CU_NODE_GRAPH:
		return work_of_child(work, params->child.graph);
	case CU_NODE_WAIT_EVENT:
	case CU_NODE_EVENT_RECORD:
		return work_of_event(work, (enum cu_node_type)params->type, params->event);
	case CU_NODE_MEM_ALLOC:
		return work_of_alloc(work, &params->alloc);
	case CU_NODE_MEM_FREE:
		return work_of_free(work, params->free);
	case CU_NODE_MEMCPY_BATCH:
		return work_of_batch(work, &params->batch);
	case CU_NODE_FABRIC_BATCH:
		return work_of_fabric(work, &params->fabric);
	case CU_NODE_EMPTY:
		memset(work, 0, sizeof(*work));
		work->type = CU_NODE_EMPTY;
		return CU_OK;
	default:
		return CU_ERROR_NOT_SUPPORTED;
	}
}

enum cu_status node_change(struct node *node, const struct work *work)
{
	struct work made;
	enum cu_status status;

	if (!node || node->work.type != work->type)
		return CU_ERROR_INVALID_VALUE;
	status = work_copy(&made, work);
	if (status == CU_OK) {
		work_clear(&node->work);
		node->work = made;
	}
	return status;
}

static enum cu_status add(void **out, void *handle, void *const *needs, size_t count,
	const struct work *work, enum cu_status status)
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);
	struct node *node;

	if (!out || !graph || (count && !needs))
		return CU_ERROR_INVALID_VALUE;
	if (status == CU_OK)
		status = graph_add(graph, (struct node *const *)needs, count, work, &node);
	if (status == CU_OK)
		*out = node;
	return status;
}

#define ADD(name, params, args, made)                                \
	FUNCTION(name, params, args)                                 \
	{                                                            \
		struct work work;                                    \
		enum cu_status status = made;                        \
                                                                     \
		return add(out, graph, needs, count, &work, status); \
	}

ADD(cuGraphAddKernelNode,
	(void **out, void *graph, void *const *needs, size_t count,
		const struct cu_kernel_node_params *params),
	(out, graph, needs, count, params), work_of_kernel(&work, params, 1))
ADD(cuGraphAddKernelNode_v2,
	(void **out, void *graph, void *const *needs, size_t count,
		const struct cu_kernel_node_params *params),
	(out, graph, needs, count, params), work_of_kernel(&work, params, 2))
ADD(cuGraphAddMemcpyNode,
	(void **out, void *graph, void *const *needs, size_t count, const struct cu_copy_3d *copy,
		void *context),
	(out, graph, needs, count, copy, context), work_of_copy(&work, copy, context))
ADD(cuGraphAddMemsetNode,
	(void **out, void *graph, void *const *needs, size_t count,
		const struct cu_memset_node_params *params, void *context),
	(out, graph, needs, count, params, context), work_of_set(&work, params, context))
ADD(cuGraphAddHostNode,
	(void **out, void *graph, void *const *needs, size_t count,
		const struct cu_host_node_params *params),
	(out, graph, needs, count, params), work_of_host(&work, params))
ADD(cuGraphAddChildGraphNode,
	(void **out, void *graph, void *const *needs, size_t count, void *child),
	(out, graph, needs, count, child), work_of_child(&work, child))
ADD(cuGraphAddEventRecordNode,
	(void **out, void *graph, void *const *needs, size_t count, void *event),
	(out, graph, needs, count, event), work_of_event(&work, CU_NODE_EVENT_RECORD, event))
ADD(cuGraphAddEventWaitNode,
	(void **out, void *graph, void *const *needs, size_t count, void *event),
	(out, graph, needs, count, event), work_of_event(&work, CU_NODE_WAIT_EVENT, event))
ADD(cuGraphAddMemFreeNode,
	(void **out, void *graph, void *const *needs, size_t count, cu_pointer address),
	(out, graph, needs, count, address), work_of_free(&work, address))

FUNCTION(cuGraphAddEmptyNode, (void **out, void *graph, void *const *needs, size_t count),
	(out, graph, needs, count))
{
	struct work work = { .type = CU_NODE_EMPTY };

	return add(out, graph, needs, count, &work, CU_OK);
}

FUNCTION(cuGraphAddMemAllocNode,
	(void **out, void *graph, void *const *needs, size_t count,
		struct cu_alloc_node_params *params),
	(out, graph, needs, count, params))
{
	struct work work;
	enum cu_status status = work_of_alloc(&work, params);

	status = add(out, graph, needs, count, &work, status);
	if (status == CU_OK)
		params->address = ((struct node *)*out)->work.alloc.address;
	return status;
}

static enum cu_status add_choice(void **out, void *graph, void *const *needs, size_t count,
	struct cu_conditional_params *params)
{
	struct graph *bodies[CHOICES_MAX], *empty = graph_new();
	struct work work = { .type = CU_NODE_CONDITIONAL };
	enum cu_status status = empty ? CU_OK : CU_ERROR_OUT_OF_MEMORY;

	if (!params->size || params->size > CHOICES_MAX || params->type < 0 || params->type > 2)
		status = CU_ERROR_INVALID_VALUE;
	for (unsigned i = 0; i < CHOICES_MAX; i++)
		bodies[i] = empty; /* of which the node gets copies */
	work.choice.type = params->type;
	work.choice.value = (unsigned)params->handle;
	work.choice.count = params->size;
	work.choice.bodies = bodies;
	status = add(out, graph, needs, count, &work, status);
	if (status == CU_OK)
		params->graphs = (void **)((struct node *)*out)->work.choice.bodies;
	if (empty)
		graph_free(empty);
	return status;
}

static enum cu_status add_any(
	void **out, void *graph, void *const *needs, size_t count, struct cu_node_params *params)
{
	struct work work;
	enum cu_status status;

	if (params && params->type == CU_NODE_CONDITIONAL)
		return add_choice(out, graph, needs, count, &params->conditional);
	status = work_of_params(&work, params);
	status = add(out, graph, needs, count, &work, status);
	if (status == CU_OK && work.type == CU_NODE_MEM_ALLOC)
		params->alloc.address = ((struct node *)*out)->work.alloc.address;
	return status;
}

FUNCTION(cuGraphAddNode,
	(void **out, void *graph, void *const *needs, size_t count, struct cu_node_params *params),
	(out, graph, needs, count, params))
{
	return add_any(out, graph, needs, count, params);
}

FUNCTION(cuGraphAddNode_v2,
	(void **out, void *graph, void *const *needs, const struct cu_edge *edges, size_t count,
		struct cu_node_params *params),
	(out, graph, needs, edges, count, params))
{
	(void)edges;
	return add_any(out, graph, needs, count, params);
}

ALIAS(cuGraphAddNode_v3, cuGraphAddNode_v2,
	(void **out, void *graph, void *const *needs, const struct cu_edge *edges, size_t count,
		struct cu_node_params *params),
	(out, graph, needs, edges, count, params))

/* The handle says what its value is at each launch. */
FUNCTION(cuGraphConditionalHandleCreate,
	(uint64_t * out, void *graph, void *context, unsigned value, unsigned flags),
	(out, graph, context, value, flags))
{
	static uint64_t last_id;

	(void)context;
	if (!out || !object_get(OBJECT_GRAPH, graph) || flags > 1)
		return CU_ERROR_INVALID_VALUE;
	*out = ++last_id << 32 | (flags ? value : 0);
	return CU_OK;
}
