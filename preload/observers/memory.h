/* SPDX-License-Identifier: MIT */
/*
 * Memory: what is allocated, and where it is accounted for.
 */
#ifndef GPUSPY_OBSERVERS_MEMORY_H
#define GPUSPY_OBSERVERS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "../hooks/hooks.h"
#include "contexts.h"
#include "handles.h"

enum memory_kind {
	MEMORY_CONTEXT, /* ends with its context */
	MEMORY_DEVICE,  /* of a pool: outlives contexts */
	MEMORY_HOST,    /* pinned host memory */
};

/* Into the figures of the device and of the process, or of host memory. `calls`: frees to count. */
void memory_account_new(const struct allocation *m);
void memory_account_free(const struct allocation *m, unsigned calls);

/* New memory of the current context, which is freed by the address or handle `key`. */
void memory_allocated(uint64_t key, uint64_t bytes, enum memory_kind kind);

/* Around a call whose first argument is an address or handle to be freed. */
void memory_before_free(struct frame *frame);
void memory_after_free(struct frame *frame, int status);

/* The context ended, and its memory with it: contexts_tell(). */
void memory_context_ended(const struct context *context);

#endif
