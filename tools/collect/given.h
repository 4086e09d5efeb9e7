/* SPDX-License-Identifier: MIT */
/*
 * What a scheduler calls 0 and 1, by UUID: as far as this machine's own lists leave no doubt.
 */
#ifndef GPUSPY_COLLECT_GIVEN_H
#define GPUSPY_COLLECT_GIVEN_H

#include <stdbool.h>

#define GIVEN_DRIVER "/proc/driver/nvidia"

enum { MACHINE_GPUS_MAX = 64 };

struct machine_gpus {
	struct machine_gpu {
		char bus[32], uuid[64]; /* uuid "": not known */
		int minor;              /* the number of its device file; -1: not known */
	} all[MACHINE_GPUS_MAX];        /* in the order of the bus */
	unsigned n;
	bool listed; /* the driver is there, and these are all */
	bool parted; /* there are instances of MIG, which schedulers number by themselves */
};

/* Of the kernel's driver, which is not woken up by that, as it is by NVML. */
void given_read(struct machine_gpus *gpus, const char *driver);

/*
 * The UUID of what the scheduler calls `id`; NULL: not known. Numbers are those of the device files
 * with some, and of the order on the bus with others: where the two differ, nobody knows.
 */
const char *given_uuid(const struct machine_gpus *gpus, const char *id);

#endif
