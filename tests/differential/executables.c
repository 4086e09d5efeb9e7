/* SPDX-License-Identifier: MIT */
/* Executable graphs: instantiated, changed, updated, launched. */
#include <string.h>

#include "graphs.h"

void exec_make(struct graph *graph)
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
	struct node *node = graph_any_node(graph->exec_nodes, graph->n_exec, false);
	struct cu_node_params any = { .type = CU_NODE_KERNEL };
	int kernel, status;
	struct cu_kernel_node_params params = graph_any_params(&kernel);

	if (!node || !params.function)
		return;
	any.kernel = graph_newer(params);
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
	struct node *node = graph_any_node(graph->exec_nodes, graph->n_exec, true), made;
	struct graph *child = &current()->graphs[below(GRAPHS)];

	if (!node || child == graph || !child->handle)
		return;
	made = *node;
	/* The same shape is asked for. */
	if (!graph_flatten(child->nodes, child->n, &made) || made.n_child != node->n_child)
		return;
	if (!CALL(cuGraphExecChildGraphNodeSetParams, graph->exec, node->handle, child->handle))
		*node = made;
}

static void switch_node(struct graph *graph)
{
	struct node *node = graph_any_node(graph->exec_nodes, graph->n_exec, false);
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
	node = graph_any_node(changed, graph->n, false);
	params = graph_any_params(&kernel);
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

static void ran(const struct graph *graph, void *stream, bool twin)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < graph->n_exec; i++) {
		const struct node *node = &graph->exec_nodes[i];

		if (node->disabled)
			continue;
		for (unsigned k = 0; k < node->n_child; k++, n++)
			kernel_ran(current(), stream, twin, node->child[k]);
		if (node->kernel >= 0) {
			kernel_ran(current(), stream, twin, node->kernel);
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
				!graph_flatten(graph->exec_nodes, graph->n_exec, &made)))
		return;
	if (chance(8))
		(void)CALL(cuGraphUpload, graph->exec, stream);
	if (CALL_PTSZ(twin, cuGraphLaunch, graph->exec, stream))
		return;
	if (captured)
		view->captured->nodes[view->captured->n++] = made;
	else
		ran(graph, stream, twin);
}

void graph_launch(void)
{
	struct graph *graph = &current()->graphs[below(GRAPHS)];

	if (graph->exec)
		launch(graph);
}

void exec_destroy(struct graph *graph)
{
	if (CALL(cuGraphExecDestroy, graph->exec))
		return;
	graph->exec = NULL;
	graph->exec_has_nodes = false;
	graph->n_exec = 0;
}

void exec_use(struct graph *graph)
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
