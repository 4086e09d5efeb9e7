/* SPDX-License-Identifier: MIT */
/* Executable graphs: clones in an order in which they can be run. */
#include "export.h"
#include "graph.h"
#include "ledger.h"

enum cu_status graph_run(struct context *context, struct graph *graph)
{
	for (size_t i = 0; i < graph->nodes.count; i++) {
		const struct node *node = graph->nodes.all[i];
		enum cu_status status;

		if (node->disabled)
			continue;
		status = work_run(context, &node->work);
		if (status != CU_OK)
			return status;
		if (node->work.type == CU_NODE_KERNEL)
			ledger_add("graph_kernels", 1);
		else if (node->work.type == CU_NODE_MEMCPY)
			ledger_add("graph_copies", 1);
		else if (node->work.type == CU_NODE_MEMSET)
			ledger_add("graph_memsets", 1);
	}
	return CU_OK;
}

/* Child graphs, and bodies of conditional nodes, run in the order of theirs. */
static bool sort_all(struct graph *graph)
{
	for (size_t i = 0; i < graph->nodes.count; i++) {
		struct work *work = &graph->nodes.all[i]->work;

		if (work->type == CU_NODE_GRAPH && !sort_all(work->child))
			return false;
		for (unsigned k = 0; work->type == CU_NODE_CONDITIONAL && k < work->choice.count;
			k++)
			if (!sort_all(work->choice.bodies[k]))
				return false;
	}
	return graph_sort(graph);
}

static enum cu_status instantiate(void **out, void *handle, uint64_t flags)
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);
	struct graph_exec *exec;

	if (!out || !graph || flags > 15)
		return CU_ERROR_INVALID_VALUE;
	exec = object_new(OBJECT_EXEC);
	if (!exec)
		return CU_ERROR_OUT_OF_MEMORY;
	exec->flags = flags;
	exec->graph = graph_clone(graph);
	if (exec->graph && sort_all(exec->graph)) {
		*out = exec;
		return CU_OK;
	}
	if (exec->graph)
		graph_free(exec->graph);
	object_free(exec);
	return CU_ERROR_INVALID_VALUE;
}

FUNCTION(cuGraphInstantiateWithFlags, (void **out, void *graph, unsigned long long flags),
	(out, graph, flags))
{
	return instantiate(out, graph, flags);
}

FUNCTION(cuGraphInstantiate_v2,
	(void **out, void *graph, void **error_node, char *log, size_t log_size),
	(out, graph, error_node, log, log_size))
{
	if (error_node)
		*error_node = NULL;
	if (log && log_size)
		*log = '\0';
	return instantiate(out, graph, 0);
}

ALIAS(cuGraphInstantiate, cuGraphInstantiate_v2,
	(void **out, void *graph, void **error_node, char *log, size_t log_size),
	(out, graph, error_node, log, log_size))

FUNCTION_PTSZ(cuGraphInstantiateWithParams,
	(void **out, void *graph, struct cu_instantiate_params *params), (out, graph, params))
{
	enum cu_status status;

	if (!params)
		return CU_ERROR_INVALID_VALUE;
	status = instantiate(out, graph, params->flags);
	params->error_node = NULL;
	params->result = status == CU_OK ? 0 : 1;
	return status;
}

FUNCTION(cuGraphExecDestroy, (void *handle), (handle))
{
	struct graph_exec *exec = object_get(OBJECT_EXEC, handle);

	if (!exec)
		return CU_ERROR_INVALID_VALUE;
	graph_free(exec->graph);
	object_free(exec);
	return CU_OK;
}

FUNCTION(cuGraphExecGetFlags, (void *handle, uint64_t *flags), (handle, flags))
{
	struct graph_exec *exec = object_get(OBJECT_EXEC, handle);

	if (!exec || !flags)
		return CU_ERROR_INVALID_VALUE;
	*flags = exec->flags;
	return CU_OK;
}

