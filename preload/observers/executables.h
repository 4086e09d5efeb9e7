/* SPDX-License-Identifier: MIT */
/*
 * Executable graphs: which kernels one launch runs, as read from the graph that was instantiated.
 */
#ifndef GPUSPY_OBSERVERS_EXECUTABLES_H
#define GPUSPY_OBSERVERS_EXECUTABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "../cuda/abi.h"
#include "../ground/arena.h"

struct kernel_node {
	const void *node;
	const void *child; /* the node of the outermost child graph that it is in, NULL: none */
	uint32_t row;      /* of its kernel, 0: none */
	uint32_t place;    /* among the nodes of the whole graph, of it or of its outermost child */
	bool disabled;
};

struct executable {
	struct arena arena; /* holds this struct too */
	struct kernel_node *nodes;
	unsigned n, room;
	const void *child; /* while reading: the outermost child graph's node, and its place */
	uint32_t place;
	bool at_least;       /* more kernels may run than are known */
	bool records_events; /* some node does */
};

/*
 * Reads the graph by calls of gpuspy's own. `child` is the node whose child graph it is, NULL: it
 * is the whole. NULL: no memory.
 */
struct executable *executable_read(void *graph, const void *child);
void executable_free(struct executable *e); /* NULL is fine */

/* The kernels of `part`, the new graph of the node `child`, take the place of the old one's. */
void executable_replace_child(
	struct executable *e, const void *child, const struct executable *part);

/*
 * An update gives the nodes other parameters: they keep their names, which are those of the graph
 * that was instantiated, and stay switched off if they were. `old` may be NULL.
 */
void executable_keep(struct executable *e, const struct executable *old);

/* The node; NULL: it is no kernel of the executable, or that is NULL. */
struct kernel_node *executable_node(struct executable *e, const void *node);

/* The row of the kernel that the parameters of a kernel node name, 0: none. */
uint32_t executable_kernel_row(const struct cu_kernel_node_params *params);

#endif
