/* SPDX-License-Identifier: MIT */
/* From the pieces of one segment to figures. */
#include <errno.h>
#include <string.h>

#include "../ground/path.h"
#include "alive.h"
#include "figures.h"
#include "pieces.h"
#include "snapshot.h"

/* For names that must be there: what has none is counted all the same. */
static const char *name_at(const struct decoder *d, uint32_t index)
{
	const char *name = pieces_string(d, index);

	return name ? name : "?";
}

static bool launches(const struct segment_row *row, const char *name)
{
	static const char *const launch[] = { "cuLaunch", "cuGraphLaunch" };

	for (size_t i = 0; i < sizeof(launch) / sizeof(*launch); i++)
		if (row->layer == LAYER_DRIVER && !strncmp(name, launch[i], strlen(launch[i])))
			return true;
	return false;
}

/* A function has a row from when it was found. */
static void decode_function(struct decoder *d, uint32_t i, struct figures *figures)
{
	const struct segment_row *row = &d->rows[i];
	struct segment_slot sum = d->sums[i];

	figures->driver.launch_found |= launches(row, name_at(d, row->name));
	if (row->layer >= LAYERS || (!sum.calls && !row->own_calls))
		return;
	figures->totals.calls[row->layer] += sum.calls;
	figures->totals.errors += sum.errors;
	figures->functions[figures->n_functions++] = (struct function_figures){
		.layer = row->layer,
		.library = name_at(d, row->library),
		.name = name_at(d, row->name),
		.calls = sum.calls,
		.errors = sum.errors,
		.own_calls = row->own_calls,
		.last_error = sum.errors ? row->last_error : 0,
	};
}

static int device_of(const struct segment_row *row)
{
	return row->device >= 0 && row->device < SEGMENT_DEVICES_MAX ? row->device : -1;
}

static void decode_kernel(struct decoder *d, uint32_t i, struct figures *figures)
{
	const struct segment_row *row = &d->rows[i];

	if (!d->sums[i].launches && !d->sums[i].captured)
		return;
	figures->kernels[figures->n_kernels++] = (struct kernel_figures){
		.name = name_at(d, row->name),
		.device = device_of(row),
		.launches = d->sums[i].launches,
		.captured = d->sums[i].captured,
	};
}

static void add_device_kernels(struct decoder *d, uint32_t i, uint64_t kernels)
{
	int device = device_of(&d->rows[i]);

	if (device >= 0)
		d->device_kernels[device] += kernels;
}

static void decode_context(struct decoder *d, uint32_t i, struct totals *totals)
{
	const struct segment_row *row = &d->rows[i];
	struct segment_slot sum = d->sums[i];

	if (row->kind == ROW_LAUNCHES) {
		totals->launches += sum.launches;
		totals->captured_launches += sum.captured;
		totals->confirmed += row->confirmed;
		totals->abandoned += row->abandoned;
		add_device_kernels(d, i, sum.launches);
	} else if (row->kind == ROW_GRAPHS) {
		totals->graph_launches += sum.launches;
		totals->graph_kernels += sum.kernels;
		add_device_kernels(d, i, sum.kernels);
	} else if (row->kind >= ROW_HOST_TO_DEVICE && row->kind <= ROW_MEMSET) {
		totals->copies[row->kind - ROW_HOST_TO_DEVICE].calls += sum.calls;
		totals->copies[row->kind - ROW_HOST_TO_DEVICE].bytes += sum.bytes;
	}
}

static int decode_rows(struct decoder *d, struct figures *figures)
{
	struct totals *totals = &figures->totals;
	uint32_t functions = 0, kernels = 0;

	for (uint32_t i = 1; i < d->n_rows; i++) {
		functions += d->rows[i].kind == ROW_FUNCTION &&
			     (d->sums[i].calls || d->rows[i].own_calls);
		kernels += d->rows[i].kind == ROW_KERNEL;
	}
	figures->functions = arena_take(d->arena, functions * sizeof(*figures->functions));
	figures->kernels = arena_take(d->arena, kernels * sizeof(*figures->kernels));
	if (!figures->functions || !figures->kernels)
		return fail(ENOMEM);
	for (uint32_t i = 1; i < d->n_rows; i++) {
		if (d->rows[i].kind == ROW_FUNCTION)
			decode_function(d, i, figures);
		else if (d->rows[i].kind == ROW_KERNEL)
			decode_kernel(d, i, figures);
		else
			decode_context(d, i, totals);
	}
	/* Read one after the other while they grow: what was confirmed was launched before. */
	totals->kernels = totals->launches + totals->graph_kernels;
	if (totals->confirmed > totals->kernels)
		totals->confirmed = totals->kernels;
	if (totals->abandoned > totals->kernels - totals->confirmed)
		totals->abandoned = totals->kernels - totals->confirmed;
	return 0;
}

