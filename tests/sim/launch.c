/* SPDX-License-Identifier: MIT */
/* Launches: kernels and host functions. */
#include "capture.h"
#include "context.h"
#include "export.h"
#include "graph.h"
#include "module.h"
#include "stream.h"

#include <string.h>

/* `extra` packs the parameters into one buffer: pointers into it. */
bool launch_unpack(void **extra, const struct image_kernel *kernel, void **params)
{
	char *buffer = NULL;
	size_t size = 0;

	for (; *extra != CU_EXTRA_END; extra += 2) {
		if (*extra == CU_EXTRA_BUFFER)
			buffer = extra[1];
		else if (*extra == CU_EXTRA_SIZE)
			size = *(size_t *)extra[1];
		else
			return false;
	}
	if (kernel->param_bytes && (!buffer || size < kernel->param_bytes))
		return false;
	for (unsigned i = 0; i < kernel->param_count; i++)
		params[i] = buffer + kernel->params[i].offset;
	return true;
}

bool launch_sound(const struct work *work)
{
	const unsigned *grid = work->kernel.grid, *block = work->kernel.block;

	for (int i = 0; i < 3; i++)
		if (!grid[i] || !block[i] || block[i] > 1024)
			return false;
	return (uint64_t)block[0] * block[1] * block[2] <= 1024 &&
	       work->kernel.shared_bytes <= 101376;
}

static enum cu_status launch(
	struct work *work, void *function, void *handle, void **params, void **extra)
{
	void *unpacked[KERNEL_PARAMS_MAX];
	struct stream *stream = stream_get(handle);
	const struct image_kernel *kernel;

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	work->type = CU_NODE_KERNEL;
	work->kernel.context = stream->context;
	kernel = launchable(function, &work->kernel.context);
	if (!kernel || context_primary(work->kernel.context) != context_primary(stream->context))
		return CU_ERROR_INVALID_HANDLE;
	if (!launch_sound(work) || (params && extra))
		return CU_ERROR_INVALID_VALUE;
	if (extra && !launch_unpack(extra, kernel, unpacked))
		return CU_ERROR_INVALID_VALUE;
	if (!params && !extra && kernel->param_count)
		return CU_ERROR_INVALID_VALUE;
	work->kernel.function = function;
	work->kernel.params = extra ? unpacked : params;
	return work_submit(stream, work);
}

FUNCTION_PTSZ(cuLaunchKernel,
	(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
		unsigned block_y, unsigned block_z, unsigned shared_bytes, void *stream,
		void **params, void **extra),
	(function, grid_x, grid_y, grid_z, block_x, block_y, block_z, shared_bytes, stream, params,
		extra))
{
	struct work work = { .kernel = { .grid = { grid_x, grid_y, grid_z },
				     .block = { block_x, block_y, block_z },
				     .shared_bytes = shared_bytes } };

	return launch(&work, function, stream, params, extra);
}

/* Events that a launch records; what the others ask for changes nothing here. */
static enum cu_status attributes(const struct cu_launch_config *config, bool record)
{
	const struct cu_launch_attribute *a = config->attributes;

	for (unsigned i = 0; i < config->attribute_count; i++, a++) {
		struct event *event;

		if (a->id < 0 || a->id > CU_LAUNCH_ATTRIBUTE_LAST)
			return CU_ERROR_INVALID_VALUE;
		if (a->id != CU_LAUNCH_PROGRAMMATIC_EVENT && a->id != CU_LAUNCH_COMPLETION_EVENT)
			continue;
		event = object_get(OBJECT_EVENT, a->event.event);
		if (!event)
			return CU_ERROR_INVALID_HANDLE;
		if (record)
			event->recorded = true;
	}
	return CU_OK;
}

