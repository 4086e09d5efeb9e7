/* SPDX-License-Identifier: MIT */
/*
 * Counts with NVIDIA's own tools interface, to compare gpuspy with. The driver loads this library
 * at cuInit when CUDA_INJECTION64_PATH names it. At the end of the process it writes one JSON
 * object into the file CUPTI_COUNT_OUTPUT (%p: the pid).
 *
 * CUPTI_COUNT_MODE:
 *   activity  kernels by name from the activity records, memory by its records, and all calls of
 *             the driver by name from callbacks
 *   launches  only counts launches in callbacks: what a user would write to get a number, and what
 *             the cost of gpuspy is compared with
 *
 * The newest record types of the installed CUPTI have to be named by the compiler's command line:
 * their layout depends on the version, and their fields' names do not.
 */
#include <cupti.h>
#include <search.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <unistd.h>

#if !defined(KERNEL_RECORD) || !defined(MEMORY_RECORD)
#error "-DKERNEL_RECORD=CUpti_ActivityKernelN -DMEMORY_RECORD=CUpti_ActivityMemoryN"
#endif

enum { BUFFER_BYTES = 8 << 20, ALIGNMENT = 8, DEVICES = 64, NOT_READY = 600 };

struct kernel {
	char *name;
	uint64_t launches;
};

struct memory_event {
	uint64_t time, address, bytes;
	uint32_t device;
	int released;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *kernels;
static struct memory_event *events;
static size_t n_events, room_for_events;
static uint64_t dropped;
static atomic_ullong calls[CUPTI_DRIVER_TRACE_CBID_SIZE], errors[CUPTI_DRIVER_TRACE_CBID_SIZE];
static atomic_ullong launches;
static const char *problem;
static int with_activity;
static pid_t owner;
static CUpti_SubscriberHandle subscriber;

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct kernel *)a)->name, ((const struct kernel *)b)->name);
}

static void count_kernel(const char *name)
{
	struct kernel key = { (char *)(uintptr_t)(name ? name : "?"), 0 }, **found;

	found = tsearch(&key, &kernels, by_name);
	if (!found) {
		dropped++;
		return;
	}
	if (*found == &key) {
		*found = calloc(1, sizeof(key));
		if (!*found)
			abort();
		(*found)->name = strdup(key.name);
	}
	(*found)->launches++;
}

/* Memory of devices, as far as it was asked for at run time. */
static int is_device_memory(CUpti_ActivityMemoryKind kind)
{
	return kind == CUPTI_ACTIVITY_MEMORY_KIND_DEVICE ||
	       kind == CUPTI_ACTIVITY_MEMORY_KIND_ARRAY ||
	       kind == CUPTI_ACTIVITY_MEMORY_KIND_MANAGED;
}

static void note_memory(const MEMORY_RECORD *record)
{
	if (!is_device_memory(record->memoryKind) || record->deviceId >= DEVICES)
		return;
	if (n_events == room_for_events) {
		room_for_events = room_for_events ? 2 * room_for_events : 1024;
		events = realloc(events, room_for_events * sizeof(*events));
		if (!events)
			abort();
	}
	events[n_events++] = (struct memory_event){
		.time = record->timestamp,
		.address = record->address,
		.bytes = record->bytes,
		.device = record->deviceId,
		.released =
			record->memoryOperationType == CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_RELEASE,
	};
}

static void CUPTIAPI give_buffer(uint8_t **buffer, size_t *size, size_t *max_records)
{
	*buffer = aligned_alloc(ALIGNMENT, BUFFER_BYTES);
	*size = *buffer ? BUFFER_BYTES : 0;
	*max_records = 0;
}

