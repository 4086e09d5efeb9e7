/* SPDX-License-Identifier: MIT */
/*
 * From the bytes of one segment to checked figures. The bytes may be anything, and may change while
 * they are read: each piece is copied once, and only the copy is looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/path.h"
#include "alive.h"
#include "figures.h"
#include "paths.h"
#include "snapshot.h"

struct decoder {
	struct segment_source source;
	struct arena *arena; /* for what the caller keeps */
	struct arena scratch;
	struct segment_header header;
	char *strings;
	uint32_t strings_size;
	struct segment_row *rows;
	struct segment_slot *sums; /* [row]: over all blocks */
	uint32_t n_rows;
	uint64_t device_kernels[SEGMENT_DEVICES_MAX];
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

/* Everything that must be as this version of gpuspy writes it. */
static bool header_known(const struct segment_header *h)
{
	return h->header_size == sizeof(*h) && h->device_size == sizeof(struct segment_device) &&
	       h->library_size == sizeof(struct segment_library) &&
	       h->row_size == sizeof(struct segment_row) &&
	       h->slot_size == sizeof(struct segment_slot) &&
	       h->devices_offset == SEGMENT_DEVICES_OFFSET &&
	       h->libraries_offset == SEGMENT_LIBRARIES_OFFSET &&
	       h->rows_offset == SEGMENT_ROWS_OFFSET &&
	       h->strings_offset == SEGMENT_STRINGS_OFFSET &&
	       h->blocks_offset == SEGMENT_BLOCKS_OFFSET &&
	       h->block_stride == SEGMENT_BLOCK_STRIDE && h->pid > 0;
}

/*
 * What is counted as in place was written, so there is no hole in it. What a header claims beyond
 * is not read: a file of nothing but holes costs its writer nothing, and shall cost no reader more.
 */
static uint32_t written(const struct decoder *d, uint64_t part, uint32_t count, size_t size)
{
	uint64_t hole;

	if (!d->source.hole || !count)
		return count;
	hole = d->source.hole(d->source.context, part);
	if (hole <= part)
		return 0;
	hole = (hole - part) / size;
	return hole < count ? (uint32_t)hole : count;
}

static bool is_hole(const struct decoder *d, uint64_t offset, size_t size)
{
	return d->source.data && d->source.data(d->source.context, offset) >= offset + size;
}

static int read_header(struct decoder *d)
{
	struct segment_header *h = &d->header;

	if (d->source.read(d->source.context, 0, h, sizeof(*h)))
		return fail(EIO);
	if (memcmp(h->magic, SEGMENT_MAGIC, sizeof(h->magic)) != 0)
		return fail(EINVAL);
	if (h->version != SEGMENT_VERSION)
		return fail(EPROTO);
	if (!header_known(h))
		return fail(EINVAL);
	h->devices = smaller(h->devices, SEGMENT_DEVICES_MAX);
	h->libraries = smaller(h->libraries, SEGMENT_LIBRARIES_MAX);
	h->blocks = smaller(h->blocks, SEGMENT_BLOCKS_MAX);
	h->block_slots = smaller(h->block_slots, SEGMENT_ROWS_MAX);
	d->n_rows = written(
		d, SEGMENT_ROWS_OFFSET, smaller(h->rows, SEGMENT_ROWS_MAX), sizeof(*d->rows));
	d->strings_size = written(d, SEGMENT_STRINGS_OFFSET,
		smaller(h->strings_size, SEGMENT_STRINGS_SIZE), sizeof(*d->strings));
	return 0;
}

static void *read_part(struct decoder *d, struct arena *arena, uint64_t offset, size_t size)
{
	void *part = arena_take(arena, size + 1); /* and a 0 at the end */

	if (!part)
		errno = ENOMEM;
	else if (size && !is_hole(d, offset, size) &&
		 d->source.read(d->source.context, offset, part, size))
		return fail(EIO), NULL;
	return part;
}

