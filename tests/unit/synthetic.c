/* SPDX-License-Identifier: MIT */
#include "synthetic.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void fill_header(struct segment_header *h)
{
	memcpy(h->magic, SEGMENT_MAGIC, sizeof(h->magic));
	h->version = SEGMENT_VERSION;
	h->header_size = sizeof(*h);
	h->device_size = sizeof(struct segment_device);
	h->library_size = sizeof(struct segment_library);
	h->row_size = sizeof(struct segment_row);
	h->slot_size = sizeof(struct segment_slot);
	h->devices_offset = SEGMENT_DEVICES_OFFSET;
	h->libraries_offset = SEGMENT_LIBRARIES_OFFSET;
	h->rows_offset = SEGMENT_ROWS_OFFSET;
	h->strings_offset = SEGMENT_STRINGS_OFFSET;
	h->blocks_offset = SEGMENT_BLOCKS_OFFSET;
	h->block_stride = SEGMENT_BLOCK_STRIDE;
	h->rows = 1;
	h->strings_size = 1;
	h->blocks = SYNTHETIC_BLOCKS;
	h->block_slots = 1024;
	h->device_count = -1;
	h->exit_status = -1;
}

struct synthetic synthetic_new(pid_t pid, uint64_t start_ticks, unsigned image)
{
	struct synthetic s = { 0 };

	s.size = SEGMENT_BLOCKS_OFFSET + SYNTHETIC_BLOCKS * SEGMENT_BLOCK_STRIDE;
	s.bytes = calloc(1, s.size);
	if (!s.bytes)
		abort();
	s.header = (void *)s.bytes;
	s.devices = (void *)(s.bytes + SEGMENT_DEVICES_OFFSET);
	s.libraries = (void *)(s.bytes + SEGMENT_LIBRARIES_OFFSET);
	s.rows = (void *)(s.bytes + SEGMENT_ROWS_OFFSET);
	s.strings = s.bytes + SEGMENT_STRINGS_OFFSET;
	fill_header(s.header);
	s.header->pid = pid;
	s.header->parent = 1;
	s.header->uid = geteuid();
	s.header->start_ticks = start_ticks;
	s.header->image = image;
	s.header->started_ns = 1700000000000000000u;
	return s;
}

void synthetic_free(struct synthetic *s)
{
	free(s->bytes);
}

uint32_t synthetic_string(struct synthetic *s, const char *text)
{
	uint32_t at = s->header->strings_size;

	if (!text)
		return 0;
	strcpy(s->strings + at, text);
	s->header->strings_size += (uint32_t)strlen(text) + 1;
	return at;
}

static struct segment_slot *slot_at(struct synthetic *s, unsigned block, uint32_t row)
{
	return (struct segment_slot *)(s->bytes + SEGMENT_BLOCKS_OFFSET +
				       block * SEGMENT_BLOCK_STRIDE) +
	       row;
}

uint32_t synthetic_row(struct synthetic *s, struct segment_row row, uint64_t a, uint64_t b)
{
	uint32_t number = s->header->rows++;

	s->rows[number] = row;
	for (unsigned i = 0; i < SYNTHETIC_BLOCKS; i++) {
		struct segment_slot *slot = slot_at(s, i, number);

		/* The first block takes what the division leaves. */
		slot->first = a / SYNTHETIC_BLOCKS + (i ? 0 : a % SYNTHETIC_BLOCKS);
		slot->second = b / SYNTHETIC_BLOCKS + (i ? 0 : b % SYNTHETIC_BLOCKS);
	}
	return number;
}

uint32_t synthetic_function(struct synthetic *s, enum segment_layer layer, const char *library,
	const char *name, uint64_t calls, uint64_t errors, int last_error)
{
	struct segment_row row = { .kind = ROW_FUNCTION, .layer = (uint8_t)layer, .device = -1 };

	row.name = synthetic_string(s, name);
	row.library = synthetic_string(s, library);
	row.last_error = last_error;
	return synthetic_row(s, row, calls, errors);
}

uint32_t synthetic_kernel(struct synthetic *s, const char *name, int device, uint64_t launches)
{
	struct segment_row row = { .kind = ROW_KERNEL, .device = (int16_t)device };

	row.name = synthetic_string(s, name);
	return synthetic_row(s, row, launches, 0);
}

uint32_t synthetic_context(struct synthetic *s, int device, uint64_t launches, uint64_t confirmed)
{
	struct segment_row row = { .kind = ROW_LAUNCHES, .device = (int16_t)device };
	uint32_t first;

	row.confirmed = confirmed;
	first = synthetic_row(s, row, launches, 0);
	row.confirmed = 0;
	for (int kind = ROW_GRAPHS; kind <= ROW_MEMSET; kind++) {
		row.kind = (uint8_t)kind;
		synthetic_row(s, row, 0, 0);
	}
	return first;
}

struct segment_library *synthetic_library(
	struct synthetic *s, const char *name, bool loaded, const char *error)
{
	struct segment_library *library = &s->libraries[s->header->libraries++];

	library->name = synthetic_string(s, name);
	library->asked = 1;
	library->loaded = loaded;
	library->error = synthetic_string(s, error);
	library->layer = LAYERS;
	s->header->nvidia_code = 1;
	return library;
}

