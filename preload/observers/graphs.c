/*
 * Graphs: how many kernels, and which, one launch of an executable graph runs.
 *
 * The nodes are looked at when a graph is instantiated or updated. Kernels that the device decides
 * on (conditional nodes, device-side launches) are not known: the figures are then "at least".
 */
#include <stddef.h>
#include <string.h>

#include "../hooks/threads.h"
#include "../process/fork.h"
#include "../segment/arena.h"
#include "../segment/writer.h"
#include "capture.h"
#include "contexts.h"
#include "cuda_abi.h"
#include "handles.h"
#include "kernels.h"
#include "observers.h"

struct kernel_node {
	void *node;
	uint32_t row; /* of its kernel, 0: none */
	bool disabled;
};

struct executable {
	struct arena arena; /* holds this struct too */
	struct kernel_node *nodes;
	unsigned n, room;
	bool at_least; /* more kernels may run than are counted */
};

static struct handle_table executables; /* a: struct executable *. Under LOCK_GRAPHS. */

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

static uint32_t row_of_params(const struct cu_kernel_node_params *params)
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
	return get && !get(node, &params) ? row_of_params(&params) : 0;
}

static void add_graph(struct executable *e, void *graph, int depth);

static void add_node(struct executable *e, void *node, int depth)
{
	int (*get_type)(void *node, int *type) = own_call(&get_type_call);
	int (*get_child)(void *node, void **graph);
	struct kernel_node *kernel;
	void *child;
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
			kernel->row = row_of_node(node);
		} else {
			e->at_least = true;
		}
		break;
	case CU_NODE_GRAPH:
		get_child = own_call(&get_child_call);
		if (get_child && !get_child(node, &child))
			add_graph(e, child, depth + 1);
		else
			e->at_least = true;
		break;
	case CU_NODE_CONDITIONAL:
		e->at_least = true;
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
	for (size_t i = 0; i < n; i++)
		add_node(e, nodes[i], depth);
}

static struct executable *read_graph(void *graph)
{
	struct arena arena = { NULL };
	struct executable *e = arena_take(&arena, sizeof(*e));

	if (!e)
		return NULL;
	e->arena = arena;
	add_graph(e, graph, 0);
	return e;
}

static void free_executable(struct executable *e)
{
	struct arena arena;

	if (!e)
		return;
	arena = e->arena;
	arena_free(&arena);
}

static struct executable *find(const void *handle)
{
	struct handle_entry *entry = handles_find(&executables, (uintptr_t)handle);

	return entry ? (struct executable *)(uintptr_t)entry->a : NULL;
}

/* NULL takes the entry away. */
static void replace(const void *handle, struct executable *by)
{
	struct handle_entry *entry;
	struct executable *old;

	lock_take(LOCK_GRAPHS);
	old = find(handle);
	if (by) {
		entry = handles_put(&executables, (uintptr_t)handle);
		if (entry)
			entry->a = (uintptr_t)by;
	} else if (old) {
		handles_remove(&executables, handles_find(&executables, (uintptr_t)handle));
	}
	lock_give(LOCK_GRAPHS);
	free_executable(old);
}

/* (executable *, graph, ...) */
static void after_instantiate(struct frame *frame, int status)
{
	void **handle = ARGUMENT(frame, 0, void **);

	if (!status && handle)
		replace(*handle, read_graph(ARGUMENT(frame, 1, void *)));
}

/* (executable, graph, ...) */
static void after_update(struct frame *frame, int status)
{
	struct executable *updated;

	if (status)
		return;
	updated = read_graph(ARGUMENT(frame, 1, void *));
	if (updated)
		replace(ARGUMENT(frame, 0, void *), updated);
}

static void before_destroy(struct frame *frame)
{
	replace(ARGUMENT(frame, 0, void *), NULL);
}

static struct kernel_node *find_node(struct executable *e, const void *node)
{
	for (unsigned i = 0; e && i < e->n; i++)
		if (e->nodes[i].node == node)
			return &e->nodes[i];
	return NULL;
}

