/* SPDX-License-Identifier: MIT */
/*
 * The file of summed.h: a head, lists, and strings, one after the other. Strings are named by where
 * they stand among them, 0: none. All is in the machine's own byte order.
 */
#ifndef GPUSPY_SEGMENT_SUMMED_FILE_H
#define GPUSPY_SEGMENT_SUMMED_FILE_H

#include "summed.h"

/* The last letter is the layout's, as far as the head's own sizes do not say it. */
#define SUMMED_MAGIC "GPUSPYS1"

enum {
	SUMMED_FUNCTIONS_MAX = 8192,
	SUMMED_KERNELS_MAX = 8192,
	SUMMED_DEVICES_MAX = 256,
	SUMMED_LIBRARIES_MAX = 1024,
	SUMMED_STRINGS_MAX = 1 << 20,
};

struct summed_function {
	uint32_t layer, library, name;
	int32_t last_error;
	uint64_t calls, errors, own_calls;
};

struct summed_kernel {
	uint32_t name;
	int32_t device;
	uint64_t launches, captured;
};

struct summed_device {
	int32_t ordinal;
	uint32_t name, has_uuid, peak_at_least;
	uint8_t uuid[16];
	uint64_t total_bytes, kernels;
	struct segment_memory memory;
};

struct summed_library {
	uint32_t name, path, error, asker, asker_path;
	uint32_t loaded, asked, layer, version, reserved;
};

struct summed_driver { /* struct driver_facts */
	uint32_t init_calls, init_ok, version, path, simulated, stub, visible, visible_by_program;
	int32_t init_status, device_count, runtime_error, fault_status;
	uint32_t fault_name, launch_found, nvidia_code, access, framework, build, missing_entry;
	uint32_t asked_version, fork_error, forked_late;
	uint64_t missing_entries;
};

struct summed_head {
	char magic[8];
	uint64_t generation, size; /* of the file */
	uint64_t processes, workers, images;
	uint64_t started_ns, ended_ns, ran_ns, first_kernel_ns;
	uint32_t head_size, totals_size;
	uint32_t n_last, n_functions, n_kernels, n_devices, n_libraries, strings_size;
	struct summed_driver driver;
	struct totals totals;
	uint64_t gaps[SEGMENT_GAPS_MAX];
	struct segment_witness witness;
};

/* Where each part begins; the last one is the file's size. */
struct summed_parts {
	size_t last, functions, kernels, devices, libraries, strings, end;
};

static inline struct summed_parts summed_parts(const struct summed_head *head)
{
	struct summed_parts at = { .last = sizeof(*head) };

	at.functions = at.last + head->n_last * sizeof(struct summed_segment);
	at.kernels = at.functions + head->n_functions * sizeof(struct summed_function);
	at.devices = at.kernels + head->n_kernels * sizeof(struct summed_kernel);
	at.libraries = at.devices + head->n_devices * sizeof(struct summed_device);
	at.strings = at.libraries + head->n_libraries * sizeof(struct summed_library);
	at.end = at.strings + head->strings_size;
	return at;
}

/* Are there no more of anything than there can be? */
static inline bool summed_fits(const struct summed_head *head)
{
	return head->n_last <= SUMMED_LAST_MAX && head->n_functions <= SUMMED_FUNCTIONS_MAX &&
	       head->n_kernels <= SUMMED_KERNELS_MAX && head->n_devices <= SUMMED_DEVICES_MAX &&
	       head->n_libraries <= SUMMED_LIBRARIES_MAX &&
	       head->strings_size <= SUMMED_STRINGS_MAX;
}

/* Another one is in head_size; the others of the file have a new letter with each change. */
_Static_assert(sizeof(struct summed_head) % 8 == 0, "the lists are aligned");
_Static_assert(sizeof(struct summed_segment) == 16, "");
_Static_assert(sizeof(struct summed_function) == 40, "");
_Static_assert(sizeof(struct summed_kernel) == 24, "");
_Static_assert(sizeof(struct summed_device) == 88, "");
_Static_assert(sizeof(struct summed_library) == 40, "");
_Static_assert(sizeof(struct summed_device) % 8 == 0 && sizeof(struct summed_library) % 8 == 0, "");
/* A new member of these has its place above, and in summed.c and summed_write.c. */
_Static_assert(sizeof(struct driver_facts) == 120, "");
_Static_assert(sizeof(struct function_figures) == 56, "");
_Static_assert(sizeof(struct kernel_figures) == 32, "");
_Static_assert(sizeof(struct device_figures) == 96, "");
_Static_assert(sizeof(struct library_figures) == 56, "");
_Static_assert(sizeof(struct figures) == 968, "");

#endif
