#include "gpus.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

static void add_device(
	struct model *model, const struct row *row, const struct device_figures *device)
{
	const struct device_figures *before = device_before(row, device);
	struct gpu_row *gpu = NULL;
	double rate;

	for (unsigned i = 0; !gpu && i < model->n_gpus; i++)
		if (same_gpu(&model->gpus[i], device))
			gpu = &model->gpus[i];
	if (!gpu) {
		if (model->n_gpus >= GPUS_MAX)
			return;
		gpu = &model->gpus[model->n_gpus++];
		*gpu = (struct gpu_row){ .ordinal = device->ordinal,
			.kernels = NAN,
			.utilisation = -1,
			.watched = true };
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
	rate = row->previous
		       ? model_rate(device->kernels, before ? before->kernels : 0, model->interval)
		       : NAN;
	if (!isnan(rate))
		gpu->kernels = isnan(gpu->kernels) ? rate : gpu->kernels + rate;
}

static bool has_uuid(const struct gpu_row *gpu, const char *text)
{
	char own[48] = "GPU-";
	size_t at = 4;

	if (!gpu->uuid)
		return false;
	for (int i = 0; i < 16; i++)
		at += (size_t)snprintf(own + at, sizeof(own) - at, "%02x%s", gpu->uuid[i],
			i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
	return !strcmp(own, text);
}

static void add_driver_device(struct model *model, const struct nvml_device *device, unsigned index)
{
	struct gpu_row *gpu = NULL;

	for (unsigned i = 0; !gpu && i < model->n_gpus; i++)
		if (has_uuid(&model->gpus[i], device->uuid))
			gpu = &model->gpus[i];
	if (!gpu) {
		if (model->n_gpus >= GPUS_MAX)
			return;
		gpu = &model->gpus[model->n_gpus++];
		*gpu = (struct gpu_row){ .kernels = NAN };
	}
	gpu->ordinal = (int)index;
	gpu->name = device->name[0] ? device->name : gpu->name;
	if (device->total_bytes)
		gpu->total_bytes = device->total_bytes;
	gpu->utilisation = device->utilisation;
}

void gpus_find(struct model *model)
{
	const struct nvml_figures *driver = &model->sample->nvml;

	model->n_gpus = 0;
	/* Where nothing runs any more, the devices that were used. */
	for (int running = 1; running >= 0 && !model->n_gpus; running--)
		for (unsigned i = 0; i < model->n_rows; i++) {
			const struct figures *figures = &model->rows[i].process->figures;

			if (row_running(&model->rows[i]) != running)
				continue;
			for (unsigned d = 0; d < figures->n_devices; d++)
				add_device(model, &model->rows[i], &figures->devices[d]);
		}
	for (unsigned i = 0; i < driver->count; i++)
		add_driver_device(model, &driver->devices[i], i);
	for (unsigned i = 1; i < model->n_gpus; i++) {
		struct gpu_row moving = model->gpus[i];
		unsigned at = i;

		for (; at && model->gpus[at - 1].ordinal > moving.ordinal; at--)
			model->gpus[at] = model->gpus[at - 1];
		model->gpus[at] = moving;
	}
}