FUNCTION_PTSZ(cuGraphUpload, (void *exec, void *stream), (exec, stream))
{
	if (!object_get(OBJECT_EXEC, exec))
		return CU_ERROR_INVALID_VALUE;
	return stream_get(stream) ? CU_OK : CU_ERROR_INVALID_HANDLE;
}

/* While its stream is being captured, a launch becomes a child graph of what is captured. */
FUNCTION_PTSZ(cuGraphLaunch, (void *handle, void *stream_handle), (handle, stream_handle))
{
	struct graph_exec *exec = object_get(OBJECT_EXEC, handle);
	struct stream *stream = stream_get(stream_handle);
	struct work work = { .type = CU_NODE_GRAPH };
	bool captured = stream && (stream->capture || stream->cig);
	enum cu_status status;

	if (!exec)
		return CU_ERROR_INVALID_VALUE;
	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	work.child = exec->graph;
	status = work_submit(stream, &work);
	if (status == CU_OK)
		ledger_add(captured ? "captured_graph_launches" : "graph_launches", 1);
	return status;
}

/* The exec's own node that was made from a node of its graph. */
static struct node *node_in(void *handle, void *node)
{
	struct graph_exec *exec = object_get(OBJECT_EXEC, handle);

	for (size_t i = 0; exec && node && i < exec->graph->nodes.count; i++)
		if (exec->graph->nodes.all[i]->origin == node)
			return exec->graph->nodes.all[i];
	return NULL;
}

static enum cu_status change(void *exec, void *node, const struct work *work, enum cu_status status)
{
	status = status == CU_OK ? node_change(node_in(exec, node), work) : status;
	if (status == CU_OK && work->type == CU_NODE_GRAPH)
		sort_all(node_in(exec, node)->work.child);
	return status;
}

FUNCTION(cuGraphExecKernelNodeSetParams_v2,
	(void *exec, void *node, const struct cu_kernel_node_params *params), (exec, node, params))
{
	struct work work;
	enum cu_status status = work_of_kernel(&work, params, 2);

	return change(exec, node, &work, status);
}

FUNCTION(cuGraphExecKernelNodeSetParams,
	(void *exec, void *node, const struct cu_kernel_node_params *params), (exec, node, params))
{
	struct work work;
	enum cu_status status = work_of_kernel(&work, params, 1);

	return change(exec, node, &work, status);
}

FUNCTION(cuGraphExecMemcpyNodeSetParams,
	(void *exec, void *node, const struct cu_copy_3d *copy, void *context),
	(exec, node, copy, context))
{
	struct work work;
	enum cu_status status = work_of_copy(&work, copy, context);

	return change(exec, node, &work, status);
}

FUNCTION(cuGraphExecMemsetNodeSetParams,
	(void *exec, void *node, const struct cu_memset_node_params *params, void *context),
	(exec, node, params, context))
{
	struct work work;
	enum cu_status status = work_of_set(&work, params, context);

	return change(exec, node, &work, status);
}

FUNCTION(cuGraphExecHostNodeSetParams,
	(void *exec, void *node, const struct cu_host_node_params *params), (exec, node, params))
{
	struct work work;
	enum cu_status status = work_of_host(&work, params);

	return change(exec, node, &work, status);
}

FUNCTION(cuGraphExecChildGraphNodeSetParams, (void *exec, void *node, void *child),
	(exec, node, child))
{
	struct work work;
	enum cu_status status = work_of_child(&work, child);

	return change(exec, node, &work, status);
}

FUNCTION(cuGraphExecEventRecordNodeSetEvent, (void *exec, void *node, void *event),
	(exec, node, event))
{
	struct work work;
	enum cu_status status = work_of_event(&work, CU_NODE_EVENT_RECORD, event);

	return change(exec, node, &work, status);
}

