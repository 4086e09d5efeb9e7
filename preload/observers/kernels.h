/* SPDX-License-Identifier: MIT */
/*
 * Kernels by name: from a handle that is launched to the row that counts it.
 */
#ifndef GPUSPY_OBSERVERS_KERNELS_H
#define GPUSPY_OBSERVERS_KERNELS_H

#include <stdint.h>

#include "contexts.h"
#include "handles.h"

/*
 * The row of the kernel behind a CUfunction, or a CUkernel cast to one, on that device. 0: its name
 * is not to be had, or no row is left.
 */
uint32_t kernel_row(void *function, int device);

/* A look-up gave out a handle; `owner` is the module or library that it ends with. */
void kernel_named(void *handle, enum kernel_handle kind, const char *name, const void *owner);

/* A second handle for what the first one stands for. */
void kernel_same(void *handle, enum kernel_handle kind, const void *as);

/* A handle whose name the driver can be asked for. */
void kernel_seen(void *handle, enum kernel_handle kind, const void *owner);

/*
 * Around a call that unloads a module or library: its handles may be used again for something else
 * before the call has come back. kernels_unload() gives the call a number.
 */
unsigned kernels_unload(const void *owner);
void kernels_unloaded(unsigned number);
void kernels_stay(unsigned number);

/* contexts_tell(): functions end with their context. */
void kernels_context_ends(const struct context *context);
void kernels_context_lives_on(const struct context *context);
void kernels_context_ended(const struct context *context);

#endif
