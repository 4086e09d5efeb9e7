/* SPDX-License-Identifier: MIT */
/*
 * NVML about one process; runs in a child. Names, structs and prototypes are those of nvml.h.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"

enum { PROCESSES_MAX = 256, SAMPLES_MAX = 512, NVML_SUCCESS = 0 };

struct process_info { /* nvmlProcessInfo_v2_t, of _v2 and _v3 */
	unsigned pid;
	unsigned long long memory;
	unsigned gpu_instance, compute_instance;
};

struct sample { /* nvmlProcessUtilizationSample_t */
	unsigned pid;
	unsigned long long when;
	unsigned sm, memory, encoder, decoder;
};

struct accounting { /* nvmlAccountingStats_t */
	unsigned sm, memory_use;
	unsigned long long memory, time, start;
	unsigned running, reserved[5];
};

static void *find(void *library, const char *name)
{
	return dlsym(library, name);
}

static void ask_memory(struct answer *answer, void *library, void *device)
{
	int (*processes)(void *device, unsigned *count, struct process_info *infos) =
		(int (*)(void *, unsigned *, struct process_info *))(uintptr_t)find(
			library, "nvmlDeviceGetComputeRunningProcesses_v3");
	static struct process_info infos[PROCESSES_MAX];
	unsigned count = PROCESSES_MAX;

	if (!processes)
		processes = (int (*)(void *, unsigned *, struct process_info *))(uintptr_t)find(
			library, "nvmlDeviceGetComputeRunningProcesses_v2");
	if (!processes || processes(device, &count, infos) != NVML_SUCCESS)
		return;
	for (unsigned i = 0; i < count && i < PROCESSES_MAX; i++) {
		if (infos[i].pid != (unsigned)answer->pid)
			continue;
		answer->found = true;
		/* All ones: not available (WSL, MIG). */
		if (infos[i].memory != ~0ull)
			answer->memory += infos[i].memory;
	}
}

static void ask_busy(struct answer *answer, void *library, void *device)
{
	int (*utilisation)(void *device, struct sample *samples, unsigned *count,
		unsigned long long since) = (int (*)(void *, struct sample *, unsigned *,
		unsigned long long))(uintptr_t)find(library, "nvmlDeviceGetProcessUtilization");
	static struct sample samples[SAMPLES_MAX];
	unsigned count = SAMPLES_MAX;
	int status = utilisation ? utilisation(device, samples, &count, 0) : -1;

	/* NVML_ERROR_NOT_FOUND: no process was busy. */
	answer->sm_known |= status == NVML_SUCCESS || status == 6;
	for (unsigned i = 0; status == NVML_SUCCESS && i < count && i < SAMPLES_MAX; i++)
		if (samples[i].pid == (unsigned)answer->pid && (int)samples[i].sm > answer->sm)
			answer->sm = (int32_t)samples[i].sm;
}

static void ask_account(struct answer *answer, void *library, void *device)
{
	int (*stats)(void *device, unsigned pid, struct accounting *stats) =
		(int (*)(void *, unsigned, struct accounting *))(uintptr_t)find(
			library, "nvmlDeviceGetAccountingStats");
	struct accounting account;

	memset(&account, 0, sizeof(account));
	if (!stats || stats(device, (unsigned)answer->pid, &account) != NVML_SUCCESS)
		return;
	answer->accounted = true;
	if ((int)account.sm <= 100 && (int)account.sm > answer->account_sm)
		answer->account_sm = (int32_t)account.sm;
	if (account.memory != ~0ull && account.memory > answer->account_memory)
		answer->account_memory = account.memory;
}

void ask_nvml_process(struct answer *answer)
{
	void *library = probe_library(answer, "libnvidia-ml.so.1", "nvmlInit_v2");
	int (*init)(void), (*devices)(unsigned *count), (*handle)(unsigned index, void **device);
	unsigned count = 0;
	void *device;

	if (!library)
		return;
	init = (int (*)(void))(uintptr_t)find(library, "nvmlInit_v2");
	devices = (int (*)(unsigned *))(uintptr_t)find(library, "nvmlDeviceGetCount_v2");
	handle = (int (*)(unsigned, void **))(uintptr_t)find(
		library, "nvmlDeviceGetHandleByIndex_v2");
	answer->status = init && devices && handle ? init() : -1;
	if (answer->status || devices(&count))
		return;
	for (unsigned i = 0; i < count; i++) {
		if (handle(i, &device))
			continue;
		ask_memory(answer, library, device);
		ask_busy(answer, library, device);
		ask_account(answer, library, device);
	}
}