/* A block that cannot be read is one that found no space in the file: GAP_PRIVATE. */
static int add_blocks(struct decoder *d)
{
	uint32_t slots = smaller(d->n_rows, d->header.block_slots);
	size_t size = slots * sizeof(struct segment_slot);
	struct segment_slot *block = arena_take(&d->scratch, size);

	d->sums = arena_take(&d->scratch, d->n_rows * sizeof(*d->sums));
	if (!block || !d->sums)
		return fail(ENOMEM);
	for (uint32_t i = 0; slots && i < d->header.blocks; i++) {
		uint64_t offset = SEGMENT_BLOCKS_OFFSET + i * SEGMENT_BLOCK_STRIDE;

		if (is_hole(d, offset, size) ||
			d->source.read(d->source.context, offset, block, size))
			continue;
		for (uint32_t row = 0; row < slots; row++) {
			d->sums[row].first += block[row].first;
			d->sums[row].second += block[row].second;
		}
	}
	return 0;
}

/* Whole, within the strings and not too long; else NULL. */
static const char *string_at(const struct decoder *d, uint32_t index)
{
	size_t room;

	if (!index || index >= d->strings_size)
		return NULL;
	room = d->strings_size - index;
	if (room > SEGMENT_STRING_MAX)
		room = SEGMENT_STRING_MAX;
	if (!d->strings[index] || strnlen(d->strings + index, room) == room)
		return NULL;
	return d->strings + index;
}

/* For names that must be there: what has none is counted all the same. */
static const char *name_at(const struct decoder *d, uint32_t index)
{
	const char *name = string_at(d, index);

	return name ? name : "?";
}

static void decode_function(struct decoder *d, uint32_t i, struct figures *figures)
{
	const struct segment_row *row = &d->rows[i];
	struct segment_slot sum = d->sums[i];

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

static int decode_devices(struct decoder *d, struct figures *figures)
{
	size_t size = d->header.devices * sizeof(struct segment_device);
	struct segment_device *from = read_part(d, d->arena, SEGMENT_DEVICES_OFFSET, size);

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
		};
	}
	return 0;
}

