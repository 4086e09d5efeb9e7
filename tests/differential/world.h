/* SPDX-License-Identifier: MIT */
/*
 * What a random program has, and what it knows of it. Each thread has views of contexts; what is
 * in a view is this thread's alone. Contexts that a thread made are its own, the primary ones are
 * everybody's.
 */
#ifndef DIFFERENTIAL_WORLD_H
#define DIFFERENTIAL_WORLD_H

#include <pthread.h>

#include "random.h"
#include "tally.h"

enum {
	THREADS_MAX = 256,
	DEVICES_MAX = 4,
	OWN_CONTEXTS = 3,
	VIEWS = DEVICES_MAX + OWN_CONTEXTS,
	STACK = 6,
	BLOCKS = 24,
	PIECES = 6,
	STREAMS = 4,
	EVENTS = 4,
	IMAGES = 4,
	GRAPHS = 4,
	NODES = 24,
	CHILD_KERNELS = 64,
	ANCHOR_BYTES = 65536,
	IMAGE_KERNELS = 4,
	REGISTERED_BYTES = 8192,
};

/* What was put into one stream, and how much of that is known to be done. */
struct past {
	unsigned n, room;
	struct {
		struct lane *lane;
		uint64_t kernels;
	} * of;
};

struct lane {
	struct lane *next; /* of the same context */
	uint64_t kernels, confirmed;
	bool blocking;       /* it and the legacy default stream wait for each other */
	bool ended;          /* its stream was destroyed */
	bool gone;           /* with its context: nobody can wait for it any more */
	struct past follows; /* what the stream was told to wait for */
};

struct context {
	void *handle, *green;
	int device;
	bool primary;
	unsigned life;        /* which one it is, of those that were here */
	unsigned attached;    /* times, by cuCtxAttach */
	bool shared;          /* others launch in it: kernels are confirmed at the end */
	uint64_t kernels;     /* that ran in it, if it is shared */
	struct lane *legacy;  /* of the default stream; NULL: nothing was there yet */
	struct lane *streams; /* of the other ones */
	struct past follows;  /* all streams do */
};

enum block_kind {
	BLOCK_PLAIN,
	BLOCK_POOL,
	BLOCK_ARRAY,
	BLOCK_MIPMAP,
	BLOCK_HOST,
	BLOCK_REGISTERED
};

struct block {
	enum block_kind kind;
	uint64_t address; /* or handle; 0: none */
	uint64_t bytes;
	int device; /* that it is of */
	size_t width, height;
};

/* Of cuMemCreate: gone when it is neither held nor mapped. */
struct piece {
	void *handle;
	uint64_t address; /* where it is mapped, or reserved */
	uint64_t bytes;
	int device; /* -1: host memory */
	unsigned held;
	bool used, mapped;
};

enum image_kind { IMAGE_MODULE, IMAGE_LIBRARY };

struct image {
	void *handle; /* NULL: none */
	enum image_kind kind;
	unsigned n;
	struct {
		int kernel;
		void *function; /* CUfunction; NULL: not known */
		void *object;   /* CUkernel, of a library */
	} kernels[IMAGE_KERNELS];
};

struct node {
	void *handle;
	int kernel; /* -1: another kind of node */
	bool is_child;
	bool disabled;    /* of an executable graph */
	unsigned n_child; /* kernels of a child graph */
	unsigned char child[CHILD_KERNELS];
};

struct graph {
	void *handle;        /* NULL: destroyed, or none */
	void *exec;          /* NULL: none */
	bool exec_has_nodes; /* that can be changed: its graph is as it was instantiated */
	unsigned n, n_exec;
	struct node nodes[NODES], exec_nodes[NODES];
};

struct view {
	struct context *context; /* NULL: none */
	uint64_t anchor;         /* memory that graphs use */
	struct block blocks[BLOCKS];
	void *streams[STREAMS];
	struct lane *lanes[STREAMS]; /* of the streams; NULL: nothing was there yet */
	bool blocking[STREAMS];
	struct {
		void *handle;
		bool recorded;
		struct past past;
	} events[EVENTS];
	struct image images[IMAGES];
	struct graph graphs[GRAPHS];
	void *pool;
	int pool_device;
	void *capturing, *capturing_too; /* streams, during a capture */
	pthread_t capturer;              /* the thread whose default stream it may be */
	struct graph *captured;          /* what it has recorded */
	unsigned char registered[REGISTERED_BYTES];
};

struct thread {
	struct random random;
	unsigned number;
	struct context own[OWN_CONTEXTS];
	struct view views[VIEWS];
	struct view *stack[STACK]; /* of current contexts */
	int depth;
	struct piece pieces[PIECES];
};

struct world {
	uint64_t seed;
	unsigned threads, steps, children, depth;
	bool layers, faults, leaves;
	bool foreign;   /* streams, pools and contexts besides the current ones */
	unsigned quiet; /* 1: nothing waits but by events and copies back; 2: by events */
	unsigned focus;
	int late; /* gpuspy is loaded before this step of the only thread, or before all; -1: not */
	int devices;
	struct context primary[DEVICES_MAX];
	const char *folder;  /* of the plugins */
	const char *program; /* this one, to exec */
};

extern struct world world;
extern __thread struct thread *self;

static inline unsigned below(unsigned n)
{
	return random_below(&self->random, n);
}

static inline bool chance(unsigned one_in)
{
	return !below(one_in);
}

static inline struct view *current(void)
{
	return self->depth ? self->stack[self->depth - 1] : NULL;
}

/* A thread's steps, each in the file of its subject. They need a current context, unless it is
 * said. What fails, fails: the answer is in the tally. */
void contexts_begin(void); /* the thread's first context becomes current */
void contexts_end(void);
void contexts_restore(void); /* current again, after somebody else chose one */
void step_context(void);
void step_synchronise(void);
void step_stream(void);
void step_event(void);
void view_end(struct view *view); /* the context is gone with all that was in it */
void view_clean(struct view *view);
/* `stream` and `twin` as in the call: 0 of a twin is the thread's own stream. */
void kernel_ran(struct view *view, void *stream, bool twin, int kernel);
void kernel_ran_elsewhere(struct context *context, int kernel); /* of a shared context */
void stream_confirm(struct view *view, void *stream, bool twin);
void world_confirm(void); /* nobody else runs: the primary contexts */

/* A stream of the current context, 0 and the other two special ones included. */
void *any_stream(void);
bool is_captured(void *stream, bool per_thread);

void step_block(void);
void step_piece(void);
void blocks_clean(struct view *view);
void blocks_gone(struct view *view);
void pieces_clean(void);
struct block *block_find(unsigned kinds); /* a bit for each kind; NULL: there is none */
void exchange_clean(void);

void step_copy(void);
void step_set(void);

void step_image(void);
void step_launch(void);
void step_host_function(void);
/* A handle that can be launched, and which kernel that is; NULL: none. */
void *any_kernel(int *kernel, bool function_only);
bool is_object(const void *handle); /* a CUkernel, and not a CUfunction */
void images_clean(struct view *view);

void step_graph(void);
void step_capture(void);
bool graphs_clean(struct view *view); /* false: one is left */
void graph_record_kernel(int kernel);
void graph_record_other(void);
void graph_record_child(const struct graph *graph);
bool graph_anchor(struct view *view);
/* Launch an executable graph of the view, if there is one. */
void graph_launch(void);

void step_process(void); /* forks, and starts programs; needs no context */
void step_thread(void);  /* a thread that lives for a few calls */
void step_plugin(void);

void late_load(void);

#endif