static void CUPTIAPI take_buffer(
	CUcontext context, uint32_t stream, uint8_t *buffer, size_t size, size_t valid)
{
	CUpti_Activity *record = NULL;
	size_t lost = 0;

	(void)size;
	pthread_mutex_lock(&lock);
	while (cuptiActivityGetNextRecord(buffer, valid, &record) == CUPTI_SUCCESS) {
		if (record->kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL ||
			record->kind == CUPTI_ACTIVITY_KIND_KERNEL)
			count_kernel(((KERNEL_RECORD *)record)->name);
		else if (record->kind == CUPTI_ACTIVITY_KIND_MEMORY2)
			note_memory((MEMORY_RECORD *)record);
	}
	if (cuptiActivityGetNumDroppedRecords(context, stream, &lost) == CUPTI_SUCCESS)
		dropped += lost;
	pthread_mutex_unlock(&lock);
	free(buffer);
}

static void CUPTIAPI on_call(
	void *data, CUpti_CallbackDomain domain, CUpti_CallbackId id, const void *details)
{
	const CUpti_CallbackData *call = details;
	int status;

	(void)data;
	if (domain != CUPTI_CB_DOMAIN_DRIVER_API || id >= CUPTI_DRIVER_TRACE_CBID_SIZE ||
		call->callbackSite != CUPTI_API_EXIT)
		return;
	atomic_fetch_add_explicit(&calls[id], 1, memory_order_relaxed);
	status = *(const int *)call->functionReturnValue;
	if (status && status != NOT_READY)
		atomic_fetch_add_explicit(&errors[id], 1, memory_order_relaxed);
}

static void CUPTIAPI on_launch(
	void *data, CUpti_CallbackDomain domain, CUpti_CallbackId id, const void *details)
{
	(void)data;
	(void)domain;
	(void)id;
	if (((const CUpti_CallbackData *)details)->callbackSite == CUPTI_API_EXIT)
		atomic_fetch_add_explicit(&launches, 1, memory_order_relaxed);
}

/* What is written at the end. */

static void write_string(FILE *file, const char *text)
{
	fputc('"', file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
			fprintf(file, "\\u%04x", (unsigned char)*text);
		else
			fputc(*text, file);
	}
	fputc('"', file);
}

static FILE *out;
static const char *comma;

static void write_kernel(const void *node, VISIT visit, int depth)
{
	const struct kernel *kernel = *(const struct kernel *const *)node;

	(void)depth;
	if (visit != postorder && visit != leaf)
		return;
	fputs(comma, out);
	write_string(out, kernel->name);
	fprintf(out, ": %llu", (unsigned long long)kernel->launches);
	comma = ", ";
}

static void write_calls(const char *title, atomic_ullong *counts)
{
	CUpti_CallbackId id;
	const char *name, *separator = "";

	fprintf(out, "  \"%s\": {", title);
	for (id = 0; id < CUPTI_DRIVER_TRACE_CBID_SIZE; id++) {
		if (!counts[id])
			continue;
		if (cuptiGetCallbackName(CUPTI_CB_DOMAIN_DRIVER_API, id, &name) != CUPTI_SUCCESS)
			name = "?";
		fputs(separator, out);
		write_string(out, name);
		fprintf(out, ": %llu", (unsigned long long)counts[id]);
		separator = ", ";
	}
	fputs("},\n", out);
}

