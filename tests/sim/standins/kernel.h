/* SPDX-License-Identifier: MIT */
/*
 * Kernels that a stand-in library brings along. A library that launches through its own copy of
 * the runtime registers them as nvcc's code does, so that the driver sees what it would see.
 */
#ifndef STANDIN_KERNEL_H
#define STANDIN_KERNEL_H

#include "include/sim_runtime.h"

struct standin_kernel {
	const char *name;
	struct sim_fat_binary binary;
	void **handle; /* of the registered binary */
};

#define STANDIN_KERNEL(kernel_name)                    \
	{                                              \
		.name = kernel_name, .binary = {       \
			.magic = SIM_FAT_BINARY_MAGIC, \
			.version = 1,                  \
			.data = "sim:" kernel_name     \
		}                                      \
	}

/* Launches it in the stream, registering it first; a status of the runtime. */
int standin_launch(struct standin_kernel *kernel, void **params, void *stream);

#endif
