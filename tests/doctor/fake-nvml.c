/* SPDX-License-Identifier: MIT */
/* A libnvidia-ml: one GPU; MIG mode is on with FAKE_MIG=1, the status of init in FAKE_NVML. */
#include <stdlib.h>
#include <string.h>

int nvmlInit_v2(void);
int nvmlSystemGetDriverVersion(char *version, unsigned size);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetName(void *device, char *name, unsigned size);
int nvmlDeviceGetMigMode(void *device, unsigned *now, unsigned *next);

int nvmlInit_v2(void)
{
	const char *status = getenv("FAKE_NVML");

	return status ? atoi(status) : 0;
}

int nvmlSystemGetDriverVersion(char *version, unsigned size)
{
	strncpy(version, "550.54.15", size);
	return 0;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
	*count = 1;
	return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
	static int gpu;

	*device = &gpu;
	return index != 0;
}

int nvmlDeviceGetName(void *device, char *name, unsigned size)
{
	(void)device;
	strncpy(name, "Fake GPU", size);
	return 0;
}

int nvmlDeviceGetMigMode(void *device, unsigned *now, unsigned *next)
{
	(void)device;
	*now = *next = getenv("FAKE_MIG") != NULL;
	return 0;
}

struct device_memory {
	unsigned long long total, free, used;
};

int nvmlDeviceGetMemoryInfo(void *device, struct device_memory *memory);

/* FAKE_USED percent of 16 GiB are taken. */
int nvmlDeviceGetMemoryInfo(void *device, struct device_memory *memory)
{
	const char *percent = getenv("FAKE_USED");

	(void)device;
	memory->total = 16ull << 30;
	memory->used = percent ? (memory->total / 100) * (unsigned)atoi(percent) : 0;
	memory->free = memory->total - memory->used;
	return 0;
}

/* Of the process FAKE_PID: 1 GiB of memory, FAKE_SM percent busy, FAKE_ACCOUNTING over its life. */

struct process_info {
	unsigned pid;
	unsigned long long memory;
	unsigned gpu_instance, compute_instance;
};

struct sample {
	unsigned pid;
	unsigned long long when;
	unsigned sm, memory, encoder, decoder;
};

struct accounting {
	unsigned sm, memory_use;
	unsigned long long memory, time, start;
	unsigned running, reserved[5];
};

int nvmlDeviceGetComputeRunningProcesses_v3(
	void *device, unsigned *count, struct process_info *infos);
int nvmlDeviceGetProcessUtilization(
	void *device, struct sample *samples, unsigned *count, unsigned long long since);
int nvmlDeviceGetAccountingStats(void *device, unsigned pid, struct accounting *stats);

static unsigned number(const char *variable)
{
	const char *value = getenv(variable);

	return value ? (unsigned)atoi(value) : 0;
}

int nvmlDeviceGetComputeRunningProcesses_v3(
	void *device, unsigned *count, struct process_info *infos)
{
	(void)device;
	*count = 1;
	infos[0] = (struct process_info){ .pid = number("FAKE_PID"), .memory = 1ull << 30 };
	return 0;
}

int nvmlDeviceGetProcessUtilization(
	void *device, struct sample *samples, unsigned *count, unsigned long long since)
{
	(void)device;
	(void)since;
	if (!number("FAKE_SM"))
		return 6; /* NVML_ERROR_NOT_FOUND */
	*count = 1;
	samples[0] = (struct sample){ .pid = number("FAKE_PID"), .sm = number("FAKE_SM") };
	return 0;
}

int nvmlDeviceGetAccountingStats(void *device, unsigned pid, struct accounting *stats)
{
	(void)device;
	if (!number("FAKE_ACCOUNTING") || pid != number("FAKE_PID"))
		return 6;
	*stats = (struct accounting){ .sm = number("FAKE_ACCOUNTING"), .memory = 2ull << 30 };
	return 0;
}