static int by_time(const void *a, const void *b)
{
	const struct memory_event *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

/* A release may not say how much; the last allocation of that address does. */
static uint64_t bytes_of(size_t i)
{
	size_t j = i;

	if (events[i].bytes || !events[i].released)
		return events[i].bytes;
	while (j-- > 0)
		if (!events[j].released && events[j].address == events[i].address)
			return events[j].bytes;
	return 0;
}

static void write_memory(void)
{
	int64_t live[DEVICES] = { 0 }, peak[DEVICES] = { 0 };
	const char *separator = "";
	uint32_t device;
	size_t i;

	if (n_events)
		qsort(events, n_events, sizeof(*events), by_time);
	for (i = 0; i < n_events; i++) {
		device = events[i].device;
		live[device] += events[i].released ? -(int64_t)bytes_of(i) : (int64_t)bytes_of(i);
		if (live[device] > peak[device])
			peak[device] = live[device];
	}
	fputs("  \"peak_bytes\": {", out);
	for (device = 0; device < DEVICES; device++) {
		if (!peak[device])
			continue;
		fprintf(out, "%s\"%u\": %lld", separator, device, (long long)peak[device]);
		separator = ", ";
	}
	fprintf(out, "},\n  \"memory_records\": %zu,\n", n_events);
}

static FILE *open_output(void)
{
	const char *name = getenv("CUPTI_COUNT_OUTPUT"), *mark = name ? strstr(name, "%p") : NULL;
	char path[4096];

	if (!name)
		return NULL;
	if (mark)
		snprintf(path, sizeof(path), "%.*s%d%s", (int)(mark - name), name, (int)owner,
			mark + 2);
	else
		snprintf(path, sizeof(path), "%s", name);
	return fopen(path, "w");
}

static void finish(void)
{
	if (getpid() != owner)
		return;
	if (with_activity && cuptiActivityFlushAll(1) != CUPTI_SUCCESS && !problem)
		problem = "the activity records could not be flushed";
	out = open_output();
	if (!out)
		return;
	pthread_mutex_lock(&lock);
	comma = "";
	fputs("{\n  \"kernels\": {", out);
	twalk(kernels, write_kernel);
	fputs("},\n", out);
	write_calls("driver_calls", calls);
	write_calls("driver_errors", errors);
	write_memory();
	fprintf(out, "  \"launches\": %llu,\n  \"dropped\": %llu,\n  \"problem\": ",
		(unsigned long long)launches, (unsigned long long)dropped);
	if (problem)
		write_string(out, problem);
	else
		fputs("null", out);
	fputs("\n}\n", out);
	fclose(out);
	pthread_mutex_unlock(&lock);
}

/* How it begins. */

static void must(CUptiResult status)
{
	if (status != CUPTI_SUCCESS && !problem && cuptiGetResultString(status, &problem))
		problem = "CUPTI failed";
}

static void watch_launches(void)
{
	static const CUpti_CallbackId ids[] = {
		CUPTI_DRIVER_TRACE_CBID_cuLaunchKernel,
		CUPTI_DRIVER_TRACE_CBID_cuLaunchKernel_ptsz,
		CUPTI_DRIVER_TRACE_CBID_cuLaunchKernelEx,
		CUPTI_DRIVER_TRACE_CBID_cuLaunchKernelEx_ptsz,
		CUPTI_DRIVER_TRACE_CBID_cuLaunchCooperativeKernel,
		CUPTI_DRIVER_TRACE_CBID_cuLaunchCooperativeKernel_ptsz,
		CUPTI_DRIVER_TRACE_CBID_cuGraphLaunch,
		CUPTI_DRIVER_TRACE_CBID_cuGraphLaunch_ptsz,
	};
	size_t i;

	must(cuptiSubscribe(&subscriber, on_launch, NULL));
	for (i = 0; !problem && i < sizeof(ids) / sizeof(ids[0]); i++)
		must(cuptiEnableCallback(1, subscriber, CUPTI_CB_DOMAIN_DRIVER_API, ids[i]));
}

static void watch_all(void)
{
	with_activity = 1;
	must(cuptiActivityRegisterCallbacks(give_buffer, take_buffer));
	must(cuptiActivityEnable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL));
	must(cuptiActivityEnable(CUPTI_ACTIVITY_KIND_MEMORY2));
	must(cuptiSubscribe(&subscriber, on_call, NULL));
	if (!problem)
		must(cuptiEnableDomain(1, subscriber, CUPTI_CB_DOMAIN_DRIVER_API));
}

extern int InitializeInjection(void);

/* The name under which the driver looks for the beginning. Not 0: it is done. */
__attribute__((visibility("default"))) int InitializeInjection(void)
{
	const char *mode = getenv("CUPTI_COUNT_MODE");

	if (owner == getpid())
		return 1;
	owner = getpid();
	atexit(finish);
	if (mode && strcmp(mode, "launches") == 0)
		watch_launches();
	else
		watch_all();
	return 1;
}
