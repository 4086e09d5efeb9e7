/* SPDX-License-Identifier: MIT */
#include "executables.h"

#include <stddef.h>
#include <string.h>

#include "contexts.h"
#include "kernels.h"
#include "observers.h"
#include "own_call.h"

static struct own_call get_nodes_call = { "cuGraphGetNodes" };
static struct own_call get_type_call = { "cuGraphNodeGetType" };
static struct own_call get_child_call = { "cuGraphChildGraphNodeGetGraph" };
static struct own_call get_params_call = { "cuGraphKernelNodeGetParams" };
static struct own_call get_params_v2_call = { "cuGraphKernelNodeGetParams_v2" };

static struct kernel_node *new_node(struct executable *e)
{
	if (e->n == e->room) {
		unsigned room = e->room ? 2 * e->room : 32;
		struct kernel_node *bigger = arena_take(&e->arena, room * sizeof(*bigger));

		if (!bigger)
			return NULL;
		if (e->n)
			memcpy(bigger, e->nodes, e->n * sizeof(*bigger));
		e->nodes = bigger;
		e->room = room;
	}
	return &e->nodes[e->n++];
}

uint32_t executable_kernel_row(const struct cu_kernel_node_params *params)
{
	struct context *context = context_current();
	void *function = params->function ? params->function : params->kernel;

	return function && context ? kernel_row(function, context->device) : 0;
}

static uint32_t row_of_node(void *node)
{
	struct cu_kernel_node_params params;
	int (*get)(void *node, struct cu_kernel_node_params *params) =
		own_call(&get_params_v2_call);

	if (!get)
		get = own_call(&get_params_call);
	memset(&params, 0, sizeof(params));
	return get && !get(node, &params) ? executable_kernel_row(&params) : 0;
}

static void add_graph(struct executable *e, void *graph, int depth);

static void add_child(struct executable *e, void *node, int depth)
{
	int (*get_child)(void *node, void **graph) = own_call(&get_child_call);
	bool outermost = !e->child;
	void *child;

	if (outermost)
		e->child = node;
	if (get_child && !get_child(node, &child))
		add_graph(e, child, depth + 1);
	else
		e->at_least = true;
	if (outermost)
		e->child = NULL;
}

/*
 * Conditional nodes run what the device decides on, engines of others what they are made for, and
 * nodes of an unknown type who knows what.
 */
static bool runs_no_kernel(int type)
{
	switch (type) {
	case CU_NODE_MEMCPY:
	case CU_NODE_MEMSET:
	case CU_NODE_HOST:
	case CU_NODE_EMPTY:
	case CU_NODE_WAIT_EVENT:
	case CU_NODE_SEMAPHORES_SIGNAL:
	case CU_NODE_SEMAPHORES_WAIT:
	case CU_NODE_MEM_ALLOC:
	case CU_NODE_MEM_FREE:
	case CU_NODE_BATCH_MEM_OP:
	case CU_NODE_MEMCPY_BATCH:
	case CU_NODE_FABRIC_BATCH:
		return true;
	default:
		return false;
	}
}

static void add_node(struct executable *e, void *node, int depth)
{
	int (*get_type)(void *node, int *type) = own_call(&get_type_call);
	struct kernel_node *kernel;
	int type;

	if (!get_type || get_type(node, &type)) {
		e->at_least = true;
		return;
	}
	switch (type) {
	case CU_NODE_KERNEL:
		kernel = new_node(e);
		if (kernel) {
			kernel->node = node;
			kernel->child = e->child;
			kernel->place = e->place;
			kernel->row = row_of_node(node);
		} else {
			e->at_least = true;
		}
		break;
	case CU_NODE_GRAPH:
		add_child(e, node, depth);
		break;
	case CU_NODE_EVENT_RECORD:
		e->records_events = true;
		break;
	default:
		e->at_least |= !runs_no_kernel(type);
		break;
	}
}

static void add_graph(struct executable *e, void *graph, int depth)
{
	enum { DEPTH_MAX = 64 };
	int (*get_nodes)(void *graph, void **nodes, size_t *n) = own_call(&get_nodes_call);
	void **nodes;
	size_t n = 0;

	if (depth > DEPTH_MAX || !get_nodes || get_nodes(graph, NULL, &n)) {
		e->at_least = true;
		return;
	}
	if (!n)
		return;
	nodes = arena_take(&e->arena, n * sizeof(*nodes));
	if (!nodes || !(get_nodes = own_call(&get_nodes_call)) || get_nodes(graph, nodes, &n)) {
		e->at_least = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (!e->child)
			e->place = (uint32_t)i;
		add_node(e, nodes[i], depth);
	}
}

struct executable *executable_read(void *graph, const void *child)
{
	struct arena arena = { NULL };
	struct executable *e = arena_take(&arena, sizeof(*e));

	if (!e)
		return NULL;
	e->arena = arena;
	e->child = child;
	add_graph(e, graph, 0);
	return e;
}

void executable_free(struct executable *e)
{
	struct arena arena;

	if (!e)
		return;
	arena = e->arena;
	arena_free(&arena);
}

struct kernel_node *executable_node(struct executable *e, const void *node)
{
	for (unsigned i = 0; e && i < e->n; i++)
		if (e->nodes[i].node == node)
			return &e->nodes[i];
	return NULL;
}

static const struct kernel_node *at_place(
	const struct executable *e, uint32_t place, unsigned *from)
{
	for (unsigned i = 0; i < e->n; i++, ++*from) {
		const struct kernel_node *node = &e->nodes[*from % e->n];

		if (node->place == place)
			return node;
	}
	return NULL;
}

void executable_keep(struct executable *e, const struct executable *old)
{
	unsigned from = 0;

	for (unsigned i = 0; old && i < e->n; i++) {
		struct kernel_node *node = &e->nodes[i];
		const struct kernel_node *was = at_place(old, node->place, &from);

		if (!was || !node->child != !was->child)
			continue;
		node->child = was->child;
		if (!node->child)
			node->node = was->node;
		node->disabled = was->disabled;
	}
}

void executable_replace_child(
	struct executable *e, const void *child, const struct executable *part)
{
	struct kernel_node *node;
	uint32_t place = UINT32_MAX;
	unsigned kept = 0;

	for (unsigned i = 0; i < e->n; i++) {
		if (e->nodes[i].child == child)
			place = e->nodes[i].place;
		else
			e->nodes[kept++] = e->nodes[i];
	}
	e->n = kept;
	for (unsigned i = 0; i < part->n; i++) {
		node = new_node(e);
		if (!node) {
			e->at_least = true;
			return;
		}
		*node = part->nodes[i];
		node->place = place;
	}
	e->at_least |= part->at_least;
	e->records_events |= part->records_events;
}
