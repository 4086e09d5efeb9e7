/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "own_file.h"
#include "pieces.h"
#include "summed_file.h"

struct target {
	struct summed_head *head;
	char *bytes; /* room for the whole file */
	struct summed_parts at;
	const char *library; /* the last one, and where it stands: many functions are of one */
	uint32_t library_at;
};

/* How much room the strings need at most; the first is none. */
static size_t strings_of(const struct figures *figures)
{
	const struct driver_facts *driver = &figures->driver;
	const char *const single[] = { driver->path, driver->visible, driver->fault_name,
		driver->framework, driver->missing_entry };
	size_t size = 1;

#define ADD(text) (size += (text) ? strlen(text) + 1 : 0)
	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++)
		ADD(single[i]);
	for (unsigned i = 0; i < figures->n_functions; i++) {
		ADD(figures->functions[i].name);
		if (!i || strcmp(figures->functions[i].library, figures->functions[i - 1].library))
			ADD(figures->functions[i].library);
	}
	for (unsigned i = 0; i < figures->n_kernels; i++)
		ADD(figures->kernels[i].name);
	for (unsigned i = 0; i < figures->n_devices; i++)
		ADD(figures->devices[i].name);
	for (unsigned i = 0; i < figures->n_libraries; i++) {
		ADD(figures->libraries[i].name);
		ADD(figures->libraries[i].path);
		ADD(figures->libraries[i].error);
		ADD(figures->libraries[i].asker);
		ADD(figures->libraries[i].asker_path);
	}
#undef ADD
	return size;
}

static uint32_t put(struct target *to, const char *text)
{
	uint32_t index = to->head->strings_size;
	size_t size = text ? strlen(text) + 1 : 0;

	if (!text)
		return 0;
	memcpy(to->bytes + to->at.strings + index, text, size);
	to->head->strings_size += (uint32_t)size;
	return index;
}

static uint32_t put_library(struct target *to, const char *library)
{
	if (!to->library || strcmp(to->library, library) != 0)
		to->library_at = put(to, library);
	to->library = library;
	return to->library_at;
}

static void put_functions(struct target *to, const struct figures *from)
{
	struct summed_function *list = (void *)(to->bytes + to->at.functions);

	for (unsigned i = 0; i < from->n_functions; i++) {
		const struct function_figures *function = &from->functions[i];

		list[i] = (struct summed_function){ .layer = function->layer,
			.library = put_library(to, function->library),
			.name = put(to, function->name),
			.last_error = function->last_error,
			.calls = function->calls,
			.errors = function->errors,
			.own_calls = function->own_calls };
	}
}

static void put_kernels(struct target *to, const struct figures *from)
{
	struct summed_kernel *list = (void *)(to->bytes + to->at.kernels);

	for (unsigned i = 0; i < from->n_kernels; i++)
		list[i] = (struct summed_kernel){ .name = put(to, from->kernels[i].name),
			.device = from->kernels[i].device,
			.launches = from->kernels[i].launches,
			.captured = from->kernels[i].captured };
}

static void put_devices(struct target *to, const struct figures *from)
{
	struct summed_device *list = (void *)(to->bytes + to->at.devices);

	for (unsigned i = 0; i < from->n_devices; i++) {
		const struct device_figures *device = &from->devices[i];

		list[i] = (struct summed_device){ .ordinal = device->ordinal,
			.name = put(to, device->name),
			.has_uuid = device->uuid != NULL,
			.peak_at_least = device->peak_at_least,
			.total_bytes = device->total_bytes,
			.kernels = device->kernels,
			.memory = device->memory };
		if (device->uuid)
			memcpy(list[i].uuid, device->uuid, sizeof(list[i].uuid));
	}
}

static void put_libraries(struct target *to, const struct figures *from)
{
	struct summed_library *list = (void *)(to->bytes + to->at.libraries);

	for (unsigned i = 0; i < from->n_libraries; i++) {
		const struct library_figures *library = &from->libraries[i];

		list[i] = (struct summed_library){ .name = put(to, library->name),
			.path = put(to, library->path),
			.error = put(to, library->error),
			.asker = put(to, library->asker),
			.asker_path = put(to, library->asker_path),
			.loaded = library->loaded,
			.asked = library->asked,
			.layer = library->layer,
			.version = library->version };
	}
}

