/* SPDX-License-Identifier: MIT */
/*
 * What runs in the children. Names and prototypes are those of cuda.h and nvml.h.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "probe.h"

/* A function of the library; the types are the caller's to know. */
#define FUNCTION(library, result, name, ...) \
	result (*name)(__VA_ARGS__) = (result(*)(__VA_ARGS__))(uintptr_t)dlsym(library, #name)

void *probe_library(struct answer *answer, const char *name, const char *function)
{
	void *library = dlopen(*answer->path ? answer->path : name, RTLD_NOW | RTLD_LOCAL);
	char real[PATH_MAX];
	Dl_info info;

	answer->loaded = library != NULL;
	if (!library) {
		snprintf(answer->error, sizeof(answer->error), "%s", dlerror());
		return NULL;
	}
	if (dladdr(dlsym(library, function), &info) && info.dli_fname)
		snprintf(answer->path, sizeof(answer->path), "%s",
			realpath(info.dli_fname, real) ? real : info.dli_fname);
	return library;
}

static void name_devices(struct answer *answer, void *library)
{
	FUNCTION(library, int, cuDeviceGet, int *, int);
	FUNCTION(library, int, cuDeviceGetName, char *, int, int);

	for (int i = 0, device; i < answer->count && i < PROBE_DEVICES; i++)
		if (cuDeviceGet && cuDeviceGetName && !cuDeviceGet(&device, i))
			cuDeviceGetName(answer->names[i], PROBE_NAME, device);
}

void ask_driver(struct answer *answer)
{
	void *library = probe_library(answer, "libcuda.so.1", "cuInit");

	if (!library)
		return;
	FUNCTION(library, int, cuInit, unsigned);
	FUNCTION(library, int, cuDriverGetVersion, int *);
	FUNCTION(library, int, cuDeviceGetCount, int *);
	answer->simulated = dlsym(library, "gpuspy_simulated_driver") != NULL;
	answer->status = cuInit ? cuInit(0) : -1;
	if (!answer->status && !cuDeviceGetCount)
		answer->status = -1;
	if (cuDriverGetVersion && cuDriverGetVersion(&answer->version))
		answer->version = 0;
	if (answer->status || cuDeviceGetCount(&answer->count))
		return;
	name_devices(answer, library);
}

static void name_nvml_devices(struct answer *answer, void *library)
{
	FUNCTION(library, int, nvmlDeviceGetHandleByIndex_v2, unsigned, void **);
	FUNCTION(library, int, nvmlDeviceGetName, void *, char *, unsigned);
	FUNCTION(library, int, nvmlDeviceGetMigMode, void *, unsigned *, unsigned *);
	void *device;

	for (int i = 0; i < answer->count && i < PROBE_DEVICES; i++) {
		unsigned now = 0, next = 0;

		if (!nvmlDeviceGetHandleByIndex_v2 || !nvmlDeviceGetName ||
			nvmlDeviceGetHandleByIndex_v2((unsigned)i, &device))
			continue;
		nvmlDeviceGetName(device, answer->names[i], PROBE_NAME);
		ask_nvml_memory(&answer->holders[i], library, device);
		if (nvmlDeviceGetMigMode && !nvmlDeviceGetMigMode(device, &now, &next))
			answer->mig[i] = (int32_t)now;
	}
}

void ask_nvml(struct answer *answer)
{
	void *library = probe_library(answer, "libnvidia-ml.so.1", "nvmlInit_v2");
	unsigned count = 0;

	if (!library)
		return;
	FUNCTION(library, int, nvmlInit_v2, void);
	FUNCTION(library, int, nvmlSystemGetDriverVersion, char *, unsigned);
	FUNCTION(library, int, nvmlDeviceGetCount_v2, unsigned *);
	if (!nvmlInit_v2 || !nvmlDeviceGetCount_v2) {
		answer->status = -1;
		return;
	}
	answer->status = nvmlInit_v2();
	if (answer->status)
		return;
	if (nvmlSystemGetDriverVersion)
		nvmlSystemGetDriverVersion(answer->driver, sizeof(answer->driver));
	if (!nvmlDeviceGetCount_v2(&count))
		answer->count = (int32_t)count;
	name_nvml_devices(answer, library);
}