static int decode_libraries(struct decoder *d, struct figures *figures)
{
	size_t size = d->header.libraries * sizeof(struct segment_library);
	struct segment_library *from = read_part(d, &d->scratch, SEGMENT_LIBRARIES_OFFSET, size);

	figures->libraries =
		arena_take(d->arena, d->header.libraries * sizeof(*figures->libraries));
	if (!from)
		return -1;
	if (!figures->libraries)
		return fail(ENOMEM);
	for (uint32_t i = 0; i < d->header.libraries; i++) {
		const char *name = string_at(d, from[i].name);
		const char *asker = string_at(d, from[i].asker);

		if (!name)
			continue;
		figures->libraries[figures->n_libraries++] = (struct library_figures){
			.name = name,
			.path = string_at(d, from[i].path),
			.error = string_at(d, from[i].error),
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
	const char *visible = string_at(d, h->visible);

	return (struct driver_facts){
		.init_calls = h->init_calls,
		.init_status = h->init_status,
		.init_ok = h->init_ok != 0,
		.device_count = h->device_count < -1 ? -1 : h->device_count,
		.version = h->driver_version,
		.path = string_at(d, h->driver_path),
		.simulated = h->simulated != 0,
		/* Set and empty is what hides all devices. */
		.visible = !h->visible_set ? NULL
			   : visible       ? visible
					   : "",
		.visible_by_program = h->visible_set == 2,
		.runtime_error = h->runtime_error,
		.fault_status = h->fault_status,
		.fault_name = string_at(d, h->fault_name),
		.nvidia_code = h->nvidia_code != 0,
		.access = h->access,
		.framework = string_at(d, h->framework),
		.build = (enum segment_build)smaller(h->build, BUILD_GPU),
		.missing_entry = string_at(d, h->missing_entry),
		.missing_entries = h->missing_entries,
		.asked_version = h->asked_version,
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
	out->command = string_at(d, h->command);
	out->program = string_at(d, h->program);
	out->forked = h->forked != 0;
	out->exit_status = -1;
	out->attached_late = h->attached_late != 0;
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
 * needs no second witness at its end: every library is noted when it comes.
 */
static bool could_launch(const struct segment_header *h)
{
	const uint32_t harmless =
		INTERFACE_NVML | INTERFACE_GRAPHICS | INTERFACE_VULKAN | INTERFACE_VULKAN_ICD;

	return h->init_ok || (h->driver_path && !h->init_calls) ||
	       (h->witness.interfaces & ~harmless);
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
	process->unwitnessed = !h->witness.looked && !figures->totals.kernels && could_launch(h);
}

static int decode(struct decoder *d, struct process_snapshot *out)
{
	struct figures *figures = &out->figures;

	if (read_header(d))
		return -1;
	d->rows = read_part(d, &d->scratch, SEGMENT_ROWS_OFFSET, d->n_rows * sizeof(*d->rows));
	d->strings = read_part(d, d->arena, SEGMENT_STRINGS_OFFSET, d->strings_size);
	if (!d->rows || !d->strings || add_blocks(d))
		return -1;
	decode_process(d, out);
	figures->driver = decode_driver(d);
	figures->totals.faults = d->header.faults;
	figures->totals.memory = d->header.memory;
	figures->totals.host = d->header.host;
	if (decode_rows(d, figures) || decode_devices(d, figures) || decode_libraries(d, figures))
		return -1;
	decode_gaps(d, out, figures);
	if (!d->source.unordered && figures_fold(figures))
		return fail(ENOMEM);
	figures->driver.fork_error = met_fork(out);
	return 0;
}

int snapshot_read(struct process_snapshot *out, struct arena *arena, struct segment_source source)
{
	struct arena scratch = { 0 };
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

static int read_file(void *context, uint64_t offset, void *to, size_t size)
{
	int fd = *(int *)context;

	for (size_t done = 0; done < size;) {
		ssize_t got = pread(fd, (char *)to + done, size - done, (off_t)(offset + done));

		/* A block that found no space is in its process's memory only: not in the file. */
		if (!got && offset >= SEGMENT_BLOCKS_OFFSET) {
			memset((char *)to + done, 0, size - done);
			return 0;
		}
		if (got <= 0)
			return -1;
		done += (size_t)got;
	}
	return 0;
}

/* Not every file system knows holes: then there are none. */
static uint64_t find_hole(void *context, uint64_t offset)
{
	off_t hole = lseek(*(int *)context, (off_t)offset, SEEK_HOLE);

	return hole < 0 ? UINT64_MAX : (uint64_t)hole;
}

static uint64_t find_data(void *context, uint64_t offset)
{
	off_t data = lseek(*(int *)context, (off_t)offset, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? UINT64_MAX : offset;
	return (uint64_t)data;
}

/* Enough is there to say of what version it is. */
static int check_file(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	if (st.st_uid != geteuid() && geteuid() != 0)
		return fail(EPERM);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < sizeof(struct segment_header) ||
		(uint64_t)st.st_size >
			SEGMENT_BLOCKS_OFFSET + SEGMENT_BLOCKS_MAX * SEGMENT_BLOCK_STRIDE)
		return fail(EINVAL);
	return 0;
}

int snapshot_open(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), error;

	if (fd < 0 || check_file(fd) == 0)
		return fd;
	error = errno;
	close(fd);
	return fail(error);
}

int snapshot_read_file(
	struct process_snapshot *out, struct arena *arena, int directory, const char *name)
{
	uint64_t start_ticks;
	struct stat st;
	unsigned image;
	pid_t pid;
	int fd, status, error;

	if (!paths_segment_identity(name, &pid, &start_ticks, &image))
		return fail(EINVAL);
	fd = snapshot_open(directory, name);
	if (fd < 0)
		return -1;
	status = snapshot_read(out, arena,
		(struct segment_source){
			.read = read_file, .context = &fd, .hole = find_hole, .data = find_data });
	if (!status &&
		(fstat(fd, &st) || (uint64_t)st.st_size < SEGMENT_BLOCKS_OFFSET ||
			out->pid != pid || out->start_ticks != start_ticks || out->image != image))
		status = fail(EINVAL);
	error = errno;
	close(fd);
	errno = error;
	return status;
}
