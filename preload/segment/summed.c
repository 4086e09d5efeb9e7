/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "figures.h"
#include "pieces.h"
#include "summed_file.h"

/* The bytes of one file, and what is made of them. */
struct source {
	struct summed_head head;
	struct summed_parts at;
	const char *bytes; /* the whole file, and a 0 after it */
	struct arena *arena;
};

/* A file of the folder's owner; -1 with errno. */
static int open_file(int folder, struct stat *st)
{
	int fd = openat(folder, SUMMED_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat of_folder;

	if (fd < 0)
		return -1;
	if (!fstat(fd, st) && !fstat(folder, &of_folder) && S_ISREG(st->st_mode) &&
		st->st_uid == of_folder.st_uid)
		return fd;
	close(fd);
	return fail(EPERM);
}

static int read_all(int fd, void *to, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = pread(fd, (char *)to + done, size - done, (off_t)done);

		if (got <= 0)
			return fail(EIO);
		done += (size_t)got;
	}
	return 0;
}

static int read_head(int fd, struct summed_head *head, const struct stat *st)
{
	if (read_all(fd, head, sizeof(*head)))
		return -1;
	if (memcmp(head->magic, SUMMED_MAGIC, sizeof(head->magic)) != 0)
		return fail(EINVAL);
	if (head->head_size != sizeof(*head) || head->totals_size != sizeof(struct totals))
		return fail(EPROTO);
	return summed_fits(head) && head->size == summed_parts(head).end &&
			       (uint64_t)st->st_size == head->size && head->generation &&
			       head->processes
		       ? 0
		       : fail(EINVAL);
}

/* A file is never changed, so the head is the same as before; the copy is looked at all the same.
 */
static int read_bytes(struct source *from, int fd)
{
	char *bytes;

	from->at = summed_parts(&from->head);
	bytes = arena_take(from->arena, from->at.end + 1);
	if (!bytes)
		return fail(ENOMEM);
	from->bytes = bytes;
	return read_all(fd, bytes, from->at.end);
}

static const char *string(const struct source *from, uint32_t index)
{
	return index && index < from->head.strings_size ? from->bytes + from->at.strings + index
							: NULL;
}

/* Of what must have a name. */
static const char *name(const struct source *from, uint32_t index)
{
	const char *text = string(from, index);

	return text ? text : "?";
}

static int read_functions(const struct source *from, struct figures *to)
{
	const struct summed_function *list = (const void *)(from->bytes + from->at.functions);

	to->functions = arena_take(from->arena, from->head.n_functions * sizeof(*to->functions));
	if (!to->functions)
		return fail(ENOMEM);
	for (uint32_t i = 0; i < from->head.n_functions; i++) {
		if (list[i].layer >= LAYERS)
			return fail(EINVAL);
		to->functions[to->n_functions++] = (struct function_figures){
			.layer = (enum segment_layer)list[i].layer,
			.library = name(from, list[i].library),
			.name = name(from, list[i].name),
			.calls = list[i].calls,
			.errors = list[i].errors,
			.own_calls = list[i].own_calls,
			.last_error = list[i].last_error,
		};
	}
	return 0;
}

static int read_kernels(const struct source *from, struct figures *to)
{
	const struct summed_kernel *list = (const void *)(from->bytes + from->at.kernels);

	to->kernels = arena_take(from->arena, from->head.n_kernels * sizeof(*to->kernels));
	if (!to->kernels)
		return fail(ENOMEM);
	for (uint32_t i = 0; i < from->head.n_kernels; i++)
		to->kernels[to->n_kernels++] = (struct kernel_figures){
			.name = name(from, list[i].name),
			.device = list[i].device >= 0 && list[i].device < SEGMENT_DEVICES_MAX
					  ? list[i].device
					  : -1,
			.launches = list[i].launches,
			.captured = list[i].captured,
		};
	return 0;
}

static int read_devices(const struct source *from, struct figures *to)
{
	const struct summed_device *list = (const void *)(from->bytes + from->at.devices);

	to->devices = arena_take(from->arena, from->head.n_devices * sizeof(*to->devices));
	if (!to->devices)
		return fail(ENOMEM);
	for (uint32_t i = 0; i < from->head.n_devices; i++) {
		if (list[i].ordinal < 0 || list[i].ordinal >= SEGMENT_DEVICES_MAX)
			return fail(EINVAL);
		to->devices[to->n_devices++] = (struct device_figures){
			.ordinal = list[i].ordinal,
			.name = string(from, list[i].name),
			.uuid = list[i].has_uuid ? list[i].uuid : NULL,
			.total_bytes = list[i].total_bytes,
			.kernels = list[i].kernels,
			.memory = list[i].memory,
			.peak_at_least = list[i].peak_at_least != 0,
		};
	}
	return 0;
}

