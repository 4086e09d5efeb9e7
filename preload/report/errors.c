/* SPDX-License-Identifier: MIT */
#include "errors.h"

#include <stdio.h>

#include "format.h"

static const unsigned no_statuses; /* TensorRT's functions return none */

/*
 * How the figure that a library gives as its version is made up, from the headers: major * a +
 * minor * b + patch. cuDNN before 9 used 1000 for the major part.
 */
static const struct layer {
	const char *name, *title;
	const struct status_name *statuses;
	const unsigned *n_statuses;
	uint32_t major, minor;
} layers[LAYERS] = {
	[LAYER_DRIVER] = { "driver", "driver", driver_statuses, &n_driver_statuses, 1000, 10 },
	[LAYER_RUNTIME] = { "runtime", "runtime", runtime_statuses, &n_runtime_statuses, 1000, 10 },
	[LAYER_CUDNN] = { "cudnn", "cuDNN", cudnn_statuses, &n_cudnn_statuses, 10000, 100 },
	[LAYER_CUBLAS] = { "cublas", "cuBLAS", cublas_statuses, &n_cublas_statuses, 10000, 100 },
	[LAYER_CUFFT] = { "cufft", "cuFFT", cufft_statuses, &n_cufft_statuses, 1000, 100 },
	[LAYER_CURAND] = { "curand", "cuRAND", curand_statuses, &n_curand_statuses, 1000, 100 },
	[LAYER_CUSOLVER] = { "cusolver", "cuSOLVER", cusolver_statuses, &n_cusolver_statuses, 1000,
		100 },
	[LAYER_CUSPARSE] = { "cusparse", "cuSPARSE", cusparse_statuses, &n_cusparse_statuses, 1000,
		100 },
	[LAYER_NCCL] = { "nccl", "NCCL", nccl_statuses, &n_nccl_statuses, 10000, 100 },
	[LAYER_CUTENSOR] = { "cutensor", "cuTENSOR", cutensor_statuses, &n_cutensor_statuses, 10000,
		100 },
	[LAYER_TENSORRT] = { "tensorrt", "TensorRT", NULL, &no_statuses, 10000, 100 },
};

const char *error_name(enum segment_layer layer, int status, char unknown[ERROR_NAME_MAX])
{
	unsigned low = 0, high = layer < LAYERS ? *layers[layer].n_statuses : 0;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		const struct status_name *entry = &layers[layer].statuses[middle];

		if (entry->status == status)
			return entry->name;
		if (entry->status < status)
			low = middle + 1;
		else
			high = middle;
	}
	snprintf(unknown, ERROR_NAME_MAX, "code %d", status);
	return unknown;
}

const char *layer_name(enum segment_layer layer)
{
	return layer < LAYERS ? layers[layer].name : "other";
}

const char *copy_name(int kind)
{
	static const char names[COPY_KINDS][17] = { "host_to_device", "device_to_host",
		"device_to_device", "peer", "unified", "memset" };

	return names[kind];
}

const char *layer_title(enum segment_layer layer)
{
	return layer < LAYERS ? layers[layer].title : "other";
}

void layer_version(struct text *text, enum segment_layer layer, uint32_t version)
{
	uint32_t major, minor;

	if (layer >= LAYERS || !version)
		return;
	major = layers[layer].major;
	minor = layers[layer].minor;
	if (layer == LAYER_CUDNN && version < major)
		major = 1000;
	text_putf(text, "%u.%u", version / major, version % major / minor);
	if (layer != LAYER_DRIVER && layer != LAYER_RUNTIME)
		text_putf(text, ".%u", version % minor);
}