static struct summed_driver put_driver(struct target *to, const struct driver_facts *driver)
{
	return (struct summed_driver){ .init_calls = driver->init_calls,
		.init_ok = driver->init_ok,
		.version = driver->version,
		.path = put(to, driver->path),
		.simulated = driver->simulated,
		.stub = driver->stub,
		.visible = put(to, driver->visible),
		.visible_by_program = driver->visible_by_program,
		.init_status = driver->init_status,
		.device_count = driver->device_count,
		.runtime_error = driver->runtime_error,
		.fault_status = driver->fault_status,
		.fault_name = put(to, driver->fault_name),
		.launch_found = driver->launch_found,
		.nvidia_code = driver->nvidia_code,
		.access = driver->access,
		.framework = put(to, driver->framework),
		.build = driver->build,
		.missing_entry = put(to, driver->missing_entry),
		.asked_version = driver->asked_version,
		.fork_error = driver->fork_error,
		.forked_late = driver->forked_late,
		.missing_entries = driver->missing_entries };
}

/* In the arena, and not on somebody's stack. */
static struct summed_head *head_of(const struct summed *sum, struct arena *arena)
{
	struct summed_head *head = arena_take(arena, sizeof(*head));

	if (!head)
		return NULL;
	*head = (struct summed_head){ .generation = sum->generation,
		.processes = sum->processes,
		.workers = sum->workers,
		.images = sum->images,
		.started_ns = sum->started_ns,
		.ended_ns = sum->ended_ns,
		.ran_ns = sum->ran_ns,
		.first_kernel_ns = sum->first_kernel_ns,
		.head_size = sizeof(*head),
		.totals_size = sizeof(struct totals),
		.n_last = sum->n_last,
		.n_functions = sum->figures.n_functions,
		.n_kernels = sum->figures.n_kernels,
		.n_devices = sum->figures.n_devices,
		.n_libraries = sum->figures.n_libraries,
		.totals = sum->figures.totals,
		.witness = sum->figures.witness };

	memcpy(head->magic, SUMMED_MAGIC, sizeof(head->magic));
	memcpy(head->gaps, sum->figures.gaps, sizeof(sum->figures.gaps));
	return head;
}

/* The whole file; NULL with errno. Its size is in the head. */
static struct summed_head *encode(const struct summed *sum, struct arena *arena)
{
	struct summed_head *head = head_of(sum, arena);
	struct target to = { .library = NULL };
	size_t strings = strings_of(&sum->figures);

	if (!head)
		return fail(ENOMEM), NULL;
	head->strings_size = strings > SUMMED_STRINGS_MAX ? UINT32_MAX : (uint32_t)strings;
	if (!summed_fits(head))
		return fail(EFBIG), NULL;
	to.at = summed_parts(head);
	to.bytes = arena_take(arena, to.at.end);
	if (!to.bytes)
		return fail(ENOMEM), NULL;
	to.head = (void *)to.bytes;
	*to.head = *head;
	to.head->strings_size = 1;
	if (sum->n_last)
		memcpy(to.bytes + to.at.last, sum->last, sum->n_last * sizeof(*sum->last));
	put_functions(&to, &sum->figures);
	put_kernels(&to, &sum->figures);
	put_devices(&to, &sum->figures);
	put_libraries(&to, &sum->figures);
	to.head->driver = put_driver(&to, &sum->figures.driver);
	to.head->size = to.at.strings + to.head->strings_size;
	return to.head;
}

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n <= 0)
			return -1;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

int summed_write(const struct summed *sum, struct arena *arena, int folder)
{
	const struct summed_head *head = encode(sum, arena);
	int fd, status, error;

	if (!head || !own_file_size_allowed(head->size))
		return -1;
	unlinkat(folder, SUMMED_NEW, 0); /* of one that was killed */
	fd = openat(folder, SUMMED_NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -1;
	status = fchmod(fd, 0600) || write_all(fd, (const char *)head, head->size) ||
				 renameat(folder, SUMMED_NEW, folder, SUMMED_FILE)
			 ? -1
			 : 0;
	error = errno;
	close(fd);
	if (status)
		unlinkat(folder, SUMMED_NEW, 0);
	errno = error;
	return status;
}