FUNCTION(cuGraphExecEventWaitNodeSetEvent, (void *exec, void *node, void *event),
	(exec, node, event))
{
	struct work work;
	enum cu_status status = work_of_event(&work, CU_NODE_WAIT_EVENT, event);

	return change(exec, node, &work, status);
}

FUNCTION(cuGraphExecNodeSetParams, (void *exec, void *node, const struct cu_node_params *params),
	(exec, node, params))
{
	struct work work;
	enum cu_status status = work_of_params(&work, params);

	return change(exec, node, &work, status);
}

/* Only kernels, copies and memsets can be switched off. */
FUNCTION(cuGraphNodeSetEnabled, (void *exec, void *handle, unsigned enabled),
	(exec, handle, enabled))
{
	struct node *node = node_in(exec, handle);

	if (!node || node->work.type > CU_NODE_MEMSET)
		return CU_ERROR_INVALID_VALUE;
	node->disabled = !enabled;
	return CU_OK;
}

FUNCTION(cuGraphNodeGetEnabled, (void *exec, void *handle, unsigned *enabled),
	(exec, handle, enabled))
{
	struct node *node = node_in(exec, handle);

	if (!node || !enabled)
		return CU_ERROR_INVALID_VALUE;
	*enabled = !node->disabled;
	return CU_OK;
}

enum { SAME, TOPOLOGY_CHANGED = 2, TYPE_CHANGED = 3 }; /* CUgraphExecUpdateResult */

static int compare(const struct graph *one, const struct graph *other, struct node **different)
{
	for (size_t i = 0; i < one->nodes.count && i < other->nodes.count; i++) {
		*different = other->nodes.all[i]->origin;
		if (one->nodes.all[i]->work.type != other->nodes.all[i]->work.type)
			return TYPE_CHANGED;
		if (one->nodes.all[i]->needs.count != other->nodes.all[i]->needs.count)
			return TOPOLOGY_CHANGED;
	}
	*different = NULL;
	return one->nodes.count == other->nodes.count ? SAME : TOPOLOGY_CHANGED;
}

/* The exec takes over the new graph's work; its nodes keep their origin. */
static enum cu_status update(
	struct graph_exec *exec, struct graph *graph, int *result, struct node **different)
{
	struct graph *made = graph_clone(graph);
	enum cu_status status = CU_OK;

	if (!made || !sort_all(made))
		return CU_ERROR_INVALID_VALUE;
	*result = compare(exec->graph, made, different);
	for (size_t i = 0; *result == SAME && status == CU_OK && i < made->nodes.count; i++)
		status = node_change(exec->graph->nodes.all[i], &made->nodes.all[i]->work);
	graph_free(made);
	if (status == CU_OK && sort_all(exec->graph))
		return *result == SAME ? CU_OK : CU_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
	return status;
}

FUNCTION(cuGraphExecUpdate_v2, (void *handle, void *graph_handle, struct cu_update_result *result),
	(handle, graph_handle, result))
{
	struct graph_exec *exec = object_get(OBJECT_EXEC, handle);
	struct graph *graph = object_get(OBJECT_GRAPH, graph_handle);
	struct node *different = NULL;
	enum cu_status status;

	if (!exec || !graph || !result)
		return CU_ERROR_INVALID_VALUE;
	status = update(exec, graph, &result->result, &different);
	result->error_node = different;
	result->error_from = NULL;
	return status;
}

FUNCTION(cuGraphExecUpdate, (void *handle, void *graph_handle, void **error_node, int *result),
	(handle, graph_handle, error_node, result))
{
	struct graph_exec *exec = object_get(OBJECT_EXEC, handle);
	struct graph *graph = object_get(OBJECT_GRAPH, graph_handle);
	struct node *different = NULL;
	enum cu_status status;

	if (!exec || !graph || !result)
		return CU_ERROR_INVALID_VALUE;
	status = update(exec, graph, result, &different);
	if (error_node)
		*error_node = different;
	return status;
}
