/*
 * The driver's own figures about the devices, by NVML where it is installed. Nothing needs it.
 */
#ifndef GPUSPY_TOP_NVML_H
#define GPUSPY_TOP_NVML_H

#include <stdbool.h>
#include <stdint.h>

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

struct nvml;

/* NULL: there is no NVML, or it has no driver to ask. */
struct nvml *nvml_open(void);
void nvml_close(struct nvml *nvml); /* NULL is fine */

/* With NULL: no devices. */
void nvml_read(struct nvml_figures *out, struct nvml *nvml);

#endif
