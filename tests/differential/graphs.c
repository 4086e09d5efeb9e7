/* SPDX-License-Identifier: MIT */
/* Graphs: made node by node, and changed; executables.c has what is made of them. */
#include <string.h>

#include "graphs.h"

static void graph_clear(struct graph *graph)
{
	memset(graph, 0, sizeof(*graph));
}

bool graph_anchor(struct view *view)
{
	if (view->anchor)
		return true;
	if (CALL(cuMemAlloc_v2, &view->anchor, ANCHOR_BYTES))
		view->anchor = 0;
	else
		tally_memory(view->context->device, ANCHOR_BYTES, 1);
	return view->anchor;
}

static struct node *node_new(struct graph *graph, void *handle)
{
	struct node *node = &graph->nodes[graph->n++];

	memset(node, 0, sizeof(*node));
	node->handle = handle;
	node->kernel = -1;
	return node;
}

bool graph_flatten(const struct node *nodes, unsigned n, struct node *into)
{
	into->n_child = 0;
	into->is_child = true;
	for (unsigned i = 0; i < n; i++) {
		const struct node *node = &nodes[i];
		unsigned more = node->is_child ? node->n_child : node->kernel >= 0;

		if (into->n_child + more > CHILD_KERNELS || node->disabled)
			return false;
		if (node->is_child)
			memcpy(into->child + into->n_child, node->child, more);
		else if (more)
			into->child[into->n_child] = (unsigned char)node->kernel;
		into->n_child += more;
	}
	return true;
}

void graph_record_kernel(int kernel)
{
	node_new(current()->captured, NULL)->kernel = kernel;
}

void graph_record_other(void)
{
	node_new(current()->captured, NULL);
}

/* ---- nodes ---- */

struct cu_kernel_node_params graph_any_params(int *kernel)
{
	return (struct cu_kernel_node_params){
		.function = any_kernel(kernel, false), .grid = { 1, 1, 1 }, .block = { 1, 1, 1 }
	};
}

struct cu_kernel_node_params graph_newer(struct cu_kernel_node_params params)
{
	if (is_object(params.function) && chance(2)) {
		params.kernel = params.function;
		params.function = NULL;
	}
	return params;
}

static int add_kernel(struct graph *graph, void **handle, void *const *needs, size_t n, int *kernel)
{
	struct cu_kernel_node_params params = graph_any_params(kernel), both = graph_newer(params);
	struct cu_node_params any = { .type = CU_NODE_KERNEL };

	if (!params.function)
		return -1;
	any.kernel = both;
	switch (below(4)) {
	case 0:
		return CALL(cuGraphAddKernelNode, handle, graph->handle, needs, n, &params);
	case 1:
		return CALL(cuGraphAddNode, handle, graph->handle, needs, n, &any);
	case 2:
		return chance(2) ? CALL(cuGraphAddNode_v2, handle, graph->handle, needs, NULL, n,
					   &any)
				 : CALL(cuGraphAddNode_v3, handle, graph->handle, needs, NULL, n,
					   &any);
	default:
		return CALL(cuGraphAddKernelNode_v2, handle, graph->handle, needs, n, &both);
	}
}

static void run_by_graph(void *data)
{
	int version;

	(void)data;
	(void)CALL(cuDriverGetVersion, &version);
}

static int add_other(struct graph *graph, void **handle, void *const *needs, size_t n)
{
	struct view *view = current();
	struct cu_host_node_params host = { .function = run_by_graph };
	struct cu_memset_node_params set = {
		.to = view->anchor, .element_size = 1, .width = 64, .height = 1
	};
	struct cu_copy_3d copy = { .width = 64, .height = 1, .depth = 1 };

	copy.from.memory_type = copy.to.memory_type = CU_MEMORY_DEVICE;
	copy.from.device = view->anchor;
	copy.to.device = view->anchor + 1024;
	switch (below(4)) {
	case 0:
		return CALL(cuGraphAddMemsetNode, handle, graph->handle, needs, n, &set,
			view->context->handle);
	case 1:
		return CALL(cuGraphAddMemcpyNode, handle, graph->handle, needs, n, &copy,
			view->context->handle);
	case 2:
		return CALL(cuGraphAddHostNode, handle, graph->handle, needs, n, &host);
	default:
		return CALL(cuGraphAddEmptyNode, handle, graph->handle, needs, n);
	}
}

static int add_child(
	struct graph *graph, void **handle, void *const *needs, size_t n, struct node *made)
{
	struct graph *child = &current()->graphs[below(GRAPHS)];

	if (child == graph || !child->handle || !graph_flatten(child->nodes, child->n, made))
		return -1;
	return CALL(cuGraphAddChildGraphNode, handle, graph->handle, needs, n, child->handle);
}

