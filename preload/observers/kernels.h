/*
 * Kernels by name: from a handle that is launched to the row that counts it.
 */
#ifndef GPUSPY_OBSERVERS_KERNELS_H
#define GPUSPY_OBSERVERS_KERNELS_H

#include <stdint.h>

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

/* A module or library is unloaded: its handles may be used again for something else. */
void kernels_unloaded(const void *owner);

#endif