/* cuGraphExecKernelNodeSetParams(executable, node, params *); a: 1 when the first form. */
static void after_set_params(struct frame *frame, int status)
{
	struct cu_kernel_node_params params;
	struct kernel_node *node;
	uint32_t row;

	if (status)
		return;
	memset(&params, 0, sizeof(params));
	memcpy(&params, ARGUMENT(frame, 2, const void *),
		frame->hook->observer->a ? CU_KERNEL_NODE_PARAMS_V1_SIZE : sizeof(params));
	row = row_of_params(&params);
	lock_take(LOCK_GRAPHS);
	node = find_node(find(ARGUMENT(frame, 0, void *)), ARGUMENT(frame, 1, void *));
	if (node && row)
		node->row = row;
	lock_give(LOCK_GRAPHS);
}

/* cuGraphNodeSetEnabled(executable, node, is enabled) */
static void after_enable(struct frame *frame, int status)
{
	struct kernel_node *node;

	if (status)
		return;
	lock_take(LOCK_GRAPHS);
	node = find_node(find(ARGUMENT(frame, 0, void *)), ARGUMENT(frame, 1, void *));
	if (node)
		node->disabled = !ARGUMENT(frame, 2, unsigned);
	lock_give(LOCK_GRAPHS);
}

/* The kernels of one launch, each in its row too. */
static uint64_t add_kernels(const struct executable *e)
{
	uint64_t kernels = 0;

	for (unsigned i = 0; i < e->n; i++) {
		if (e->nodes[i].disabled)
			continue;
		kernels++;
		if (e->nodes[i].row)
			thread_slot(e->nodes[i].row)->a++;
		else
			__atomic_fetch_add(&segment->missed.kernels, 1, __ATOMIC_RELAXED);
	}
	return kernels;
}

/* (executable, stream); into a capturing stream it is recorded only. */
static void after_launch(struct frame *frame, int status)
{
	struct context *context;
	const struct executable *e;
	struct segment_slot *slot;

	if (status || capture_has(frame->hook, ARGUMENT(frame, 1, void *)))
		return;
	context = context_current();
	if (!context)
		return;
	slot = thread_slot(context->row + ROW_GRAPHS - ROW_LAUNCHES);
	slot->a++;
	lock_take(LOCK_GRAPHS);
	e = find(ARGUMENT(frame, 0, void *));
	if (e)
		slot->b += add_kernels(e);
	if (!e || e->at_least)
		__atomic_fetch_add(&segment->missed.graphs, 1, __ATOMIC_RELAXED);
	lock_give(LOCK_GRAPHS);
}

/* The child's driver knows none of them; their memory is left where it is. */
void graphs_forget(void)
{
	handles_clear(&executables);
}

const struct observer graph_observers[] = {
	{ "cuStreamBeginCapture", NULL, capture_after_begin },
	{ "cuStreamBeginCapture_v2", NULL, capture_after_begin },
	{ "cuStreamBeginCaptureToGraph", NULL, capture_after_begin },
	{ "cuStreamEndCapture", NULL, capture_after_end },
	{ "cuGraphInstantiate", NULL, after_instantiate },
	{ "cuGraphInstantiate_v2", NULL, after_instantiate },
	{ "cuGraphInstantiateWithFlags", NULL, after_instantiate },
	{ "cuGraphInstantiateWithParams", NULL, after_instantiate },
	{ "cuGraphExecUpdate", NULL, after_update },
	{ "cuGraphExecUpdate_v2", NULL, after_update },
	{ "cuGraphExecKernelNodeSetParams", NULL, after_set_params, .a = 1 },
	{ "cuGraphExecKernelNodeSetParams_v2", NULL, after_set_params },
	{ "cuGraphNodeSetEnabled", NULL, after_enable },
	{ "cuGraphExecDestroy", before_destroy, NULL },
	{ "cuGraphLaunch", NULL, after_launch },
	{ NULL },
};
