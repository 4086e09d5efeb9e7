/* SPDX-License-Identifier: MIT */
/*
 * Who holds the devices' memory, by NVML; runs in a child. Names, structs and prototypes are those
 * of nvml.h.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#include "probe.h"

enum { PROCESSES_MAX = 256 };

struct running { /* nvmlProcessInfo_v2_t, of _v2 and _v3 */
	unsigned pid;
	unsigned long long memory;
	unsigned gpu_instance, compute_instance;
};

struct device_memory { /* nvmlMemory_t */
	unsigned long long total, free, used;
};

static void *find(void *library, const char *name, const char *older)
{
	void *found = dlsym(library, name);

	return found || !older ? found : dlsym(library, older);
}

/* Those with most of it come first. */
static void keep(struct device_holders *to, unsigned pid, uint64_t bytes)
{
	unsigned at = to->n < PROBE_HOLDERS ? to->n++ : PROBE_HOLDERS;

	while (at && to->at[at - 1].bytes < bytes) {
		if (at < PROBE_HOLDERS)
			to->at[at] = to->at[at - 1];
		at--;
	}
	if (at < PROBE_HOLDERS)
		to->at[at] = (struct holder){ (int32_t)pid, bytes };
}

static void ask_running(
	struct device_holders *to, void *library, void *device, const char *name, const char *older)
{
	int (*running)(void *device, unsigned *count, struct running *infos) = (int (*)(
		void *, unsigned *, struct running *))(uintptr_t)find(library, name, older);
	static struct running infos[PROCESSES_MAX];
	unsigned count = PROCESSES_MAX;

	if (!running || running(device, &count, infos))
		return;
	for (unsigned i = 0; i < count && i < PROCESSES_MAX; i++)
		if (infos[i].memory != ~0ull && infos[i].memory) /* all ones: not available */
			keep(to, infos[i].pid, infos[i].memory);
}

void ask_nvml_memory(struct device_holders *to, void *library, void *device)
{
	int (*memory)(void *device, struct device_memory *memory) = (int (*)(void *,
		struct device_memory *))(uintptr_t)find(library, "nvmlDeviceGetMemoryInfo", NULL);
	struct device_memory now = { 0, 0, 0 };

	if (!memory || memory(device, &now) || !now.total)
		return;
	to->total = now.total;
	to->used = now.used;
	ask_running(to, library, device, "nvmlDeviceGetComputeRunningProcesses_v3",
		"nvmlDeviceGetComputeRunningProcesses_v2");
	ask_running(to, library, device, "nvmlDeviceGetGraphicsRunningProcesses_v3",
		"nvmlDeviceGetGraphicsRunningProcesses_v2");
}
