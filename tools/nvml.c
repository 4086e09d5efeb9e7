/* SPDX-License-Identifier: MIT */
#include "nvml.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/*
 * Of nvml.h, whose functions and structs never change under one name: handles are pointers,
 * statuses are enums of which 0 is success.
 */
struct nvml_memory {
	unsigned long long total, free, used;
};

struct nvml_utilisation {
	unsigned gpu, memory;
};

struct nvml_running { /* nvmlProcessInfo_t since CUDA 11 */
	unsigned pid;
	unsigned long long used;
	unsigned instances[2];
};

struct nvml_share { /* nvmlProcessUtilizationSample_t */
	unsigned pid;
	unsigned long long time; /* in microseconds */
	unsigned sm, memory, encoder, decoder;
};

struct nvml {
	void *library;
	int (*init)(void);
	int (*shutdown)(void);
	int (*count)(unsigned *count);
	int (*handle)(unsigned index, void **device);
	int (*name)(void *device, char *name, unsigned size);
	int (*uuid)(void *device, char *uuid, unsigned size);
	int (*memory)(void *device, struct nvml_memory *memory);
	int (*utilisation)(void *device, struct nvml_utilisation *utilisation);
	/* Not in every version; NULL: it is not there. */
	int (*running)(void *device, unsigned *count, struct nvml_running *running);
	int (*shares)(
		void *device, struct nvml_share *shares, unsigned *count, unsigned long long since);
	void *devices[NVML_DEVICES_MAX];
	unsigned long long seen[NVML_DEVICES_MAX]; /* the time of the last share */
	struct nvml_figures fixed;                 /* names and sizes do not change */
};

static bool find(struct nvml *nvml)
{
	const struct {
		const char *name;
		void *to;
		bool optional;
	} functions[] = {
		{ "nvmlInit_v2", &nvml->init },
		{ "nvmlShutdown", &nvml->shutdown },
		{ "nvmlDeviceGetCount_v2", &nvml->count },
		{ "nvmlDeviceGetHandleByIndex_v2", &nvml->handle },
		{ "nvmlDeviceGetName", &nvml->name },
		{ "nvmlDeviceGetUUID", &nvml->uuid },
		{ "nvmlDeviceGetMemoryInfo", &nvml->memory },
		{ "nvmlDeviceGetUtilizationRates", &nvml->utilisation },
		{ "nvmlDeviceGetComputeRunningProcesses_v2", &nvml->running, true },
		{ "nvmlDeviceGetComputeRunningProcesses_v3", &nvml->running, true },
		{ "nvmlDeviceGetProcessUtilization", &nvml->shares, true },
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		void *found = dlsym(nvml->library, functions[i].name);

		if (!found && !functions[i].optional)
			return false;
		if (found)
			memcpy(functions[i].to, &found, sizeof(found));
	}
	return true;
}

static void read_fixed(struct nvml *nvml)
{
	unsigned count = 0;

	if (nvml->count(&count))
		return;
	for (unsigned i = 0; i < count && nvml->fixed.count < NVML_DEVICES_MAX; i++) {
		struct nvml_device *device = &nvml->fixed.devices[nvml->fixed.count];

		if (nvml->handle(i, &nvml->devices[nvml->fixed.count]))
			continue;
		if (nvml->name(nvml->devices[nvml->fixed.count], device->name,
			    sizeof(device->name) - 1))
			device->name[0] = 0;
		if (nvml->uuid(nvml->devices[nvml->fixed.count], device->uuid,
			    sizeof(device->uuid) - 1))
			device->uuid[0] = 0;
		nvml->fixed.count++;
	}
}

struct nvml *nvml_open(void)
{
	struct nvml *nvml = calloc(1, sizeof(*nvml));

	if (!nvml)
		return NULL;
	nvml->library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
	if (nvml->library && find(nvml) && nvml->init() == 0) {
		read_fixed(nvml);
		return nvml;
	}
	if (nvml->library)
		dlclose(nvml->library);
	free(nvml);
	return NULL;
}

void nvml_close(struct nvml *nvml)
{
	if (!nvml)
		return;
	nvml->shutdown();
	dlclose(nvml->library);
	free(nvml);
}

void nvml_read(struct nvml_figures *out, struct nvml *nvml)
{
	if (!nvml) {
		out->count = 0;
		return;
	}
	*out = nvml->fixed;
	for (unsigned i = 0; i < out->count; i++) {
		struct nvml_device *device = &out->devices[i];
		struct nvml_memory memory = { 0, 0, 0 };
		struct nvml_utilisation utilisation = { 0, 0 };

		if (nvml->memory(nvml->devices[i], &memory) == 0) {
			device->total_bytes = memory.total;
			device->used_bytes = memory.used;
		}
		device->utilisation = -1;
		if (nvml->utilisation(nvml->devices[i], &utilisation) == 0 &&
			utilisation.gpu <= 100)
			device->utilisation = (int)utilisation.gpu;
	}
}

static struct nvml_process *process_of(
	struct nvml_process out[NVML_PROCESSES_MAX], unsigned *count, unsigned pid)
{
	for (unsigned i = 0; i < *count; i++)
		if (out[i].pid == (pid_t)pid)
			return &out[i];
	if (*count >= NVML_PROCESSES_MAX)
		return NULL;
	out[*count] = (struct nvml_process){ .pid = (pid_t)pid, .utilisation = -1 };
	return &out[(*count)++];
}

static void add_running(struct nvml_process out[NVML_PROCESSES_MAX], unsigned *count,
	const struct nvml *nvml, unsigned device)
{
	struct nvml_running running[NVML_PROCESSES_MAX];
	unsigned n = NVML_PROCESSES_MAX;

	if (!nvml->running || nvml->running(nvml->devices[device], &n, running))
		return;
	for (unsigned i = 0; i < n && i < NVML_PROCESSES_MAX; i++) {
		struct nvml_process *process = process_of(out, count, running[i].pid);

		if (process && running[i].used != ~0ull) /* not available */
			process->used_bytes += running[i].used;
	}
}

/* Several of one process may have come since the last time: the newest counts. */
static void add_shares(struct nvml_process out[NVML_PROCESSES_MAX], unsigned *count,
	struct nvml *nvml, unsigned device)
{
	struct nvml_share shares[NVML_PROCESSES_MAX];
	unsigned n = NVML_PROCESSES_MAX;
	unsigned long long since = nvml->seen[device];

	if (!nvml->shares || nvml->shares(nvml->devices[device], shares, &n, since))
		return;
	for (unsigned i = 0; i < n && i < NVML_PROCESSES_MAX; i++) {
		struct nvml_process *process = process_of(out, count, shares[i].pid);

		if (shares[i].time > nvml->seen[device])
			nvml->seen[device] = shares[i].time;
		if (process && shares[i].time > since && shares[i].sm <= 100)
			process->utilisation = (int)shares[i].sm;
	}
}

unsigned nvml_processes(
	struct nvml_process out[NVML_PROCESSES_MAX], struct nvml *nvml, unsigned device)
{
	unsigned count = 0;

	if (!nvml || device >= nvml->fixed.count)
		return 0;
	add_running(out, &count, nvml, device);
	add_shares(out, &count, nvml, device);
	return count;
}
