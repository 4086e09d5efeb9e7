/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <string.h>

#include "../ground/sort.h"

/* A session with more devices than this shows the first ones; no machine has so many. */
enum { DEVICES_MAX = 256 };

static int compare_functions(const void *a, const void *b)
{
	const struct function_figures *left = a, *right = b;
	int order = 0;

	if (left->layer != right->layer)
		return left->layer < right->layer ? -1 : 1;
	/* Of one segment, the same string stands in one place. */
	if (left->library != right->library)
		order = strcmp(left->library, right->library);
	return order ? order : strcmp(left->name, right->name);
}

static void add_function(void *to, const void *from)
{
	struct function_figures *sum = to;
	const struct function_figures *part = from;

	sum->calls += part->calls;
	sum->errors += part->errors;
	sum->own_calls += part->own_calls;
	if (part->last_error)
		sum->last_error = part->last_error;
}

static int compare_kernels(const void *a, const void *b)
{
	const struct kernel_figures *l = a, *r = b;
	int order = strcmp(l->name, r->name);

	return order ? order : l->device - r->device;
}

static void add_kernel(void *to, const void *from)
{
	struct kernel_figures *sum = to;
	const struct kernel_figures *part = from;

	sum->launches += part->launches;
	sum->captured += part->captured;
}

static int compare_launches(const void *a, const void *b)
{
	const struct kernel_figures *l = a, *r = b;

	if (l->launches != r->launches)
		return l->launches > r->launches ? -1 : 1;
	if (l->captured != r->captured)
		return l->captured > r->captured ? -1 : 1;
	return compare_kernels(a, b);
}

static int compare_libraries(const void *a, const void *b)
{
	const struct library_figures *l = a, *r = b;

	return strcmp(l->name, r->name);
}

static void add_library(void *to, const void *from)
{
	struct library_figures *sum = to;
	const struct library_figures *part = from;

	sum->asked += part->asked;
	sum->loaded |= part->loaded;
	if (!sum->path)
		sum->path = part->path;
	if (!sum->error)
		sum->error = part->error;
	if (!sum->asker) {
		sum->asker = part->asker;
		sum->asker_path = part->asker_path;
	}
	if (!sum->version)
		sum->version = part->version;
	if (sum->layer >= LAYERS)
		sum->layer = part->layer;
}

int figures_fold(struct figures *figures)
{
	if (fold_array(figures->functions, &figures->n_functions, sizeof(*figures->functions),
		    compare_functions, add_function) ||
		fold_array(figures->kernels, &figures->n_kernels, sizeof(*figures->kernels),
			compare_kernels, add_kernel) ||
		fold_array(figures->libraries, &figures->n_libraries, sizeof(*figures->libraries),
			compare_libraries, add_library))
		return -1;
	return sort_array(
		figures->kernels, figures->n_kernels, sizeof(*figures->kernels), compare_launches);
}

struct memory {
	struct segment_memory *figures;
	uint64_t *held;
};

/*
 * Of two processes the peaks need not have come together: there was at least the higher one, and at
 * least what those that run hold. True when it is so.
 */
static bool add_memory(
	struct memory sum, const struct segment_memory *from, uint64_t held, enum figures_of what)
{
	struct segment_memory *to = sum.figures;
	bool at_least = what == OF_PROCESSES && to->peak_bytes && from->peak_bytes;

	to->allocations += from->allocations;
	to->frees += from->frees;
	to->allocated_bytes += from->allocated_bytes;
	to->live_bytes = from->live_bytes + (what == OF_PROCESSES ? to->live_bytes : 0);
	*sum.held = held + (what == OF_PROCESSES ? *sum.held : 0);
	if (to->peak_bytes < from->peak_bytes)
		to->peak_bytes = from->peak_bytes;
	if (to->peak_bytes < *sum.held)
		to->peak_bytes = *sum.held;
	return at_least;
}

static bool same_device(const struct device_figures *a, const struct device_figures *b)
{
	if (a->uuid && b->uuid)
		return memcmp(a->uuid, b->uuid, 16) == 0;
	return a->ordinal == b->ordinal;
}

static void add_device(
	struct figures *out, const struct device_figures *device, enum figures_of what)
{
	struct device_figures *to = NULL;

	for (unsigned i = 0; !to && i < out->n_devices; i++)
		if (same_device(&out->devices[i], device))
			to = &out->devices[i];
	if (!to) {
		if (out->n_devices < DEVICES_MAX)
			out->devices[out->n_devices++] = *device;
		return;
	}
	if (!to->uuid)
		to->uuid = device->uuid;
	if (!to->name)
		to->name = device->name;
	if (!to->total_bytes)
		to->total_bytes = device->total_bytes;
	to->kernels += device->kernels;
	to->peak_at_least |=
		device->peak_at_least | add_memory((struct memory){ &to->memory, &to->held_bytes },
						&device->memory, device->held_bytes, what);
}

