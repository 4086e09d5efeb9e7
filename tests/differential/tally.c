/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct row {
	uint64_t calls, errors;
};

struct tally {
	uint64_t processes;
	struct row driver[DRIVER_COUNT];
	struct row layers[LIBRARIES][LAYER_FUNCTION_COUNT];
	uint64_t totals[TALLY_COUNT];
	uint64_t kernels[KERNELS];
	struct {
		uint64_t kernels, live, peak;
	} devices[TALLY_DEVICES];
};

static struct tally *tally;
static int shared_file = -1;

static const char *const total_names[] = {
#define TOTAL_NAME(id, name) name,
	TALLY_TOTALS(TOTAL_NAME)
};
static const char *const library_names[] = {
#define LIBRARY_NAME(id, name) name,
	LAYER_LIBRARIES(LIBRARY_NAME)
};
static const char *const layer_names[] = {
#define FUNCTION_NAME(name) #name,
	LAYER_FUNCTIONS(FUNCTION_NAME)
};

/* The last are those of the stand-in libraries; plugins have one of their own. */
const char *const kernel_names[KERNELS] = { "sim_fault", "sim_noop", "random_a", "random_b",
	"random_c", "random_d", "random_e", "random_f", "_Z8random_gILi32EEvPKfPfi",
	"_ZN6random1hEv", "random_i", "random_j", "random_k", "sim_cudnn_transform_input",
	"sim_cudnn_convolve", "sim_cublas_sgemm", "plugin_kernel" };

bool tally_open(int file)
{
	void *memory;

	shared_file = file < 0 ? memfd_create("tally", 0) : file;
	if (shared_file < 0 || (file < 0 && ftruncate(shared_file, sizeof(*tally))))
		return false;
	memory = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED, shared_file, 0);
	if (memory == MAP_FAILED)
		return false;
	tally = memory;
	tally_process();
	return true;
}

int tally_file(void)
{
	return shared_file;
}

static void add(uint64_t *to, uint64_t n)
{
	__atomic_fetch_add(to, n, __ATOMIC_RELAXED);
}

void tally_process(void)
{
	add(&tally->processes, 1);
}

static int note(struct row *row, int status)
{
	add(&row->calls, 1);
	if (status && status != CU_ERROR_NOT_READY)
		add(&row->errors, 1);
	return status;
}

int tally_driver(enum driver_id id, int status)
{
	return note(&tally->driver[id], status);
}

int tally_layer(enum layer_library library, enum layer_function function, int status)
{
	return note(&tally->layers[library][function], status);
}

void tally_add(enum tally_total total, int64_t n)
{
	add(&tally->totals[total], (uint64_t)n);
}

void tally_copy(enum tally_total direction, uint64_t bytes)
{
	add(&tally->totals[direction], 1);
	add(&tally->totals[direction + 1], bytes);
}

void tally_kernel(int kernel, int device, uint64_t n)
{
	add(&tally->kernels[kernel], n);
	add(&tally->devices[device].kernels, n);
}

/* The peak is right if one thread of one process does all; else it is not compared. */
static void live(uint64_t *now, uint64_t *peak, int64_t bytes)
{
	add(now, (uint64_t)bytes);
	if (*now > *peak)
		*peak = *now;
}

void tally_memory(int device, int64_t bytes, int n)
{
	if (n)
		tally_add(n > 0 ? TALLY_ALLOCATIONS : TALLY_FREES, 1);
	if (n > 0)
		tally_add(TALLY_ALLOCATED_BYTES, bytes);
	live(&tally->totals[TALLY_LIVE_BYTES], &tally->totals[TALLY_PEAK_BYTES], bytes);
	live(&tally->devices[device].live, &tally->devices[device].peak, bytes);
}

void tally_host(int64_t bytes, int n)
{
	if (n)
		tally_add(n > 0 ? TALLY_HOST_ALLOCATIONS : TALLY_HOST_FREES, 1);
	live(&tally->totals[TALLY_HOST_LIVE_BYTES], &tally->totals[TALLY_HOST_PEAK_BYTES], bytes);
}

void tally_registered(int64_t bytes, int n)
{
	if (n)
		tally_add(n > 0 ? TALLY_REGISTERED : TALLY_UNREGISTERED, 1);
	tally_add(TALLY_REGISTERED_BYTES, bytes);
}

static void print_functions(
	const char *library, const struct row *rows, unsigned n, const char *(*name)(unsigned))
{
	const char *separator = "";

	printf("\"%s\": {", library);
	for (unsigned i = 0; i < n; i++) {
		if (!rows[i].calls)
			continue;
		printf("%s\n  \"%s\": {\"calls\": %" PRIu64 ", \"errors\": %" PRIu64 "}", separator,
			name(i), rows[i].calls, rows[i].errors);
		separator = ",";
	}
	printf("}");
}

static const char *driver_row_name(unsigned i)
{
	return driver_name((enum driver_id)i);
}

static const char *layer_row_name(unsigned i)
{
	return layer_names[i];
}

void tally_print(uint64_t seed, unsigned threads, bool exact_driver)
{
	printf("{\"seed\": %" PRIu64 ", \"threads\": %u, \"processes\": %" PRIu64
	       ", \"exact_driver\": %s,\n\"functions\": {",
		seed, threads, tally->processes, exact_driver ? "true" : "false");
	print_functions("libcuda.so.1", tally->driver, DRIVER_COUNT, driver_row_name);
	for (unsigned i = 0; i < LIBRARIES; i++) {
		printf(",\n ");
		print_functions(
			library_names[i], tally->layers[i], LAYER_FUNCTION_COUNT, layer_row_name);
	}
	printf("},\n\"total\": {");
	for (unsigned i = 0; i < TALLY_COUNT; i++)
		printf("\"%s\": %" PRIu64 ",\n ", total_names[i], tally->totals[i]);
	for (unsigned i = 0; i < TALLY_DEVICES; i++)
		printf("\"device%u.live_bytes\": %" PRIu64 ", \"device%u.peak_bytes\": %" PRIu64
		       ", \"device%u.kernels\": %" PRIu64 ",\n ",
			i, tally->devices[i].live, i, tally->devices[i].peak, i,
			tally->devices[i].kernels);
	for (unsigned i = 0; i < KERNELS && kernel_names[i]; i++)
		printf("%s\"kernel.%s\": %" PRIu64, i ? ",\n " : "", kernel_names[i],
			tally->kernels[i]);
	printf("}}\n");
	fflush(stdout);
}