struct segment_device *synthetic_device(
	struct synthetic *s, int ordinal, const char *name, uint8_t uuid)
{
	struct segment_device *device = &s->devices[ordinal];

	if (s->header->devices <= (uint32_t)ordinal)
		s->header->devices = (uint32_t)ordinal + 1;
	device->has_name = 1;
	snprintf(device->name, sizeof(device->name), "%s", name);
	device->has_uuid = uuid != 0;
	memset(device->uuid, uuid, sizeof(device->uuid));
	device->total_bytes = 150ull << 30;
	return device;
}

static void fill_training_rows(struct synthetic *s)
{
	uint32_t context;

	synthetic_function(s, LAYER_DRIVER, "libcuda.so.1", "cuLaunchKernel", 12000, 0, 0);
	synthetic_function(s, LAYER_DRIVER, "libcuda.so.1", "cuMemAlloc_v2", 40, 2, 2);
	synthetic_function(s, LAYER_RUNTIME, "libcudart.so.13", "cudaLaunchKernel", 9000, 0, 0);
	synthetic_function(s, LAYER_CUDNN, "libcudnn.so.9", "cudnnConvolutionForward", 4210, 0, 0);
	synthetic_function(s, LAYER_CUBLAS, "libcublas.so.13", "cublasSgemm_v2", 3300, 0, 0);
	context = synthetic_context(s, 0, 12000, 12345);
	slot_at(s, 0, context)->captured = 5;
	slot_at(s, 1, context + ROW_GRAPHS - ROW_LAUNCHES)->launches = 3;
	slot_at(s, 1, context + ROW_GRAPHS - ROW_LAUNCHES)->kernels = 345;
	slot_at(s, 2, context + ROW_HOST_TO_DEVICE - ROW_LAUNCHES)->calls = 5432;
	slot_at(s, 2, context + ROW_HOST_TO_DEVICE - ROW_LAUNCHES)->bytes = 1288490189;
	slot_at(s, 3, context + ROW_DEVICE_TO_HOST - ROW_LAUNCHES)->calls = 210;
	slot_at(s, 3, context + ROW_DEVICE_TO_HOST - ROW_LAUNCHES)->bytes = 34 << 20;
	synthetic_kernel(s, "relu_fwd", 0, 2050);
	synthetic_kernel(s, "ampere_sgemm_128x64_nn", 0, 4100);
	synthetic_kernel(s, "\xc3\xa4 \x1b[31mred\n\xff", 0, 7);
}

struct synthetic synthetic_training(pid_t pid, uint64_t start_ticks, unsigned image)
{
	struct synthetic s = synthetic_new(pid, start_ticks, image);
	struct segment_device *device = synthetic_device(&s, 0, "NVIDIA H200", 0xab);
	struct segment_library *cudnn;

	device->memory = (struct segment_memory){ 38, 30, 5ull << 30, 1 << 20, 3435973837u };
	s.header->memory = device->memory;
	fill_training_rows(&s);
	synthetic_library(&s, "libcuda.so.1", true, NULL);
	cudnn = synthetic_library(&s, "libcudnn.so.9", true, NULL);
	cudnn->layer = LAYER_CUDNN;
	cudnn->version = 91900;
	cudnn->path = synthetic_string(&s, "/usr/lib/libcudnn.so.9.19.0");
	synthetic_library(&s, "libnvToolsExt.so.1", false, "cannot open shared object file");
	s.header->init_calls = 1;
	s.header->init_ok = 1;
	s.header->device_count = 1;
	s.header->driver_version = 13000;
	s.header->driver_path = synthetic_string(&s, "/usr/lib/libcuda.so.1");
	s.header->command = synthetic_string(
		&s, "/usr/lib/R/bin/exec/R --no-echo --no-restore --file=/home/u/train.R");
	s.header->state = STATE_EXITED;
	s.header->exit_status = 0;
	s.header->ended_ns = s.header->started_ns + 34200000000u;
	return s;
}

enum { PAGE = 4096 };

static const char nothing[PAGE];

void synthetic_write(const struct synthetic *s, const char *folder)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%d-%llu-%u.seg", folder, (int)s->header->pid,
		(unsigned long long)s->header->start_ticks, s->header->image);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)s->size))
		abort();
	/* With holes, as gpuspy's own: there may be hundreds. */
	for (size_t at = 0; at < s->size; at += PAGE) {
		size_t size = s->size - at < PAGE ? s->size - at : PAGE;

		if (memcmp(s->bytes + at, nothing, size) != 0 &&
			pwrite(fd, s->bytes + at, size, (off_t)at) != (ssize_t)size)
			abort();
	}
	close(fd);
}

static int read_bytes(void *context, uint64_t offset, void *to, size_t size)
{
	const struct synthetic *s = context;

	if (offset > s->size || size > s->size - offset)
		return -1;
	memcpy(to, s->bytes + offset, size);
	return 0;
}

struct segment_source synthetic_source(struct synthetic *s)
{
	return (struct segment_source){ read_bytes, s };
}

static uint64_t state;

void synthetic_seed(void)
{
	const char *wanted = getenv("GPUSPY_TEST_SEED");
	uint64_t seed = wanted ? strtoull(wanted, NULL, 10)
			       : (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid();

	printf("# GPUSPY_TEST_SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	state = seed | 1; /* 0 would stay for ever */
}

/* xorshift64: enough for choosing places. */
uint64_t synthetic_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}
