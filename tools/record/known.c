/* SPDX-License-Identifier: MIT */
#include "known.h"

#include <stdlib.h>
#include <string.h>

enum { ALL_DEVICES_MAX = 256 };

static int compare(const struct known_process *known, const struct process_snapshot *process)
{
	if (known->pid != process->pid)
		return known->pid < process->pid ? -1 : 1;
	if (known->start_ticks != process->start_ticks)
		return known->start_ticks < process->start_ticks ? -1 : 1;
	return 0;
}

/* The first that does not come before it. */
static unsigned place_of(const struct known *known, const struct process_snapshot *process)
{
	unsigned low = 0, high = known->count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (compare(&known->processes[middle], process) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct known_process *find_or_add(
	struct known *known, const struct process_snapshot *process)
{
	unsigned at = place_of(known, process);
	struct known_process *more;

	if (at < known->count && !compare(&known->processes[at], process))
		return &known->processes[at];
	more = realloc(known->processes, (known->count + (size_t)1) * sizeof(*more));
	if (!more)
		return NULL;
	known->processes = more;
	memmove(&more[at + 1], &more[at], (known->count - at) * sizeof(*more));
	known->count++;
	more[at] = (struct known_process){
		.pid = process->pid, .start_ticks = process->start_ticks, .fresh = true
	};
	return &more[at];
}

static const char *state_of(const struct sampled_process *sampled)
{
	switch (sampled->process.state) {
	case PROCESS_EXITED:
		return "exited";
	case PROCESS_KILLED:
		return "killed";
	case PROCESS_ENDED:
		return "ended";
	default:
		return sampled->run_state && sampled->run_state != 'Z' ? "running" : "ended";
	}
}

static int take_devices(struct known_process *known, const struct figures *figures)
{
	struct known_device *devices = known->devices;

	if (figures->n_devices > known->n_devices)
		devices = realloc(devices, figures->n_devices * sizeof(*devices));
	if (figures->n_devices && !devices)
		return -1;
	known->devices = devices;
	known->n_devices = figures->n_devices;
	for (unsigned i = 0; i < figures->n_devices; i++) {
		const struct device_figures *from = &figures->devices[i];

		devices[i] = (struct known_device){ .ordinal = from->ordinal,
			.has_uuid = from->uuid != NULL,
			.kernels = from->kernels,
			.live_bytes = from->memory.live_bytes };
		if (from->uuid)
			memcpy(devices[i].uuid, from->uuid, sizeof(devices[i].uuid));
	}
	return 0;
}

/* An exec gives a process another command. */
static int take_command(struct known_process *known, const char *command)
{
	if (!command || (known->command && !strcmp(known->command, command)))
		return 0;
	free(known->command);
	known->command = strdup(command);
	known->fresh = true;
	return known->command ? 0 : -1;
}

static int take_process(struct known_process *known, const struct sampled_process *sampled)
{
	const struct figures *figures = &sampled->process.figures;
	struct counts counts = counts_take(&figures->totals);
	uint64_t live = figures->totals.memory.live_bytes;
	const char *state = state_of(sampled);

	known->seen = true;
	known->changed = known->fresh || known->state != state || known->live_bytes != live ||
			 memcmp(&known->counts, &counts, sizeof(counts)) != 0;
	known->state = state;
	known->running = sampled->run_state && sampled->run_state != 'Z';
	if (!known->changed)
		return 0;
	known->counts = counts;
	known->live_bytes = live;
	return take_command(known, sampled->process.command) | take_devices(known, figures);
}

/* Its counts stay as they were. */
static void miss(struct known_process *process, const struct folders *folders)
{
	bool there = folders_list(folders, process->pid, process->start_ticks);
	const char *state = there ? "left out" : "lost";

	process->changed = process->state != state;
	process->state = state;
	process->running = there && paths_start_ticks(process->pid) == process->start_ticks;
}

int known_update(struct known *known, const struct sample *sample, const struct folders *folders)
{
	for (unsigned i = 0; i < known->count; i++)
		known->processes[i].seen = known->processes[i].changed = false;
	for (unsigned i = 0; i < sample->n_processes; i++) {
		struct known_process *process = find_or_add(known, &sample->processes[i].process);

		if (!process || take_process(process, &sample->processes[i]))
			return -1;
	}
	for (unsigned i = 0; i < known->count; i++)
		if (!known->processes[i].seen && known->processes[i].running)
			miss(&known->processes[i], folders);
	known->left_out = sample->left_out;
	return 0;
}

void known_free(struct known *known)
{
	for (unsigned i = 0; i < known->count; i++) {
		free(known->processes[i].command);
		free(known->processes[i].devices);
	}
	free(known->processes);
	*known = (struct known){ 0 };
}

struct counts known_totals(const struct known *known)
{
	struct counts totals = { { 0 } };

	for (unsigned i = 0; i < known->count; i++)
		counts_add(&totals, &known->processes[i].counts);
	return totals;
}

unsigned known_running(const struct known *known)
{
	unsigned running = 0;

	for (unsigned i = 0; i < known->count; i++)
		running += known->processes[i].running;
	return running;
}

uint64_t known_live_bytes(const struct known *known)
{
	uint64_t live = 0;

	for (unsigned i = 0; i < known->count; i++)
		if (known->processes[i].running)
			live += known->processes[i].live_bytes;
	return live;
}

/* One device has many ordinals where CUDA_VISIBLE_DEVICES differs: its UUID tells. */
static bool same_device(const struct known_device *a, const struct known_device *b)
{
	if (a->has_uuid && b->has_uuid)
		return memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0;
	return a->ordinal == b->ordinal;
}

static void add_device(
	struct known_device *all, unsigned *count, const struct known_device *device, bool running)
{
	unsigned at = 0;

	while (at < *count && !same_device(&all[at], device))
		at++;
	if (at == ALL_DEVICES_MAX)
		return;
	if (at == *count) {
		all[(*count)++] = *device;
		all[at].kernels = all[at].live_bytes = 0;
	}
	all[at].kernels += device->kernels;
	all[at].live_bytes += running ? device->live_bytes : 0;
}

struct known_device *known_devices(const struct known *known, unsigned *count)
{
	struct known_device *all = calloc(ALL_DEVICES_MAX, sizeof(*all));

	*count = 0;
	for (unsigned i = 0; all && i < known->count; i++)
		for (unsigned d = 0; d < known->processes[i].n_devices; d++)
			add_device(all, count, &known->processes[i].devices[d],
				known->processes[i].running);
	return all;
}
