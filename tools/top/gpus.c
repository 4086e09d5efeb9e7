/* SPDX-License-Identifier: MIT */
#include "gpus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../uuid.h"

/* One device has many ordinals where CUDA_VISIBLE_DEVICES differs: its UUID tells. */
static bool same_gpu(const struct gpu_row *gpu, const struct device_figures *device)
{
	if (gpu->uuid && device->uuid)
		return memcmp(gpu->uuid, device->uuid, 16) == 0;
	return gpu->ordinal == device->ordinal;
}

static const struct device_figures *device_before(
	const struct row *row, const struct device_figures *device)
{
	const struct figures *figures = row->previous ? &row->previous->figures : NULL;

	for (unsigned i = 0; figures && i < figures->n_devices; i++)
		if (figures->devices[i].ordinal == device->ordinal)
			return &figures->devices[i];
	return NULL;
}

/* NULL: there are too many. */
static struct gpu_row *new_gpu(struct gpus *gpus, int ordinal)
{
	struct gpu_row *gpu;

	if (gpus->count >= GPUS_MAX)
		return NULL;
	gpu = &gpus->list[gpus->count++];
	*gpu = (struct gpu_row){ .ordinal = ordinal, .kernels = NAN };
	return gpu;
}

static void add_device(struct gpus *gpus, const struct row *row,
	const struct device_figures *device, double interval)
{
	const struct device_figures *before = device_before(row, device);
	struct gpu_row *gpu = NULL;

	for (unsigned i = 0; !gpu && i < gpus->count; i++)
		if (same_gpu(&gpus->list[i], device))
			gpu = &gpus->list[i];
	if (!gpu) {
		gpu = new_gpu(gpus, device->ordinal);
		if (!gpu)
			return;
		gpu->watched = true;
		gpus->watched++;
	}
	if (!gpu->name)
		gpu->name = device->name;
	if (!gpu->uuid)
		gpu->uuid = device->uuid;
	if (!gpu->total_bytes)
		gpu->total_bytes = device->total_bytes;
	if (!row_running(row))
		return;
	gpu->live_bytes += device->memory.live_bytes;
	if (row->previous)
		add_known(&gpu->kernels,
			rate_between(device->kernels, before ? before->kernels : 0, interval));
}

static bool has_uuid(const struct gpu_row *gpu, const char *text)
{
	char own[UUID_TEXT];

	return gpu->uuid && !strcmp(uuid_text(gpu->uuid, own), text);
}

static void add_driver_device(struct gpus *gpus, const struct nvml_device *device, int index)
{
	struct gpu_row *gpu = NULL;

	for (unsigned i = 0; !gpu && i < gpus->count; i++)
		if (has_uuid(&gpus->list[i], device->uuid))
			gpu = &gpus->list[i];
	if (!gpu)
		gpu = new_gpu(gpus, index);
	if (!gpu)
		return;
	gpu->ordinal = index;
	gpu->name = device->name[0] ? device->name : gpu->name;
	if (device->total_bytes)
		gpu->total_bytes = device->total_bytes;
	gpu->driver = device;
}

static void add_devices(
	struct gpus *gpus, const struct row *rows, unsigned n_rows, bool running, double interval)
{
	for (unsigned i = 0; i < n_rows; i++) {
		const struct figures *figures = &rows[i].process->figures;

		if (row_running(&rows[i]) != running)
			continue;
		for (unsigned d = 0; d < figures->n_devices; d++)
			add_device(gpus, &rows[i], &figures->devices[d], interval);
	}
}

static int compare_ordinals(const void *a, const void *b)
{
	const struct gpu_row *left = a, *right = b;

	return left->ordinal < right->ordinal ? -1 : left->ordinal > right->ordinal;
}

void gpus_find(struct gpus *gpus, const struct row *rows, unsigned n_rows,
	const struct nvml_figures *driver, double interval)
{
	gpus->count = gpus->watched = 0;
	/* Where nothing runs any more, the devices that were used. */
	for (int running = 1; running >= 0 && !gpus->count; running--)
		add_devices(gpus, rows, n_rows, running, interval);
	for (unsigned i = 0; i < driver->count; i++)
		add_driver_device(gpus, &driver->devices[i], (int)i);
	if (gpus->count)
		qsort(gpus->list, gpus->count, sizeof(*gpus->list), compare_ordinals);
}
