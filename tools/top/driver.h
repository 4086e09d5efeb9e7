/* SPDX-License-Identifier: MIT */
/*
 * The driver's own figures of one moment, where there are any.
 */
#ifndef GPUSPY_TOP_DRIVER_H
#define GPUSPY_TOP_DRIVER_H

#include "../nvml.h"
#include "ground/arena.h"

/* What it says of a process, over all devices. */
struct driver_said {
	pid_t pid;       /* in this pid namespace, or in the machine's own */
	uint64_t bytes;  /* 0: unknown */
	int utilisation; /* per cent, -1: unknown */
};

struct driver {
	struct nvml_figures devices;
	struct driver_said *said;
	unsigned n_said;
};

/* `nvml` NULL: it says nothing. */
void driver_ask(struct driver *driver, struct arena *arena, struct nvml *nvml);

#endif