FUNCTION_PTSZ(cuLaunchKernelEx,
	(const struct cu_launch_config *config, void *function, void **params, void **extra),
	(config, function, params, extra))
{
	struct work work = { 0 };
	enum cu_status status;

	if (!config || (config->attribute_count && !config->attributes))
		return CU_ERROR_INVALID_VALUE;
	status = attributes(config, false);
	if (status != CU_OK)
		return status;
	memcpy(work.kernel.grid, config->grid, sizeof(config->grid));
	memcpy(work.kernel.block, config->block, sizeof(config->block));
	work.kernel.shared_bytes = config->shared_bytes;
	status = launch(&work, function, config->stream, params, extra);
	if (status == CU_OK)
		attributes(config, !stream_get(config->stream)->capture);
	return status;
}

FUNCTION_PTSZ(cuLaunchCooperativeKernel,
	(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
		unsigned block_y, unsigned block_z, unsigned shared_bytes, void *stream,
		void **params),
	(function, grid_x, grid_y, grid_z, block_x, block_y, block_z, shared_bytes, stream, params))
{
	struct work work = { .kernel = { .grid = { grid_x, grid_y, grid_z },
				     .block = { block_x, block_y, block_z },
				     .shared_bytes = shared_bytes } };

	if ((uint64_t)grid_x * grid_y * grid_z > 512) /* all blocks run at once */
		return CU_ERROR_COOPERATIVE_TOO_LARGE;
	return launch(&work, function, stream, params, NULL);
}

/* One launch on each device: all or none of them. */
FUNCTION(cuLaunchCooperativeKernelMultiDevice,
	(struct cu_launch_params * list, unsigned count, unsigned flags), (list, count, flags))
{
	enum cu_status status = CU_OK;

	if (!list || !count || flags > 3)
		return CU_ERROR_INVALID_VALUE;
	for (unsigned i = 0; i < count; i++) {
		struct context *context = NULL;

		if (!object_get(OBJECT_STREAM, list[i].stream) ||
			!launchable(list[i].function, &context))
			return CU_ERROR_INVALID_HANDLE;
	}
	for (unsigned i = 0; status == CU_OK && i < count; i++) {
		struct work work = { 0 };

		memcpy(work.kernel.grid, list[i].grid, sizeof(list[i].grid));
		memcpy(work.kernel.block, list[i].block, sizeof(list[i].block));
		work.kernel.shared_bytes = list[i].shared_bytes;
		status = launch(&work, list[i].function, list[i].stream, list[i].params, NULL);
	}
	return status;
}

/*
 * A real driver calls the function from a thread of its own; here it is called before
 * cuLaunchHostFunc returns, by the calling thread.
 */
static enum cu_status launch_host(void *handle, void (*function)(void *), void *data)
{
	struct work work = { .type = CU_NODE_HOST, .host = { function, data } };
	struct stream *stream = stream_get(handle);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	return function ? work_submit(stream, &work) : CU_ERROR_INVALID_VALUE;
}

FUNCTION_PTSZ(cuLaunchHostFunc, (void *handle, void (*function)(void *), void *data),
	(handle, function, data))
{
	return launch_host(handle, function, data);
}

FUNCTION_PTSZ(cuLaunchHostFunc_v2,
	(void *handle, void (*function)(void *), void *data, unsigned waiting),
	(handle, function, data, waiting))
{
	return waiting > 1 ? CU_ERROR_INVALID_VALUE : launch_host(handle, function, data);
}

/* A function of a later CUDA that launches. */
FUNCTION(cuTomorrowLaunch, (void *stream, void *function), (stream, function))
{
	struct work work = { .kernel = { .grid = { 1, 1, 1 }, .block = { 1, 1, 1 } } };

	return launch(&work, function, stream, NULL, NULL);
}

struct callback {
	void (*function)(void *stream, int status, void *data);
	void *stream, *data;
	int status;
};

static void call_back(void *data)
{
	struct callback *callback = data;

	callback->function(callback->stream, callback->status, callback->data);
}

