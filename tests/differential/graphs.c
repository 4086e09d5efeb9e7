/* Graphs: made node by node or by capture, instantiated, changed and launched. */
#include <string.h>

#include "world.h"

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

/* The kernels of the nodes as one list: what a child graph of them runs. */
static bool flatten(const struct node *nodes, unsigned n, struct node *into)
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

static struct cu_kernel_node_params any_params(int *kernel)
{
	return (struct cu_kernel_node_params){
		.function = any_kernel(kernel, false), .grid = { 1, 1, 1 }, .block = { 1, 1, 1 }
	};
}

/* Where both fields are looked at, a CUkernel may stand in its own, or in that of functions. */
static struct cu_kernel_node_params newer(struct cu_kernel_node_params params)
{
	if (is_object(params.function) && chance(2)) {
		params.kernel = params.function;
		params.function = NULL;
	}
	return params;
}

static int add_kernel(struct graph *graph, void **handle, void *const *needs, size_t n, int *kernel)
{
	struct cu_kernel_node_params params = any_params(kernel), both = newer(params);
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
		return CALL(cuGraphAddNode_v2, handle, graph->handle, needs, NULL, n, &any);
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

	if (child == graph || !child->handle || !flatten(child->nodes, child->n, made))
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

/* One with a handle and of this kind; NULL: none found. */
static struct node *any_node(struct node *nodes, unsigned n, bool child)
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
	struct node *node = any_node(graph->nodes, graph->n, false);
	int kernel;
	struct cu_kernel_node_params params = any_params(&kernel), both = newer(params);

	if (!node || !params.function)
		return;
	if (!(chance(2) ? CALL(cuGraphKernelNodeSetParams, node->handle, &params)
			: CALL(cuGraphKernelNodeSetParams_v2, node->handle, &both)))
		node->kernel = kernel;
}

