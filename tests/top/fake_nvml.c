/* SPDX-License-Identifier: MIT */
/*
 * A libnvidia-ml.so.1 of one device, for tests: that of the made-up sessions by its UUID, or
 * another one where FAKE_NVML_OTHER is set.
 */
#include <stdio.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int nvmlInit_v2(void);
EXPORT int nvmlShutdown(void);
EXPORT int nvmlDeviceGetCount_v2(unsigned *count);
EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
EXPORT int nvmlDeviceGetName(void *device, char *name, unsigned size);
EXPORT int nvmlDeviceGetUUID(void *device, char *uuid, unsigned size);
EXPORT int nvmlDeviceGetMemoryInfo(void *device, unsigned long long memory[3]);
EXPORT int nvmlDeviceGetUtilizationRates(void *device, unsigned shares[2]);

struct running { /* nvmlProcessInfo_t */
	unsigned pid;
	unsigned long long used;
	unsigned instances[2];
};

struct share { /* nvmlProcessUtilizationSample_t */
	unsigned pid;
	unsigned long long time;
	unsigned figures[4];
};

EXPORT int nvmlDeviceGetComputeRunningProcesses_v3(
	void *device, unsigned *count, struct running *running);
EXPORT int nvmlDeviceGetProcessUtilization(
	void *device, struct share *shares, unsigned *count, unsigned long long since);

int nvmlInit_v2(void)
{
	return getenv("FAKE_NVML_FAILS") ? 9 : 0; /* NVML_ERROR_DRIVER_NOT_LOADED */
}

int nvmlShutdown(void)
{
	return 0;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
	*count = 1;
	return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
	static int one;

	*device = &one;
	return index ? 2 : 0;
}

int nvmlDeviceGetName(void *device, char *name, unsigned size)
{
	(void)device;
	snprintf(name, size, "Fake \033[31mGPU");
	return 0;
}

int nvmlDeviceGetUUID(void *device, char *uuid, unsigned size)
{
	(void)device;
	snprintf(uuid, size, "%s",
		getenv("FAKE_NVML_OTHER") ? "GPU-00000000-0000-0000-0000-000000000000"
					  : "GPU-abababab-abab-abab-abab-abababababab");
	return 0;
}

int nvmlDeviceGetMemoryInfo(void *device, unsigned long long memory[3])
{
	(void)device;
	memory[0] = 64ull << 30;
	memory[1] = 60ull << 30;
	memory[2] = 4ull << 30;
	return 0;
}

int nvmlDeviceGetUtilizationRates(void *device, unsigned shares[2])
{
	(void)device;
	shares[0] = 37;
	shares[1] = 5;
	return 0;
}

/* The process that FAKE_NVML_PID_FILE holds, and init, which nobody watches. */
static unsigned watched(void)
{
	const char *name = getenv("FAKE_NVML_PID_FILE");
	FILE *file = name ? fopen(name, "r") : NULL;
	unsigned pid = 0;

	if (file) {
		if (fscanf(file, "%u", &pid) != 1)
			pid = 0;
		fclose(file);
	}
	return pid;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, struct running *running)
{
	(void)device;
	if (*count < 2)
		return 7; /* NVML_ERROR_INSUFFICIENT_SIZE */
	running[0] = (struct running){ 1, ~0ull, { 0, 0 } };
	running[1] = (struct running){ watched(), 3ull << 30, { 0, 0 } };
	*count = 2;
	return 0;
}

int nvmlDeviceGetProcessUtilization(
	void *device, struct share *shares, unsigned *count, unsigned long long since)
{
	(void)device;
	if (*count < 2)
		return 7;
	shares[0] = (struct share){ watched(), since + 1, { 11, 0, 0, 0 } };
	shares[1] = (struct share){ watched(), since + 2, { 29, 0, 0, 0 } };
	*count = 2;
	return 0;
}