static void add_totals(struct totals *to, const struct totals *from, enum figures_of what)
{
	to->kernels += from->kernels;
	to->launches += from->launches;
	to->captured_launches += from->captured_launches;
	to->graph_launches += from->graph_launches;
	to->graph_kernels += from->graph_kernels;
	to->confirmed += from->confirmed;
	to->abandoned += from->abandoned;
	for (int i = 0; i < LAYERS; i++)
		to->calls[i] += from->calls[i];
	to->errors += from->errors;
	to->faults += from->faults;
	to->peak_at_least |=
		from->peak_at_least | add_memory((struct memory){ &to->memory, &to->held_bytes },
					      &from->memory, from->held_bytes, what);
	add_memory((struct memory){ &to->host, &to->host_held_bytes }, &from->host,
		from->host_held_bytes, what);
	for (int i = 0; i < COPY_KINDS; i++) {
		to->copies[i].calls += from->copies[i].calls;
		to->copies[i].bytes += from->copies[i].bytes;
	}
}

static void add_gaps(struct figures *to, const struct figures *from)
{
	for (int i = 0; i < GAPS; i++)
		to->gaps[i] += from->gaps[i];
	to->witness.looked |= from->witness.looked;
	to->witness.interfaces |= from->witness.interfaces;
	to->witness.files |= from->witness.files;
	to->witness.drivers += from->witness.drivers;
	to->witness.drivers_hidden += from->witness.drivers_hidden;
	to->witness.contexts += from->witness.contexts;
}

/* How far somebody got on the way to the GPU. */
static int progress(const struct figures *figures)
{
	const struct driver_facts *driver = &figures->driver;

	if (figures->totals.kernels)
		return 4;
	if (driver->init_ok)
		return 3;
	return driver->init_calls ? 2 : driver->nvidia_code;
}

/* A device fault and a runtime's error matter, whoever met them. */
static void add_driver(struct driver_facts *to, const struct driver_facts *from, bool further)
{
	struct driver_facts first = further ? *to : *from;

	if (further)
		*to = *from;
	if (!to->path) {
		to->path = first.path;
		to->stub = first.stub;
	}
	if (!to->runtime_error)
		to->runtime_error = first.runtime_error;
	if (!to->fault_status) {
		to->fault_status = first.fault_status;
		to->fault_name = first.fault_name;
	}
	if (!to->access)
		to->access = first.access;
	if (!to->framework) {
		to->framework = first.framework;
		to->build = first.build;
	}
	if (!to->missing_entry) {
		to->missing_entry = first.missing_entry;
		to->missing_entries = first.missing_entries;
	}
	if (!to->asked_version)
		to->asked_version = first.asked_version;
	to->fork_error |= first.fork_error | from->fork_error;
	to->forked_late |= first.forked_late | from->forked_late;
	to->simulated |= first.simulated;
	to->nvidia_code |= first.nvidia_code;
	to->launch_found |= first.launch_found;
}

static int make_lists(struct figures *out, struct arena *arena, const struct figures *const *parts,
	unsigned count)
{
	size_t functions = 0, kernels = 0, devices = 0, libraries = 0;

	for (unsigned i = 0; i < count; i++) {
		functions += parts[i]->n_functions;
		kernels += parts[i]->n_kernels;
		devices += parts[i]->n_devices;
		libraries += parts[i]->n_libraries;
	}
	if (devices > DEVICES_MAX)
		devices = DEVICES_MAX;
	out->functions = arena_take(arena, functions * sizeof(*out->functions));
	out->kernels = arena_take(arena, kernels * sizeof(*out->kernels));
	out->devices = arena_take(arena, devices * sizeof(*out->devices));
	out->libraries = arena_take(arena, libraries * sizeof(*out->libraries));
	return out->functions && out->kernels && out->devices && out->libraries ? 0 : -1;
}

static void append(void *list, unsigned *count, const void *from, unsigned more, size_t size)
{
	if (more)
		memcpy((char *)list + *count * size, from, more * size);
	*count += more;
}

static int compare_ordinals(const void *a, const void *b)
{
	const struct device_figures *l = a, *r = b;

	return l->ordinal - r->ordinal;
}

int figures_add_up(struct figures *out, struct arena *arena, const struct figures *const *parts,
	unsigned count, enum figures_of what)
{
	int furthest = -1;

	memset(out, 0, sizeof(*out));
	out->driver.device_count = -1;
	if (make_lists(out, arena, parts, count))
		return -1;
	for (unsigned i = 0; i < count; i++) {
		const struct figures *part = parts[i];
		bool further = progress(part) > furthest;

		add_totals(&out->totals, &part->totals, what);
		add_gaps(out, part);
		add_driver(&out->driver, &part->driver, further);
		if (further)
			furthest = progress(part);
		for (unsigned d = 0; d < part->n_devices; d++)
			add_device(out, &part->devices[d], what);
		append(out->functions, &out->n_functions, part->functions, part->n_functions,
			sizeof(*out->functions));
		append(out->kernels, &out->n_kernels, part->kernels, part->n_kernels,
			sizeof(*out->kernels));
		append(out->libraries, &out->n_libraries, part->libraries, part->n_libraries,
			sizeof(*out->libraries));
	}
	return figures_fold(out) || sort_array(out->devices, out->n_devices, sizeof(*out->devices),
					    compare_ordinals)
		       ? -1
		       : 0;
}
