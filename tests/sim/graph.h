/* SPDX-License-Identifier: MIT */
/* Work, and graphs of it. */
#ifndef SIM_GRAPH_H
#define SIM_GRAPH_H

#include "capture.h"
#include "state.h"

struct event;
struct image_kernel;

/* A piece of work: put into a stream, or kept in a node of a graph. */
struct work {
	enum cu_node_type type;
	union {
		struct {
			void *function; /* struct function or struct kernel */
			unsigned grid[3], block[3], shared_bytes;
			void **params; /* one pointer a parameter */
			struct context *context;
		} kernel;
		struct {
			struct cu_copy_3d copy;
			struct context *context;
			bool peer;
		} copy;
		struct {
			cu_pointer to;
			size_t pitch, width, height; /* width in elements */
			unsigned value, element;
			struct context *context;
		} set;
		struct cu_host_node_params host;
		struct graph *child;
		struct event *event;
		struct cu_alloc_node_params alloc;
		cu_pointer free;
		struct { /* of batches: where the bytes go, one piece after the other */
			size_t count;
			struct piece {
				cu_pointer to, from; /* 0: an endpoint, whose memory is elsewhere */
				size_t bytes;
			} * pieces;
			bool peer;
		} batch;
		struct { /* a body runs, depending on what the handle's value is */
			int type;
			unsigned value, count;
			struct graph **bodies;
		} choice;
	};
};

struct node {
	struct object object;
	struct graph *graph;
	struct work work; /* kernel parameters, child graphs: its own copies */
	struct node_list needs;
	struct node *origin; /* of a clone: the node it was made from */
	struct node *clone;  /* while a clone is made: this node's */
	bool disabled, done;
};

struct graph {
	struct object object;
	struct node_list nodes;
	struct graph *origin;
};

struct graph_exec {
	struct object object;
	struct graph *graph; /* a clone */
	uint64_t flags;
};

/* work.c */
enum cu_status work_run(struct context *context, const struct work *work);
/* Run it, or record it if the stream is being captured. */
enum cu_status work_submit(struct stream *stream, const struct work *work);
/* A copy that owns its parameters and child graph; and its end. */
enum cu_status work_copy(struct work *to, const struct work *from);
void work_clear(struct work *work);

/* graph.c */
struct graph *graph_new(void);
void graph_free(struct graph *graph);
struct graph *graph_clone(const struct graph *graph);
bool graph_has(const struct graph *graph, const struct node *node);
/* Put its nodes in an order in which they can be run; false: there is none. */
bool graph_sort(struct graph *graph);
enum cu_status graph_add(struct graph *graph, struct node *const *needs, size_t count,
	const struct work *work, struct node **node);

/* graph_nodes.c: work from the parameters that a program gives; for `version` see cuda_abi.h */
enum cu_status work_of_kernel(
	struct work *work, const struct cu_kernel_node_params *params, int version);
enum cu_status work_of_copy(struct work *work, const struct cu_copy_3d *copy, void *context);
enum cu_status work_of_set(
	struct work *work, const struct cu_memset_node_params *params, void *context);
enum cu_status work_of_host(struct work *work, const struct cu_host_node_params *params);
enum cu_status work_of_child(struct work *work, void *graph);
enum cu_status work_of_event(struct work *work, enum cu_node_type type, void *event);
enum cu_status work_of_params(struct work *work, const struct cu_node_params *params);
/* Give a node other work of the same type. */
enum cu_status node_change(struct node *node, const struct work *work);

/* launch.c */
bool launch_unpack(void **extra, const struct image_kernel *kernel, void **params);
bool launch_sound(const struct work *work);

/* graph_exec.c */
enum cu_status graph_run(struct context *context, struct graph *graph);

/* copy.c */
enum cu_status copy_check(const struct cu_copy_3d *copy);
enum cu_status copy_run(const struct cu_copy_3d *copy);
const char *copy_direction(const struct cu_copy_3d *copy, bool peer);
/* batch.c */
enum cu_status batch_run(const struct work *work);
bool batch_copy(struct work *to, const struct work *from);
enum cu_status work_of_batch(struct work *work, const struct cu_batch_params *params);
enum cu_status work_of_fabric(struct work *work, const struct cu_fabric_params *params);
/* graph_params.c: what a program is told of a node */
void params_of_node(const struct node *node, struct cu_node_params *params);

/* set.c */
enum cu_status set_run(const struct work *work);

#endif
