/* SPDX-License-Identifier: MIT */
/* Graphs: nodes and what they wait for. */
#include "graph.h"
#include "export.h"
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct graph *graph_new(void)
{
	return object_new(OBJECT_GRAPH);
}

static void node_free(struct node *node)
{
	work_clear(&node->work);
	nodes_clear(&node->needs);
	object_free(node);
}

void graph_free(struct graph *graph)
{
	for (size_t i = graph->nodes.count; i--;)
		node_free(graph->nodes.all[i]);
	nodes_clear(&graph->nodes);
	object_free(graph);
}

bool graph_has(const struct graph *graph, const struct node *node)
{
	node = object_get(OBJECT_NODE, node);
	return node && node->graph == graph;
}

/* The memory of an allocation node: known from the beginning, used by every launch. */
static enum cu_status reserve(struct work *work)
{
	struct device *device = device_get(work->alloc.pool.location.id);
	struct memory *memory;
	void *at;

	if (work->alloc.address)
		return CU_OK; /* a copy of a node that has it */
	if (!device || !work->alloc.bytes)
		return CU_ERROR_INVALID_VALUE;
	at = mmap(NULL, work->alloc.bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return CU_ERROR_OUT_OF_MEMORY;
	memory = memory_enter(at, work->alloc.bytes, MEMORY_GRAPH);
	if (!memory)
		return CU_ERROR_OUT_OF_MEMORY;
	memory->device = device;
	work->alloc.address = memory->start;
	return CU_OK;
}

enum cu_status graph_add(struct graph *graph, struct node *const *needs, size_t count,
	const struct work *work, struct node **out)
{
	struct node *node;
	enum cu_status status = CU_ERROR_OUT_OF_MEMORY;

	for (size_t i = 0; i < count; i++)
		if (!graph_has(graph, needs[i]))
			return CU_ERROR_INVALID_VALUE;
	node = object_new(OBJECT_NODE);
	if (!node)
		return status;
	node->graph = graph;
	status = work_copy(&node->work, work);
	if (status == CU_OK && work->type == CU_NODE_MEM_ALLOC)
		status = reserve(&node->work);
	if (status == CU_OK &&
		(!nodes_set(&node->needs, needs, count) || !nodes_add(&graph->nodes, node)))
		status = CU_ERROR_OUT_OF_MEMORY;
	if (status != CU_OK) {
		node_free(node);
		return status;
	}
	*out = node;
	return CU_OK;
}

struct graph *graph_clone(const struct graph *graph)
{
	struct graph *made = graph_new();

	if (!made)
		return NULL;
	made->origin = object_get(OBJECT_GRAPH, graph);
	for (size_t i = 0; i < graph->nodes.count; i++) {
		struct node *node = graph->nodes.all[i], *clone;

		if (graph_add(made, NULL, 0, &node->work, &clone) != CU_OK) {
			graph_free(made);
			return NULL;
		}
		clone->origin = node;
		clone->disabled = node->disabled;
		node->clone = clone;
	}
	/* A node may wait for one that was added later. */
	for (size_t i = 0; i < graph->nodes.count; i++)
		for (size_t k = 0; k < graph->nodes.all[i]->needs.count; k++)
			nodes_add(&made->nodes.all[i]->needs,
				graph->nodes.all[i]->needs.all[k]->clone);
	return made;
}

static bool runnable(const struct node *node)
{
	for (size_t i = 0; i < node->needs.count; i++)
		if (!node->needs.all[i]->done)
			return false;
	return true;
}

bool graph_sort(struct graph *graph)
{
	size_t count = graph->nodes.count, sorted = 0;
	struct node **order = count ? malloc(count * sizeof(struct node *)) : NULL;

	if (count && !order)
		return false;
	for (size_t i = 0; i < count; i++)
		graph->nodes.all[i]->done = false;
	for (size_t before = SIZE_MAX; sorted < count && sorted != before;) {
		before = sorted;
		for (size_t i = 0; i < count; i++) {
			struct node *node = graph->nodes.all[i];

			if (node->done || !runnable(node))
				continue;
			node->done = true;
			order[sorted++] = node;
		}
	}
	if (sorted == count && count)
		memcpy(graph->nodes.all, order, count * sizeof(struct node *));
	free(order);
	return sorted == count;
}

FUNCTION(cuGraphCreate, (void **out, unsigned flags), (out, flags))
{
	if (!out || flags)
		return CU_ERROR_INVALID_VALUE;
	*out = graph_new();
	return *out ? CU_OK : CU_ERROR_OUT_OF_MEMORY;
}

FUNCTION(cuGraphDestroy, (void *handle), (handle))
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);

	if (!graph)
		return CU_ERROR_INVALID_VALUE;
	graph_free(graph);
	return CU_OK;
}

FUNCTION(cuGraphClone, (void **out, void *handle), (out, handle))
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);

	if (!out || !graph)
		return CU_ERROR_INVALID_VALUE;
	*out = graph_clone(graph);
	return *out ? CU_OK : CU_ERROR_OUT_OF_MEMORY;
}

FUNCTION(cuGraphNodeFindInClone, (void **out, void *node, void *handle), (out, node, handle))
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);

	for (size_t i = 0; out && graph && i < graph->nodes.count; i++)
		if (graph->nodes.all[i]->origin == node) {
			*out = graph->nodes.all[i];
			return CU_OK;
		}
	return CU_ERROR_INVALID_VALUE;
}

FUNCTION(cuGraphNodeGetType, (void *handle, int *type), (handle, type))
{
	struct node *node = object_get(OBJECT_NODE, handle);

	if (!node || !type)
		return CU_ERROR_INVALID_VALUE;
	*type = (int)node->work.type;
	return CU_OK;
}

FUNCTION(cuGraphDestroyNode, (void *handle), (handle))
{
	struct node *node = object_get(OBJECT_NODE, handle);
	struct node_list *all;
	size_t kept = 0;

	if (!node)
		return CU_ERROR_INVALID_VALUE;
	all = &node->graph->nodes;
	for (size_t i = 0; i < all->count; i++) {
		struct node_list *needs = &all->all[i]->needs;
		size_t left = 0;

		for (size_t k = 0; k < needs->count; k++)
			if (needs->all[k] != node)
				needs->all[left++] = needs->all[k];
		needs->count = left;
		if (all->all[i] != node)
			all->all[kept++] = all->all[i];
	}
	all->count = kept;
	node_free(node);
	return CU_OK;
}

FUNCTION(cuGraphDebugDotPrint, (void *handle, const char *path, unsigned flags),
	(handle, path, flags))
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);
	FILE *file = graph && path ? fopen(path, "we") : NULL;

	(void)flags;
	if (!file)
		return graph && path ? CU_ERROR_OPERATING_SYSTEM : CU_ERROR_INVALID_VALUE;
	fprintf(file, "digraph simulated {\n");
	for (size_t i = 0; i < graph->nodes.count; i++)
		for (size_t k = 0; k < graph->nodes.all[i]->needs.count; k++)
			fprintf(file, "\t\"%p\" -> \"%p\";\n",
				(void *)graph->nodes.all[i]->needs.all[k],
				(void *)graph->nodes.all[i]);
	fprintf(file, "}\n");
	return fclose(file) ? CU_ERROR_OPERATING_SYSTEM : CU_OK;
}