static int read_libraries(const struct source *from, struct figures *to)
{
	const struct summed_library *list = (const void *)(from->bytes + from->at.libraries);

	to->libraries = arena_take(from->arena, from->head.n_libraries * sizeof(*to->libraries));
	if (!to->libraries)
		return fail(ENOMEM);
	for (uint32_t i = 0; i < from->head.n_libraries; i++)
		to->libraries[to->n_libraries++] = (struct library_figures){
			.name = name(from, list[i].name),
			.path = string(from, list[i].path),
			.error = string(from, list[i].error),
			.asker = string(from, list[i].asker),
			.asker_path = string(from, list[i].asker_path),
			.loaded = list[i].loaded != 0,
			.asked = list[i].asked,
			.layer = smaller(list[i].layer, LAYERS),
			.version = list[i].version,
		};
	return 0;
}

static struct driver_facts read_driver(const struct source *from)
{
	const struct summed_driver *driver = &from->head.driver;

	return (struct driver_facts){
		.init_calls = driver->init_calls,
		.init_status = driver->init_status,
		.init_ok = driver->init_ok != 0,
		.device_count = driver->device_count < -1 ? -1 : driver->device_count,
		.version = driver->version,
		.path = string(from, driver->path),
		.simulated = driver->simulated != 0,
		.stub = driver->stub != 0,
		.visible = string(from, driver->visible),
		.visible_by_program = driver->visible_by_program != 0,
		.runtime_error = driver->runtime_error,
		.fault_status = driver->fault_status,
		.fault_name = string(from, driver->fault_name),
		.launch_found = driver->launch_found != 0,
		.nvidia_code = driver->nvidia_code != 0,
		.access = driver->access,
		.framework = string(from, driver->framework),
		.build = (enum segment_build)smaller(driver->build, BUILD_GPU),
		.missing_entry = string(from, driver->missing_entry),
		.missing_entries = driver->missing_entries,
		.asked_version = driver->asked_version,
		.fork_error = driver->fork_error != 0,
		.forked_late = driver->forked_late != 0,
	};
}

/* What was confirmed was launched before; and a bool is no more than a bit. */
static struct totals read_totals(const struct source *from)
{
	struct totals totals;
	unsigned char bit;

	memcpy(&bit, (const char *)&from->head.totals + offsetof(struct totals, peak_at_least), 1);
	memcpy(&totals, &from->head.totals, sizeof(totals));
	memset((char *)&totals + offsetof(struct totals, peak_at_least), 0, 1);
	totals.peak_at_least = bit != 0;
	totals.held_bytes = totals.host_held_bytes = 0; /* nobody runs */
	totals.kernels = totals.launches + totals.graph_kernels;
	if (totals.confirmed > totals.kernels)
		totals.confirmed = totals.kernels;
	if (totals.abandoned > totals.kernels - totals.confirmed)
		totals.abandoned = totals.kernels - totals.confirmed;
	return totals;
}

static int decode(const struct source *from, struct summed *out)
{
	const struct summed_head *head = &from->head;

	/* The zero after the file ends the last string. */
	if (read_functions(from, &out->figures) || read_kernels(from, &out->figures) ||
		read_devices(from, &out->figures) || read_libraries(from, &out->figures))
		return -1;
	out->figures.driver = read_driver(from);
	out->figures.totals = read_totals(from);
	memcpy(out->figures.gaps, head->gaps, sizeof(out->figures.gaps));
	out->figures.witness = head->witness;
	out->last = (const void *)(from->bytes + from->at.last);
	out->n_last = head->n_last;
	out->generation = head->generation;
	out->processes = head->processes;
	out->workers = head->workers < head->processes ? head->workers : head->processes;
	out->images = head->images;
	out->started_ns = head->started_ns;
	out->ended_ns = head->ended_ns;
	out->ran_ns = head->ran_ns;
	out->first_kernel_ns = head->first_kernel_ns;
	return figures_fold(&out->figures) ? fail(ENOMEM) : 0;
}