FUNCTION_PTSZ(cuStreamAddCallback,
	(void *handle, void (*function)(void *, int, void *), void *data, unsigned flags),
	(handle, function, data, flags))
{
	struct callback callback = { function, handle, data, CU_OK };
	struct stream *stream = stream_get(handle);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (!function || flags)
		return CU_ERROR_INVALID_VALUE;
	if (stream->capture || stream->cig)
		return capture_forbids_waiting(stream);
	callback.status = stream->context->pending;
	call_out(call_back, &callback);
	return CU_OK;
}

/* The first CUDA's way to launch: everything is set in the function, piece by piece. */

FUNCTION(cuFuncSetBlockShape, (void *handle, int x, int y, int z), (handle, x, y, z))
{
	struct function *function = object_get(OBJECT_FUNCTION, handle);

	if (!function)
		return CU_ERROR_INVALID_HANDLE;
	function->block[0] = (unsigned)x;
	function->block[1] = (unsigned)y;
	function->block[2] = (unsigned)z;
	return CU_OK;
}

FUNCTION(cuFuncSetSharedSize, (void *handle, unsigned bytes), (handle, bytes))
{
	struct function *function = object_get(OBJECT_FUNCTION, handle);

	if (!function)
		return CU_ERROR_INVALID_HANDLE;
	function->shared_bytes = bytes;
	return CU_OK;
}

FUNCTION(cuParamSetSize, (void *handle, unsigned bytes), (handle, bytes))
{
	struct function *function = object_get(OBJECT_FUNCTION, handle);

	if (!function)
		return CU_ERROR_INVALID_HANDLE;
	return bytes <= sizeof(function->params) ? CU_OK : CU_ERROR_INVALID_VALUE;
}

static enum cu_status set_param(void *handle, int offset, const void *value, size_t bytes)
{
	struct function *function = object_get(OBJECT_FUNCTION, handle);

	if (!function)
		return CU_ERROR_INVALID_HANDLE;
	if (offset < 0 || bytes > sizeof(function->params) ||
		(size_t)offset > sizeof(function->params) - bytes || !value)
		return CU_ERROR_INVALID_VALUE;
	memcpy(function->params + offset, value, bytes);
	return CU_OK;
}

FUNCTION(cuParamSeti, (void *function, int offset, unsigned value), (function, offset, value))
{
	return set_param(function, offset, &value, sizeof(value));
}

FUNCTION(cuParamSetf, (void *function, int offset, float value), (function, offset, value))
{
	return set_param(function, offset, &value, sizeof(value));
}

FUNCTION(cuParamSetv, (void *function, int offset, void *value, unsigned bytes),
	(function, offset, value, bytes))
{
	return set_param(function, offset, value, bytes);
}

static enum cu_status launch_old(void *handle, int width, int height, void *stream)
{
	struct function *function = object_get(OBJECT_FUNCTION, handle);
	struct work work = { .kernel = { .grid = { (unsigned)width, (unsigned)height, 1 } } };
	size_t size = sizeof(function->params);
	void *extra[] = { CU_EXTRA_BUFFER, NULL, CU_EXTRA_SIZE, &size, CU_EXTRA_END };

	if (!function)
		return CU_ERROR_INVALID_HANDLE;
	memcpy(work.kernel.block, function->block, sizeof(function->block));
	work.kernel.shared_bytes = function->shared_bytes;
	extra[1] = function->params;
	return launch(&work, handle, stream, NULL, extra);
}

FUNCTION(cuLaunch, (void *function), (function))
{
	return launch_old(function, 1, 1, NULL);
}

FUNCTION(cuLaunchGrid, (void *function, int width, int height), (function, width, height))
{
	return launch_old(function, width, height, NULL);
}

FUNCTION(cuLaunchGridAsync, (void *function, int width, int height, void *stream),
	(function, width, height, stream))
{
	return launch_old(function, width, height, stream);
}
