/* SPDX-License-Identifier: MIT */
/*
 * Parts of a view, for each other.
 */
#ifndef GPUSPY_JOBS_VIEW_PARTS_H
#define GPUSPY_JOBS_VIEW_PARTS_H

#include "view.h"

/* Room for one more in an array, zeroed; NULL: no memory. */
void *view_room(void *array, unsigned used, unsigned *room, size_t size);

/* The node of that name, which is made if it is new; NULL: no memory. */
struct view_node *view_node(struct view *view, const char *name);

/* What lists of nodes name, ranks, each time that it was begun. -1: no memory. */
int view_expect_nodes(struct view *view, enum view_silent most);
int view_count_ranks(struct view *view);
int view_make_runs(struct view *view);

/* What the host's line is about: who collected by hand knows no node. */
const char *view_host_node(const struct job *job, const struct job_host *host);

/* false: no memory. */
bool view_add_gpu(struct view *view, const char *node, const struct job_gpu *gpu);

/* Once all sessions and hosts are there: which GPUs the job was given. -1: no memory. */
int view_allocate(struct view *view);

#endif