int summed_read(struct summed *out, struct arena *arena, int folder)
{
	struct source *from = arena_take(arena, sizeof(*from)); /* the stack may be small */
	struct stat st;
	int fd, status, error;

	memset(out, 0, sizeof(*out));
	out->figures.driver.device_count = -1;
	if (!from)
		return fail(ENOMEM);
	from->arena = arena;
	fd = open_file(folder, &st);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	status = read_head(fd, &from->head, &st) || read_bytes(from, fd) ? -1 : 0;
	error = errno;
	close(fd);
	errno = error;
	if (!status)
		status = decode(from, out);
	if (status)
		memset(out, 0, sizeof(*out));
	return status;
}

size_t summed_size(int folder)
{
	struct stat st;

	return fstatat(folder, SUMMED_FILE, &st, AT_SYMLINK_NOFOLLOW) || st.st_size < 0
		       ? 0
		       : (size_t)st.st_size;
}

uint64_t summed_generation(int folder)
{
	uint64_t found[2] = { 0, 0 };
	struct stat st;
	int fd = open_file(folder, &st);

	if (fd < 0)
		return 0;
	if (pread(fd, found, sizeof(found), 0) != (ssize_t)sizeof(found))
		found[1] = 0;
	close(fd);
	return found[1];
}

bool summed_changed(int folder, uint64_t generation)
{
	return summed_generation(folder) != generation;
}

bool summed_has(const struct summed *sum, pid_t pid, uint64_t start_ticks, unsigned image)
{
	for (unsigned i = 0; i < sum->n_last; i++)
		if (sum->last[i].pid == pid && sum->last[i].start_ticks == start_ticks &&
			sum->last[i].image == image)
			return true;
	return false;
}

/* They come by their start; what two of them run at the same time counts once. */
static void add_times(struct summed *sum, uint64_t start, uint64_t end, uint64_t ran)
{
	uint64_t from = start > sum->ended_ns ? start : sum->ended_ns;

	if (!start || end < start)
		return;
	sum->started_ns = snapshot_earlier(sum->started_ns, start);
	if (end <= sum->ended_ns)
		return;
	sum->ran_ns += end - from < ran ? end - from : ran;
	sum->ended_ns = end;
}

static int add_figures(
	struct summed *sum, struct arena *arena, const struct figures **parts, unsigned count)
{
	struct figures *out = arena_take(arena, sizeof(*out)); /* the stack may be small */

	if (!out || figures_add_up(out, arena, parts, count, OF_PROCESSES))
		return -1;
	sum->figures = *out;
	return 0;
}

int summed_add(struct summed *sum, struct arena *arena, const struct process_snapshot *processes,
	unsigned count)
{
	const struct figures **parts =
		arena_take(arena, (count + 1) * sizeof(const struct figures *));

	if (!parts)
		return -1;
	parts[0] = &sum->figures;
	for (unsigned i = 0; i < count; i++)
		parts[i + 1] = &processes[i].figures;
	/* An empty sum is nobody, and must not be the one that got furthest. */
	if (add_figures(sum, arena, sum->processes ? parts : parts + 1,
		    sum->processes ? count + 1 : count))
		return -1;
	for (unsigned i = 0; i < count; i++) {
		const struct segment_times *times = &processes[i].monotonic;

		add_times(sum, times->started_ns, times->ended_ns, UINT64_MAX);
		sum->first_kernel_ns =
			snapshot_earlier(sum->first_kernel_ns, times->first_kernel_ns);
		sum->workers += processes[i].figures.totals.kernels != 0;
		sum->images += processes[i].images;
	}
	sum->processes += count;
	sum->generation++;
	return 0;
}

int summed_join(struct summed *sum, struct arena *arena, const struct summed *other)
{
	const struct figures *both[] = { &sum->figures, &other->figures };

	if (!other->processes)
		return 0;
	if (!sum->processes) {
		*sum = *other;
		return 0;
	}
	if (add_figures(sum, arena, both, 2))
		return -1;
	add_times(sum, other->started_ns, other->ended_ns, other->ran_ns);
	sum->first_kernel_ns = snapshot_earlier(sum->first_kernel_ns, other->first_kernel_ns);
	sum->processes += other->processes;
	sum->workers += other->workers;
	sum->images += other->images;
	return 0;
}
