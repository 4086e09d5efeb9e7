/* SPDX-License-Identifier: MIT */
/* Asking for a graph's nodes and edges, and changing edges. */
#include "export.h"
#include "graph.h"

#include <string.h>

/*
 * All answers fill arrays the same way: without an array the number alone is told, with one as many
 * as there are, the rest NULL.
 */
struct answer {
	void **first, **second;
	size_t room, count;
};

static void put(struct answer *answer, struct node *first, struct node *second)
{
	if (answer->first && answer->count < answer->room)
		answer->first[answer->count] = first;
	if (answer->second && answer->count < answer->room)
		answer->second[answer->count] = second;
	answer->count++;
}

static enum cu_status finish(struct answer *answer, size_t *count)
{
	size_t given = answer->count;

	if (answer->first) {
		for (size_t i = answer->count; i < answer->room; i++)
			put(answer, NULL, NULL);
		given = given < answer->room ? given : answer->room;
	}
	*count = given;
	return CU_OK;
}

FUNCTION(cuGraphGetNodes, (void *handle, void **nodes, size_t *count), (handle, nodes, count))
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);
	struct answer answer = { nodes, NULL, count ? *count : 0, 0 };

	if (!graph || !count)
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < graph->nodes.count; i++)
		put(&answer, graph->nodes.all[i], NULL);
	return finish(&answer, count);
}

FUNCTION(cuGraphGetRootNodes, (void *handle, void **nodes, size_t *count), (handle, nodes, count))
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);
	struct answer answer = { nodes, NULL, count ? *count : 0, 0 };

	if (!graph || !count)
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < graph->nodes.count; i++)
		if (!graph->nodes.all[i]->needs.count)
			put(&answer, graph->nodes.all[i], NULL);
	return finish(&answer, count);
}

/* No edge carries data: each is 0. */
static void clear_edges(struct cu_edge *edges, void *asked, const size_t *count)
{
	if (edges && asked && count)
		memset(edges, 0, *count * sizeof(*edges));
}

static enum cu_status get_edges(void *handle, void **from, void **to, size_t *count)
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);
	struct answer answer = { from, to, count ? *count : 0, 0 };

	if (!graph || !count || !from != !to)
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < graph->nodes.count; i++)
		for (size_t k = 0; k < graph->nodes.all[i]->needs.count; k++)
			put(&answer, graph->nodes.all[i]->needs.all[k], graph->nodes.all[i]);
	return finish(&answer, count);
}

static enum cu_status get_needs(void *handle, void **nodes, size_t *count)
{
	struct node *node = object_get(OBJECT_NODE, handle);
	struct answer answer = { nodes, NULL, count ? *count : 0, 0 };

	if (!node || !count)
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < node->needs.count; i++)
		put(&answer, node->needs.all[i], NULL);
	return finish(&answer, count);
}

static enum cu_status get_dependents(void *handle, void **nodes, size_t *count)
{
	struct node *node = object_get(OBJECT_NODE, handle);
	struct answer answer = { nodes, NULL, count ? *count : 0, 0 };

	if (!node || !count)
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < node->graph->nodes.count; i++) {
		struct node *other = node->graph->nodes.all[i];

		for (size_t k = 0; k < other->needs.count; k++)
			if (other->needs.all[k] == node)
				put(&answer, other, NULL);
	}
	return finish(&answer, count);
}

FUNCTION(cuGraphGetEdges, (void *graph, void **from, void **to, size_t *count),
	(graph, from, to, count))
{
	return get_edges(graph, from, to, count);
}

FUNCTION(cuGraphGetEdges_v2,
	(void *graph, void **from, void **to, struct cu_edge *edges, size_t *count),
	(graph, from, to, edges, count))
{
	clear_edges(edges, from, count);
	return get_edges(graph, from, to, count);
}

FUNCTION(
	cuGraphNodeGetDependencies, (void *node, void **nodes, size_t *count), (node, nodes, count))
{
	return get_needs(node, nodes, count);
}

FUNCTION(cuGraphNodeGetDependencies_v2,
	(void *node, void **nodes, struct cu_edge *edges, size_t *count),
	(node, nodes, edges, count))
{
	clear_edges(edges, nodes, count);
	return get_needs(node, nodes, count);
}

FUNCTION(cuGraphNodeGetDependentNodes, (void *node, void **nodes, size_t *count),
	(node, nodes, count))
{
	return get_dependents(node, nodes, count);
}

FUNCTION(cuGraphNodeGetDependentNodes_v2,
	(void *node, void **nodes, struct cu_edge *edges, size_t *count),
	(node, nodes, edges, count))
{
	clear_edges(edges, nodes, count);
	return get_dependents(node, nodes, count);
}

static bool all_in(const struct graph *graph, void *const *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!nodes || !graph_has(graph, nodes[i]))
			return false;
	return true;
}

static enum cu_status add(void *handle, void *const *from, void *const *to, size_t count)
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);

	if (!graph || !all_in(graph, from, count) || !all_in(graph, to, count))
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < count; i++)
		if (!nodes_add(&((struct node *)to[i])->needs, from[i]))
			return CU_ERROR_OUT_OF_MEMORY;
	return CU_OK;
}

static enum cu_status drop(void *handle, void *const *from, void *const *to, size_t count)
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);

	if (!graph || !all_in(graph, from, count) || !all_in(graph, to, count))
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < count; i++) {
		struct node_list *needs = &((struct node *)to[i])->needs;
		size_t left = 0;

		for (size_t k = 0; k < needs->count; k++)
			if (needs->all[k] != from[i])
				needs->all[left++] = needs->all[k];
		if (left == needs->count)
			return CU_ERROR_INVALID_VALUE;
		needs->count = left;
	}
	return CU_OK;
}

FUNCTION(cuGraphAddDependencies, (void *graph, void *const *from, void *const *to, size_t count),
	(graph, from, to, count))
{
	return add(graph, from, to, count);
}

FUNCTION(cuGraphAddDependencies_v2,
	(void *graph, void *const *from, void *const *to, const struct cu_edge *edges,
		size_t count),
	(graph, from, to, edges, count))
{
	(void)edges;
	return add(graph, from, to, count);
}

FUNCTION(cuGraphRemoveDependencies, (void *graph, void *const *from, void *const *to, size_t count),
	(graph, from, to, count))
{
	return drop(graph, from, to, count);
}

FUNCTION(cuGraphRemoveDependencies_v2,
	(void *graph, void *const *from, void *const *to, const struct cu_edge *edges,
		size_t count),
	(graph, from, to, edges, count))
{
	(void)edges;
	return drop(graph, from, to, count);
}
