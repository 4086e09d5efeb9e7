/* SPDX-License-Identifier: MIT */
/*
 * The state of the simulated driver. All of it is touched under the lock of export.c only, except
 * what is per thread.
 */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include "../../preload/cuda/abi.h"

#include <stdbool.h>

enum { DEVICES_MAX = 16, CONTEXT_DEPTH = 8, LIMITS = 16, KERNEL_PARAMS_MAX = 64 };

/* ---- objects.c: what handles point to ---- */

enum object_kind {
	OBJECT_CONTEXT = 1,
	OBJECT_GREEN,
	OBJECT_MODULE,
	OBJECT_FUNCTION,
	OBJECT_LIBRARY,
	OBJECT_KERNEL,
	OBJECT_STREAM,
	OBJECT_EVENT,
	OBJECT_GRAPH,
	OBJECT_NODE,
	OBJECT_EXEC,
	OBJECT_POOL,
	OBJECT_ARRAY,
	OBJECT_MIPMAP,
	OBJECT_ALLOCATION,
	OBJECT_CAPTURE,
	OBJECT_LINKER,
	OBJECT_TEXTURE,
	OBJECT_SURFACE,
	OBJECT_KINDS,
};

/* The beginning of every object. A freed one is the first to be used again, so that handles are
 * recycled at once. */
struct object {
	enum object_kind kind; /* 0: free */
	uint32_t generation;   /* counts the uses of this place */
	struct object *next_free;
};

void *object_new(enum object_kind kind); /* zeroed; NULL when there are too many */
void object_free(void *object);
void *object_get(enum object_kind kind, const void *handle); /* NULL: no such object */
/* All objects of a kind, one after the other: NULL begins and ends. Any may be freed meanwhile. */
void *object_next(enum object_kind kind, void *previous);

/* ---- device.c ---- */

struct pool {
	struct object object;
	struct device *device; /* NULL: host memory */
	bool built_in;         /* the device's default pool */
	uint64_t threshold, used, used_high;
	int options[4];
};

struct device {
	int ordinal;
	char name[64];
	struct cu_uuid uuid;
	size_t total, live;
	struct context *primary;
	unsigned primary_count, primary_flags;
	struct pool *default_pool, *pool;
};

bool driver_ready(void);
struct device *device_get(cu_device ordinal); /* NULL: no such device */
int driver_version(void);
struct pool *device_default_pool(struct device *device);

/* ---- stream.c, capture.c ---- */

struct node;
struct graph;

struct node_list {
	struct node **all;
	size_t count;
};

struct capture {
	struct object object;
	struct graph *graph;
	struct stream *origin;
	uint64_t id;
	enum cu_capture_mode mode;
	uint64_t thread; /* that began it */
	bool invalid;
	bool own_graph; /* made by the capture, not by the program */
	struct { /* into a graph that has nodes: they are given the new work in their order */
		bool on;
		size_t next;
		int (*callback)(void *data, void *node, const void *was, const void *is, int how);
		void *data;
	} again;
};

struct stream {
	struct object object;
	struct context *context;
	unsigned flags; /* 1: does not wait for the default stream */
	int priority;
	uint64_t id;
	unsigned not_ready;      /* SIM_NOT_READY: queries still to be answered so */
	struct capture *capture; /* NULL: not capturing */
	struct node_list tail;   /* nodes that the next one depends on */
	bool unjoined;           /* work that the capture's origin has not waited for */
	struct green *green;
	bool cig; /* its work goes to a graphics API */
};

/* The stream of a handle, the default ones too; NULL: no such stream. */
struct stream *stream_get(void *handle);
void stream_free(struct stream *stream);
void stream_touched(struct stream *stream); /* work was put into it */

/* ---- context.c ---- */

struct context {
	struct object object;
	struct device *device;
	bool primary;
	unsigned attached; /* times, by cuCtxAttach */
	unsigned flags, version;
	uint64_t id;
	enum cu_status pending; /* a fault that no call has answered yet */
	enum cu_status fault;   /* answered: all calls now answer so */
	struct stream *legacy;  /* the default stream */
	struct green *green;
	size_t limits[LIMITS];
	unsigned cache, shared;
	uint64_t peers; /* devices whose access is enabled */
};

struct green {
	struct object object;
	struct context *context;
	uint64_t primary_id; /* of the context that it retains */
	unsigned sm_count;
};

/* ---- texture.c ---- */

struct texture {
	struct object object;
	unsigned char resource[144]; /* CUDA_RESOURCE_DESC */
	unsigned char sampling[104]; /* CUDA_TEXTURE_DESC; not of a surface */
	unsigned char view[112];     /* CUDA_RESOURCE_VIEW_DESC */
	bool has_view;
};

struct context *context_current(void);
enum cu_status context_none(void); /* why there is none */
/* A synchronising call: answers a pending fault. */
enum cu_status context_synchronise(struct context *context);
void context_fault(struct context *context, enum cu_status status);

/* ---- per thread (export.c, context.c, stream.c) ---- */

struct thread {
	bool per_thread;
	bool destroyed; /* the current context was destroyed by another thread */
	int depth;
	enum cu_capture_mode capture_mode;
	struct {
		struct context *context;
		uint32_t generation;
	} stack[CONTEXT_DEPTH];
	struct {
		struct stream *stream;
		uint32_t generation;
	} own; /* the per-thread default stream */
};

/*
 * In the static TLS block: the first use of a dynamic one takes ld.so's lock, which a child that
 * was forked beside a dlopen would wait for in vain.
 */
#define STATIC_TLS __attribute__((tls_model("initial-exec")))

extern __thread struct thread this_thread STATIC_TLS;

uint64_t thread_id(void);
uint64_t sim_setting(const char *name, uint64_t otherwise); /* a number in the environment */

#endif
