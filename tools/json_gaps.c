/* SPDX-License-Identifier: MIT */
/*
 * What was not seen, and what the second witness saw, as JSON.
 */
#include <jansson.h>

#include "json_parts.h"
#include "report/gaps.h"

static void add_gap(json_t *all, enum gap gap, uint64_t number, pid_t pid)
{
	char buffer[512];
	struct text text = text_in(buffer, sizeof(buffer));

	if (!number)
		return;
	gap_put(&text, gap, number);
	json_array_append_new(
		all, json_pack("{ss so so ss sb}", "code", gap_kinds[gap].code, "count",
			     json_count(number), "pid", pid ? json_integer(pid) : json_null(),
			     "text", buffer, "hides_kernels", gap_kinds[gap].reason != NULL));
}

/* Of each process, and those that belong to none. */
json_t *json_gaps(const struct session_snapshot *session)
{
	json_t *all = json_array();

	for (int i = 0; i < GAPS; i++) {
		uint64_t left = gap_of_session(session, (enum gap)i);

		for (unsigned p = 0; p < session->n_processes; p++) {
			uint64_t own = session->processes[p].figures.gaps[i];

			add_gap(all, (enum gap)i, own, session->processes[p].pid);
			left -= own < left ? own : left;
		}
		add_gap(all, (enum gap)i, left, 0);
	}
	return all;
}

struct bit {
	uint32_t bit;
	const char *name;
};

static json_t *names(const struct bit *bits, uint32_t set)
{
	json_t *all = json_array();

	for (; bits->name; bits++)
		if (set & bits->bit)
			json_array_append_new(all, json_string(bits->name));
	return all;
}

json_t *json_witness(const struct segment_witness *witness)
{
	static const struct bit looked[] = { { LOOKED_AT_LIBRARIES, "libraries" },
		{ LOOKED_AT_KERNEL, "kernel" }, { LOOKED_AT_DRIVER, "driver" }, { 0, NULL } };
	static const struct bit interfaces[] = { { INTERFACE_OPENCL, "opencl" },
		{ INTERFACE_VULKAN, "vulkan" }, { INTERFACE_VULKAN_ICD, "vulkan-icd" },
		{ INTERFACE_VIDEO, "video" }, { INTERFACE_OPTIX, "optix" },
		{ INTERFACE_ROCM, "rocm" }, { INTERFACE_LEVEL_ZERO, "level-zero" },
		{ INTERFACE_NVML, "nvml" }, { INTERFACE_GRAPHICS, "graphics" }, { 0, NULL } };
	static const struct bit files[] = { { FILE_CONTROL, "nvidiactl" },
		{ FILE_DEVICE, "nvidia" }, { FILE_UVM, "nvidia-uvm" },
		{ FILE_OTHER, "nvidia-other" }, { FILE_WSL, "dxg" }, { FILE_TEGRA, "nvhost" },
		{ FILE_KFD, "kfd" }, { FILE_SIMULATED, "simulated" }, { FILE_OPENED, "opened" },
		{ 0, NULL } };
	bool asked = witness->looked & LOOKED_AT_DRIVER;
	bool seen = witness->looked & LOOKED_AT_KERNEL || witness->files;

	if (!(witness->looked & LOOKED_AT_ANY) && !witness->interfaces && !witness->files)
		return json_null();
	return json_pack("{so so so so so so}", "looked_at", names(looked, witness->looked),
		"interfaces", names(interfaces, witness->interfaces), "device_files",
		seen ? names(files, witness->files) : json_null(), "drivers",
		witness->looked & LOOKED_AT_KERNEL ? json_integer(witness->drivers) : json_null(),
		"hidden_drivers", seen ? json_integer(witness->drivers_hidden) : json_null(),
		"active_contexts", asked ? json_integer(witness->contexts) : json_null());
}
