/* SPDX-License-Identifier: MIT */
#include "driver.h"

static void add_said(struct driver *driver, const struct nvml_process *process)
{
	struct driver_said *said = driver->said;
	unsigned i = 0;

	while (i < driver->n_said && said[i].pid != process->pid)
		i++;
	if (i == NVML_PROCESSES_MAX)
		return;
	if (i == driver->n_said)
		said[driver->n_said++] =
			(struct driver_said){ .pid = process->pid, .utilisation = -1 };
	said[i].bytes += process->used_bytes;
	if (process->utilisation >= 0)
		said[i].utilisation =
			process->utilisation + (said[i].utilisation > 0 ? said[i].utilisation : 0);
}

void driver_ask(struct driver *driver, struct arena *arena, struct nvml *nvml)
{
	struct nvml_process list[NVML_PROCESSES_MAX];

	nvml_read(&driver->devices, nvml);
	if (driver->devices.count)
		driver->said = arena_take(arena, NVML_PROCESSES_MAX * sizeof(*driver->said));
	for (unsigned device = 0; driver->said && device < driver->devices.count; device++) {
		unsigned count = nvml_processes(list, nvml, device);

		for (unsigned i = 0; i < count; i++)
			add_said(driver, &list[i]);
	}
}
