/* SPDX-License-Identifier: MIT */
/*
 * The driver's own figures about the devices, by NVML where it is installed. Nothing needs it.
 */
#ifndef GPUSPY_TOOLS_NVML_H
#define GPUSPY_TOOLS_NVML_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { NVML_DEVICES_MAX = 32 };

struct nvml_device {
	char name[96];
	char uuid[96];                    /* "GPU-..." */
	uint64_t total_bytes, used_bytes; /* 0: unknown */
	int utilisation;                  /* per cent, as the driver says; -1: unknown */
};

struct nvml_figures {
	struct nvml_device devices[NVML_DEVICES_MAX];
	unsigned count;
};

/* A process on a device, with a pid as the driver sees it: the first namespace's. */
struct nvml_process {
	pid_t pid;
	uint64_t used_bytes; /* 0: unknown */
	int utilisation;     /* its share of the device's time in per cent, -1: unknown */
};

enum { NVML_PROCESSES_MAX = 256 };

struct nvml;

/* NULL: there is no NVML, or it has no driver to ask. */
struct nvml *nvml_open(void);
void nvml_close(struct nvml *nvml); /* NULL is fine */

/* With NULL: no devices. */
void nvml_read(struct nvml_figures *out, struct nvml *nvml);

/* The processes on the device of that place in nvml_figures; their number. */
unsigned nvml_processes(
	struct nvml_process out[NVML_PROCESSES_MAX], struct nvml *nvml, unsigned device);

#endif