/* The graph in a child node can be added to. */
static void change_child(struct graph *graph)
{
	struct node *node = any_node(graph->nodes, graph->n, true);
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

/* ---- executable graphs ---- */

static void instantiate(struct graph *graph)
{
	struct cu_instantiate_params params = { 0 };
	void *node = NULL, *exec = NULL;
	char log[64];
	int status;

	switch (below(5)) {
	case 0:
		status = CALL(cuGraphInstantiate, &exec, graph->handle, &node, log, sizeof(log));
		break;
	case 1:
		status = CALL(cuGraphInstantiate_v2, &exec, graph->handle, NULL, NULL, 0);
		break;
	case 2:
		status = CALL_PTSZ(
			chance(2), cuGraphInstantiateWithParams, &exec, graph->handle, &params);
		break;
	default:
		status = CALL(cuGraphInstantiateWithFlags, &exec, graph->handle, 0);
	}
	if (status)
		return;
	graph->exec = exec;
	graph->exec_has_nodes = true;
	graph->n_exec = graph->n;
	memcpy(graph->exec_nodes, graph->nodes, sizeof(graph->nodes));
}

static void change_exec_kernel(struct graph *graph)
{
	struct node *node = any_node(graph->exec_nodes, graph->n_exec, false);
	struct cu_node_params any = { .type = CU_NODE_KERNEL };
	int kernel, status;
	struct cu_kernel_node_params params = any_params(&kernel);

	if (!node || !params.function)
		return;
	any.kernel = newer(params);
	switch (below(3)) {
	case 0:
		status = CALL(cuGraphExecKernelNodeSetParams, graph->exec, node->handle, &params);
		break;
	case 1:
		status = CALL(
			cuGraphExecKernelNodeSetParams_v2, graph->exec, node->handle, &any.kernel);
		break;
	default:
		status = CALL(cuGraphExecNodeSetParams, graph->exec, node->handle, &any);
	}
	if (!status)
		node->kernel = kernel;
}

static void change_exec_child(struct graph *graph)
{
	struct node *node = any_node(graph->exec_nodes, graph->n_exec, true), made;
	struct graph *child = &current()->graphs[below(GRAPHS)];

	if (!node || child == graph || !child->handle)
		return;
	made = *node;
	/* The same shape is asked for. */
	if (!flatten(child->nodes, child->n, &made) || made.n_child != node->n_child)
		return;
	if (!CALL(cuGraphExecChildGraphNodeSetParams, graph->exec, node->handle, child->handle))
		*node = made;
}

static void switch_node(struct graph *graph)
{
	struct node *node = any_node(graph->exec_nodes, graph->n_exec, false);
	bool off = chance(2);

	if (node && !CALL(cuGraphNodeSetEnabled, graph->exec, node->handle, !off))
		node->disabled = off;
}

static int update(void *exec, void *from)
{
	struct cu_update_result result = { 0 };
	void *node = NULL;
	int outcome = 0;

	return chance(3) ? CALL(cuGraphExecUpdate, exec, from, &node, &outcome)
			 : CALL(cuGraphExecUpdate_v2, exec, from, &result);
}

/* The executable graph takes everything over but what is switched off. */
static void take_over(struct graph *graph, const struct node *from)
{
	for (unsigned i = 0; i < graph->n_exec; i++) {
		struct node node = from[i];

		node.handle = graph->exec_nodes[i].handle;
		node.disabled = graph->exec_nodes[i].disabled;
		graph->exec_nodes[i] = node;
	}
}

static void update_from_graph(struct graph *graph)
{
	int status = update(graph->exec, graph->handle);

	if (!status && graph->n == graph->n_exec)
		take_over(graph, graph->nodes);
}

/* From a copy with another kernel in it. */
static void update_from_clone(struct graph *graph)
{
	struct node changed[NODES], *node;
	struct cu_kernel_node_params params;
	void *clone = NULL, *twin = NULL;
	int kernel;

	if (graph->n != graph->n_exec || CALL(cuGraphClone, &clone, graph->handle))
		return;
	memcpy(changed, graph->nodes, sizeof(changed));
	node = any_node(changed, graph->n, false);
	params = any_params(&kernel);
	if (node && params.function && !CALL(cuGraphNodeFindInClone, &twin, node->handle, clone) &&
		!CALL(cuGraphKernelNodeSetParams_v2, twin, &params))
		node->kernel = kernel;
	if (!update(graph->exec, clone))
		take_over(graph, changed);
	(void)CALL(cuGraphDestroy, clone);
}

static bool has_disabled(const struct graph *graph)
{
	for (unsigned i = 0; i < graph->n_exec; i++)
		if (graph->exec_nodes[i].disabled)
			return true;
	return false;
}

static void ran(const struct graph *graph)
{
	struct context *context = current()->context;
	uint64_t n = 0;

	for (unsigned i = 0; i < graph->n_exec; i++) {
		const struct node *node = &graph->exec_nodes[i];

		if (node->disabled)
			continue;
		for (unsigned k = 0; k < node->n_child; k++, n++)
			kernel_ran(context, node->child[k], 1);
		if (node->kernel >= 0) {
			kernel_ran(context, node->kernel, 1);
			n++;
		}
	}
	tally_add(TALLY_GRAPH_LAUNCHES, 1);
	tally_add(TALLY_GRAPH_KERNELS, (int64_t)n);
}

static void launch(struct graph *graph)
{
	struct view *view = current();
	void *stream = any_stream();
	struct node made = { .kernel = -1 };
	bool twin = chance(3), captured = is_captured(stream, twin);

	/* What a switched off node becomes in a capture is nowhere said. */
	if (captured && (has_disabled(graph) || view->captured->n == NODES ||
				!flatten(graph->exec_nodes, graph->n_exec, &made)))
		return;
	if (chance(8))
		(void)CALL(cuGraphUpload, graph->exec, stream);
	if (CALL_PTSZ(twin, cuGraphLaunch, graph->exec, stream))
		return;
	if (captured)
		view->captured->nodes[view->captured->n++] = made;
	else
		ran(graph);
}

void graph_launch(void)
{
	struct graph *graph = &current()->graphs[below(GRAPHS)];

	if (graph->exec)
		launch(graph);
}

static void destroy_exec(struct graph *graph)
{
	if (CALL(cuGraphExecDestroy, graph->exec))
		return;
	graph->exec = NULL;
	graph->exec_has_nodes = false;
	graph->n_exec = 0;
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

static void use_exec(struct graph *graph)
{
	if (!graph->exec_has_nodes) {
		launch(graph);
		return;
	}
	switch (below(9)) {
	case 0:
		change_exec_kernel(graph);
		break;
	case 1:
		change_exec_child(graph);
		break;
	case 2:
		switch_node(graph);
		break;
	case 3:
		update_from_graph(graph);
		break;
	case 4:
		update_from_clone(graph);
		break;
	default:
		launch(graph);
	}
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
			instantiate(graph);
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
		destroy_exec(graph);
	else if (graph->handle && chance(24))
		destroy_graph(graph);
	else if (graph->exec && (!graph->handle || !chance(4)))
		use_exec(graph);
	else if (graph->handle && !graph->exec && chance(2))
		instantiate(graph);
	else if (graph->handle)
		use_graph(graph);
}

bool graphs_clean(struct view *view)
{
	bool clean = true;

	for (int i = 0; i < GRAPHS; i++) {
		struct graph *graph = &view->graphs[i];

		if (graph->exec)
			destroy_exec(graph);
		if (graph->handle)
			destroy_graph(graph);
		if (!graph->exec && !graph->handle)
			graph_clear(graph);
		else
			clean = false;
	}
	return clean;
}