static bool device_used(const struct segment_device *device, uint64_t kernels)
{
	return kernels || device->has_name || device->has_uuid || device->total_bytes ||
	       device->memory.allocations;
}

static int decode_devices(struct decoder *d, struct figures *figures, bool runs)
{
	size_t size = d->header.devices * sizeof(struct segment_device);
	struct segment_device *from = pieces_part(d, d->arena, SEGMENT_DEVICES_OFFSET, size);

	figures->devices = arena_take(d->arena, d->header.devices * sizeof(*figures->devices));
	if (!from)
		return -1;
	if (!figures->devices)
		return fail(ENOMEM);
	for (uint32_t i = 0; i < d->header.devices; i++) {
		from[i].name[sizeof(from[i].name) - 1] = 0;
		if (!device_used(&from[i], d->device_kernels[i]))
			continue;
		figures->devices[figures->n_devices++] = (struct device_figures){
			.ordinal = (int)i,
			.name = from[i].has_name && from[i].name[0] ? from[i].name : NULL,
			.uuid = from[i].has_uuid ? from[i].uuid : NULL,
			.total_bytes = from[i].total_bytes,
			.kernels = d->device_kernels[i],
			.memory = from[i].memory,
			.held_bytes = runs ? from[i].memory.live_bytes : 0,
		};
	}
	return 0;
}

static int decode_libraries(struct decoder *d, struct figures *figures)
{
	size_t size = d->header.libraries * sizeof(struct segment_library);
	struct segment_library *from = pieces_part(d, &d->scratch, SEGMENT_LIBRARIES_OFFSET, size);

	figures->libraries =
		arena_take(d->arena, d->header.libraries * sizeof(*figures->libraries));
	if (!from)
		return -1;
	if (!figures->libraries)
		return fail(ENOMEM);
	for (uint32_t i = 0; i < d->header.libraries; i++) {
		const char *name = pieces_string(d, from[i].name);
		const char *asker = pieces_string(d, from[i].asker);

		if (!name)
			continue;
		figures->libraries[figures->n_libraries++] = (struct library_figures){
			.name = name,
			.path = pieces_string(d, from[i].path),
			.error = pieces_string(d, from[i].error),
			.asker = asker ? path_file(asker) : NULL,
			.asker_path = asker && *asker == '/' ? asker : NULL,
			.loaded = from[i].loaded != 0,
			.asked = from[i].asked,
			.layer = smaller(from[i].layer, LAYERS),
			.version = from[i].version,
		};
	}
	return 0;
}

static struct driver_facts decode_driver(const struct decoder *d)
{
	const struct segment_header *h = &d->header;
	const char *visible = pieces_string(d, h->visible);

	return (struct driver_facts){
		.init_calls = h->init_calls,
		.init_status = h->init_status,
		.init_ok = h->init_ok != 0,
		.device_count = h->device_count < -1 ? -1 : h->device_count,
		.version = h->driver_version,
		.path = pieces_string(d, h->driver_path),
		.simulated = h->simulated != 0,
		.stub = h->stub != 0,
		/* Set and empty is what hides all devices. */
		.visible = !h->visible_set ? NULL
			   : visible       ? visible
					   : "",
		.visible_by_program = h->visible_set == 2,
		.runtime_error = h->runtime_error,
		.fault_status = h->fault_status,
		.fault_name = pieces_string(d, h->fault_name),
		.nvidia_code = h->nvidia_code != 0,
		.access = h->access,
		.framework = pieces_string(d, h->framework),
		.build = (enum segment_build)smaller(h->build, BUILD_GPU),
		.missing_entry = pieces_string(d, h->missing_entry),
		.missing_entries = h->missing_entries,
		.asked_version = h->asked_version,
		.forked_late = h->forked == FORKED_AFTER_INIT,
	};
}

/* What the driver and the runtime answer to a process whose parent had initialised them. */
static bool met_fork(const struct process_snapshot *process)
{
	enum { NOT_INITIALIZED = 3 };
	const struct figures *figures = &process->figures;

	if (!process->forked || figures->driver.init_ok)
		return false;
	for (unsigned i = 0; i < figures->n_functions; i++)
		if (figures->functions[i].layer <= LAYER_RUNTIME &&
			figures->functions[i].last_error == NOT_INITIALIZED)
			return true;
	return false;
}

static struct job_figures decode_job(const struct decoder *d)
{
	const struct segment_job *from = &d->header.job;
	struct job_figures job = { .scheduler = smaller(from->scheduler, SCHEDULERS) };

