/*
 * Contexts: which one a thread's calls go to, and on which device.
 */
#ifndef GPUSPY_OBSERVERS_CONTEXTS_H
#define GPUSPY_OBSERVERS_CONTEXTS_H

#include <stdint.h>

struct context {
	void *handle;    /* NULL: free to be used again on the same device */
	void *ending;    /* its handle while it is being destroyed, when that may be another's */
	int device;      /* -1: unknown */
	uint32_t row;    /* the first of its CONTEXT_ROWS rows */
	uint8_t primary; /* the device's own (cuDevicePrimaryCtxRetain) */
};

/* Who is to be told of a context's end, in that order; ended by NULL. Given at the start. */
typedef void context_end_function(const struct context *context);
void contexts_tell(context_end_function *const *ends);

/*
 * The calling thread's current context; the driver is asked once, and again after a change. A
 * context of device -1 stands for "none that we know of". NULL: no rows are left.
 */
struct context *context_current(void);

/* The context of that handle, NULL: not known. */
struct context *context_of(const void *handle);

/* The number of a context, for memory that ends with it, and back. */
unsigned context_number(const struct context *context);

/* Kernels launched in the context so far; those of graphs too. */
uint64_t context_kernels(const struct context *context);

/* All of the context's first `kernels` kernels are known to have finished. */
void context_confirm(struct context *context, uint64_t kernels);

#endif
