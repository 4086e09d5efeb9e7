/* SPDX-License-Identifier: MIT */
/* What graphs.c and executables.c share. */
#ifndef DIFFERENTIAL_GRAPHS_H
#define DIFFERENTIAL_GRAPHS_H

#include "world.h"

/* The kernels of the nodes as one list: what a child graph of them runs. False: too many, or one
 * is switched off. */
bool graph_flatten(const struct node *nodes, unsigned n, struct node *into);
/* One with a handle and of this kind; NULL: none found. */
struct node *graph_any_node(struct node *nodes, unsigned n, bool child);
/* For a kernel node; `function` is NULL when the view has no kernel. */
struct cu_kernel_node_params graph_any_params(int *kernel);
/* Where both fields are looked at, a CUkernel may stand in its own, or in that of functions. */
struct cu_kernel_node_params graph_newer(struct cu_kernel_node_params params);

void exec_make(struct graph *graph);
void exec_destroy(struct graph *graph);
/* Changes it, or launches it. */
void exec_use(struct graph *graph);

#endif