	if (job.scheduler == SCHEDULERS)
		job.scheduler = SCHEDULER_NONE;
	for (int i = 0; i < JOB_TEXTS; i++)
		job.texts[i] = pieces_string(d, from->texts[i]);
	for (int i = 0; i < JOB_NUMBERS; i++)
		job.numbers[i] = from->numbers[i] > INT32_MAX ? -1 : (int)from->numbers[i] - 1;
	job.origin = pieces_string(d, from->origin);
	return job;
}

static const char *decode_host(const struct decoder *d)
{
	const struct segment_place *place = &d->header.place;
	size_t length = strnlen(place->host, sizeof(place->host));

	return length ? arena_copy(d->arena, place->host, length) : NULL;
}

static void decode_process(const struct decoder *d, struct process_snapshot *out)
{
	static const enum process_state state_of[] = {
		[ALIVE] = PROCESS_RUNNING, [ENDED] = PROCESS_ENDED, [ELSEWHERE] = PROCESS_ELSEWHERE
	};
	const struct segment_header *h = &d->header;

	out->pid = h->pid;
	out->parent = h->parent > 0 ? h->parent : 0;
	out->uid = h->uid;
	out->start_ticks = h->start_ticks;
	out->image = h->image;
	out->images = 1;
	out->started_ns = h->started_ns;
	out->ended_ns = h->ended_ns;
	out->monotonic = h->monotonic;
	out->command = pieces_string(d, h->command);
	out->program = pieces_string(d, h->program);
	out->host = decode_host(d);
	memcpy(out->boot, h->place.boot, sizeof(out->boot));
	out->job = decode_job(d);
	out->forked = h->forked != 0;
	out->exit_status = -1;
	out->attached_tenths = h->attached_tenths;
	out->attached_offset = h->attached_offset;
	if (h->state == STATE_EXITED) {
		out->state = PROCESS_EXITED;
		out->exit_status = h->exit_status;
	} else if (d->source.lives) {
		out->state = PROCESS_RUNNING;
	} else {
		out->state = state_of[alive_look(h->pid, h->start_ticks, &h->place)];
	}
}

/*
 * Something by which a kernel could have been launched was there. Where nothing was, a process
 * needs no second witness at its end: every library is noted when it comes, but for those of
 * another namespace of the loader's.
 */
static bool could_launch(const struct segment_header *h)
{
	const uint32_t harmless =
		INTERFACE_NVML | INTERFACE_GRAPHICS | INTERFACE_VULKAN | INTERFACE_VULKAN_ICD;

	return h->init_ok || (h->driver_path && !h->init_calls) ||
	       (h->witness.interfaces & ~harmless) || (h->witness.looked & LOOK_IS_OWED);
}

static void decode_gaps(
	const struct decoder *d, struct process_snapshot *process, struct figures *figures)
{
	const struct segment_header *h = &d->header;

	figures->witness = h->witness;
	memcpy(figures->gaps, h->gaps, sizeof(figures->gaps));
	if (d->source.whole) {
		figures->gaps[GAP_PRIVATE_SHOWN] += figures->gaps[GAP_PRIVATE];
		figures->gaps[GAP_PRIVATE] = 0;
	}
	process->unwitnessed =
		!(h->witness.looked & LOOKED_AT_ANY) && !figures->totals.kernels && could_launch(h);
}

static int decode(struct decoder *d, struct process_snapshot *out)
{
	struct figures *figures = &out->figures;
	bool runs;

	if (pieces_read(d))
		return -1;
	decode_process(d, out);
	figures->driver = decode_driver(d);
	figures->totals.faults = d->header.faults;
	figures->totals.memory = d->header.memory;
	figures->totals.host = d->header.host;
	runs = out->state == PROCESS_RUNNING;
	if (runs) {
		figures->totals.held_bytes = d->header.memory.live_bytes;
		figures->totals.host_held_bytes = d->header.host.live_bytes;
	}
	if (decode_rows(d, figures) || decode_devices(d, figures, runs) ||
		decode_libraries(d, figures))
		return -1;
	decode_gaps(d, out, figures);
	if (!d->source.unordered && figures_fold(figures))
		return fail(ENOMEM);
	figures->driver.fork_error = met_fork(out);
	return 0;
}

int snapshot_read(struct process_snapshot *out, struct arena *arena, struct segment_source source)
{
	struct arena scratch = { .budget = arena->budget };
	struct decoder *d =
		arena_take(&scratch, sizeof(*d)); /* the stack may be a small thread's */
	int status, error;

	memset(out, 0, sizeof(*out));
	if (!d)
		return fail(ENOMEM);
	d->scratch = scratch; /* which holds it, too */
	d->source = source;
	d->arena = arena;
	status = decode(d, out);
	error = errno;
	scratch = d->scratch;
	arena_free(&scratch);
	errno = error;
	return status;
}