static void add_node(struct graph *graph)
{
	struct node made = { .kernel = -1 }, *before = NULL;
	int status;

	if (graph->n == NODES)
		return;
	if (graph->n && graph->nodes[graph->n - 1].handle && chance(2))
		before = &graph->nodes[graph->n - 1];
	if (chance(6))
		status = add_child(
			graph, &made.handle, before ? &before->handle : NULL, !!before, &made);
	else if (chance(3))
		status = add_other(graph, &made.handle, before ? &before->handle : NULL, !!before);
	else
		status = add_kernel(graph, &made.handle, before ? &before->handle : NULL, !!before,
			&made.kernel);
	if (status)
		return;
	graph->nodes[graph->n++] = made;
}

struct node *graph_any_node(struct node *nodes, unsigned n, bool child)
{
	for (int tries = 0; n && tries < 6; tries++) {
		struct node *node = &nodes[below(n)];

		if (node->handle && (child ? node->is_child : node->kernel >= 0))
			return node;
	}
	return NULL;
}

static void change_graph(struct graph *graph)
{
	struct node *node = graph_any_node(graph->nodes, graph->n, false);
	int kernel;
	struct cu_kernel_node_params params = graph_any_params(&kernel), both = graph_newer(params);
	struct cu_node_params any = { .type = CU_NODE_KERNEL };

	if (!node || !params.function)
		return;
	any.kernel = both;
	if (!(chance(3)         ? CALL(cuGraphNodeSetParams_v2, node->handle, &any)
		    : chance(2) ? CALL(cuGraphKernelNodeSetParams, node->handle, &params)
				: CALL(cuGraphKernelNodeSetParams_v2, node->handle, &both)))
		node->kernel = kernel;
}

/* The graph in a child node can be added to. */
static void change_child(struct graph *graph)
{
	struct node *node = graph_any_node(graph->nodes, graph->n, true);
	struct graph inner = { 0 };
	void *handle = NULL;
	int kernel;

	if (!node || graph->exec_has_nodes || node->n_child == CHILD_KERNELS ||
		CALL(cuGraphChildGraphNodeGetGraph, node->handle, &inner.handle))
		return;
	if (!add_kernel(&inner, &handle, NULL, 0, &kernel))
		node->child[node->n_child++] = (unsigned char)kernel;
}

static void remove_node(struct graph *graph)
{
	unsigned i = graph->n ? below(graph->n) : 0;

	if (!graph->n || graph->exec_has_nodes || !graph->nodes[i].handle ||
		CALL(cuGraphDestroyNode, graph->nodes[i].handle))
		return;
	memmove(&graph->nodes[i], &graph->nodes[i + 1],
		(graph->n - i - 1) * sizeof(graph->nodes[0]));
	graph->n--;
}

/* The executable graph may live on; its nodes have no names then. */
static void destroy_graph(struct graph *graph)
{
	if (CALL(cuGraphDestroy, graph->handle))
		return;
	graph->handle = NULL;
	graph->exec_has_nodes = false;
	graph->n = 0;
}

static void build(struct graph *graph)
{
	unsigned n = 1 + below(6);

	graph_clear(graph);
	if (CALL(cuGraphCreate, &graph->handle, 0)) {
		graph->handle = NULL;
		return;
	}
	while (n--)
		add_node(graph);
}

static void use_graph(struct graph *graph)
{
	switch (below(6)) {
	case 0:
		change_graph(graph);
		break;
	case 1:
		change_child(graph);
		break;
	case 2:
		remove_node(graph);
		break;
	case 3:
		if (!graph->exec)
			exec_make(graph);
		break;
	default:
		add_node(graph);
	}
}

void step_graph(void)
{
	struct view *view = current();
	struct graph *graph = &view->graphs[below(GRAPHS)];

	if (!graph_anchor(view))
		return;
	if (!graph->handle && !graph->exec)
		build(graph);
	else if (graph->exec && chance(16))
		exec_destroy(graph);
	else if (graph->handle && chance(24))
		destroy_graph(graph);
	else if (graph->exec && (!graph->handle || !chance(4)))
		exec_use(graph);
	else if (graph->handle && !graph->exec && chance(2))
		exec_make(graph);
	else if (graph->handle)
		use_graph(graph);
}

bool graphs_clean(struct view *view)
{
	bool clean = true;

	for (int i = 0; i < GRAPHS; i++) {
		struct graph *graph = &view->graphs[i];

		if (graph->exec)
			exec_destroy(graph);
		if (graph->handle)
			destroy_graph(graph);
		if (!graph->exec && !graph->handle)
			graph_clear(graph);
		else
			clean = false;
	}
	return clean;
}
