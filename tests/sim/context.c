/* SPDX-License-Identifier: MIT */
/* Contexts: the current one of a thread, and what may be asked of one. */
#include "context.h"
#include "capture.h"
#include "export.h"
#include "ledger.h"
#include "memory.h"
#include "module.h"
#include "stream.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

__thread struct thread this_thread STATIC_TLS;

uint64_t thread_id(void)
{
	return (uint64_t)syscall(SYS_gettid);
}

struct context *context_current(void)
{
	struct context *context;

	if (!this_thread.depth)
		return NULL;
	context = this_thread.stack[this_thread.depth - 1].context;
	if (!context || context->object.kind != OBJECT_CONTEXT ||
		context->object.generation != this_thread.stack[this_thread.depth - 1].generation)
		return NULL;
	return context;
}

enum cu_status context_none(void)
{
	if (this_thread.depth && this_thread.stack[this_thread.depth - 1].context)
		return CU_ERROR_CONTEXT_IS_DESTROYED;
	return CU_ERROR_INVALID_CONTEXT;
}

void context_fault(struct context *context, enum cu_status status)
{
	if (!context->pending && !context->fault)
		context->pending = status;
	ledger_add("faults", 1);
}

enum cu_status context_synchronise(struct context *context)
{
	if (context->pending) {
		context->fault = context->pending;
		context->pending = CU_OK;
	}
	return context->fault;
}

struct context *context_new(struct device *device, unsigned flags)
{
	static uint64_t last_id;
	struct context *context = object_new(OBJECT_CONTEXT);

	if (!context)
		return NULL;
	context->legacy = object_new(OBJECT_STREAM);
	if (!context->legacy) {
		object_free(context);
		return NULL;
	}
	context->legacy->context = context;
	context->legacy->id = 1;
	context->device = device;
	context->flags = flags;
	context->version = 3020;
	context->id = ++last_id;
	context->limits[0] = 1024;    /* stack */
	context->limits[1] = 1 << 20; /* printf buffer */
	context->limits[2] = 8 << 20; /* heap */
	context->limits[3] = 2;
	context->limits[4] = 2048;
	context->limits[5] = 128;
	return context;
}

void context_end(struct context *context)
{
	struct stream *stream = NULL;
	struct event *event = NULL;

	module_context_ended(context);
	array_context_ended(context);
	memory_context_ended(context);
	while ((stream = object_next(OBJECT_STREAM, stream)))
		if (stream->context == context)
			stream_free(stream);
	while ((event = object_next(OBJECT_EVENT, event)))
		if (event->context == context) {
			nodes_clear(&event->nodes);
			object_free(event);
		}
	object_free(context);
}

static enum cu_status push(struct context *context)
{
	if (this_thread.depth == CONTEXT_DEPTH)
		return CU_ERROR_OUT_OF_MEMORY;
	this_thread.stack[this_thread.depth].context = context;
	this_thread.stack[this_thread.depth++].generation = context->object.generation;
	return CU_OK;
}

enum cu_status context_create(void **out, unsigned flags, cu_device ordinal)
{
	struct device *device = device_get(ordinal);
	struct context *context;
	enum cu_status status;

	if (!out)
		return CU_ERROR_INVALID_VALUE;
	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	context = context_new(device, flags);
	if (!context)
		return CU_ERROR_OUT_OF_MEMORY;
	status = push(context);
	if (status != CU_OK)
		context_end(context);
	else
		*out = context;
	return status;
}

FUNCTION(cuCtxCreate_v2, (void **out, unsigned flags, cu_device device), (out, flags, device))
{
	return context_create(out, flags, device);
}

ALIAS(cuCtxCreate, cuCtxCreate_v2, (void **out, unsigned flags, cu_device device),
	(out, flags, device))

FUNCTION(cuCtxCreate_v3,
	(void **out, void *affinities, int count, unsigned flags, cu_device device),
	(out, affinities, count, flags, device))
{
	return affinities || count ? CU_ERROR_NOT_SUPPORTED : context_create(out, flags, device);
}

FUNCTION(cuCtxCreate_v4, (void **out, void *params, unsigned flags, cu_device device),
	(out, params, flags, device))
{
	(void)params; /* execution affinity and graphics: nothing to simulate */
	return context_create(out, flags, device);
}

FUNCTION(cuCtxDestroy_v2, (void *handle), (handle))
{
	struct context *context = object_get(OBJECT_CONTEXT, handle);

	if (!context || context->primary || context->green)
		return CU_ERROR_INVALID_CONTEXT;
	if (context_current() == context)
		this_thread.depth--;
	context_end(context);
	return CU_OK;
}

ALIAS(cuCtxDestroy, cuCtxDestroy_v2, (void *handle), (handle))

/* One more cuCtxDetach until the current context ends. */
FUNCTION(cuCtxAttach, (void **out, unsigned flags), (out, flags))
{
	if (!out || flags)
		return CU_ERROR_INVALID_VALUE;
	*out = context_current();
	context_current()->attached++;
	return CU_OK;
}

FUNCTION(cuCtxDetach, (void *handle), (handle))
{
	struct context *context = object_get(OBJECT_CONTEXT, handle);

	if (!context || !context->attached)
		return body_cuCtxDestroy_v2(handle);
	context->attached--;
	return CU_OK;
}

FUNCTION(cuCtxPushCurrent_v2, (void *handle), (handle))
{
	struct context *context = object_get(OBJECT_CONTEXT, handle);

	return context ? push(context) : CU_ERROR_INVALID_CONTEXT;
}

ALIAS(cuCtxPushCurrent, cuCtxPushCurrent_v2, (void *handle), (handle))

FUNCTION(cuCtxPopCurrent_v2, (void **out), (out))
{
	if (!this_thread.depth)
		return CU_ERROR_INVALID_CONTEXT;
	if (out)
		*out = context_current();
	this_thread.depth--;
	return CU_OK;
}

ALIAS(cuCtxPopCurrent, cuCtxPopCurrent_v2, (void **out), (out))

FUNCTION(cuCtxSetCurrent, (void *handle), (handle))
{
	struct context *context = object_get(OBJECT_CONTEXT, handle);

	if (handle && !context)
		return CU_ERROR_INVALID_CONTEXT;
	if (this_thread.depth)
		this_thread.depth--;
	return handle ? push(context) : CU_OK;
}

FUNCTION(cuCtxGetCurrent, (void **out), (out))
{
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	*out = context_current();
	return CU_OK;
}

FUNCTION(cuCtxGetDevice, (cu_device * device), (device))
{
	struct context *context = context_current();

	if (!context)
		return context_none();
	if (!device)
		return CU_ERROR_INVALID_VALUE;
	*device = context->device->ordinal;
	return CU_OK;
}

FUNCTION(cuCtxGetDevice_v2, (cu_device * device, void *handle), (device, handle))
{
	struct context *context = handle ? object_get(OBJECT_CONTEXT, handle) : context_current();

	if (!context)
		return CU_ERROR_INVALID_CONTEXT;
	if (!device)
		return CU_ERROR_INVALID_VALUE;
	*device = context->device->ordinal;
	return CU_OK;
}

const struct context *context_primary(const struct context *context)
{
	return context->green ? context->device->primary : context;
}

bool context_includes(const struct context *context, const struct context *other)
{
	return other == context ||
	       (context->primary && other->green && other->device == context->device);
}

static enum cu_status synchronise(struct context *context)
{
	enum cu_status status = capture_forbids_waiting(NULL);
	struct context *other = NULL;
	struct stream *stream = NULL;

	while (status == CU_OK && (other = object_next(OBJECT_CONTEXT, other)))
		if (context_includes(context, other))
			status = context_synchronise(other);
	while (status == CU_OK && (stream = object_next(OBJECT_STREAM, stream)))
		if (context_includes(context, stream->context))
			stream->not_ready = 0;
	if (status == CU_OK)
		ledger_add("syncs", 1);
	return status;
}

FUNCTION(cuCtxSynchronize, (void), ())
{
	return synchronise(context_current());
}

FUNCTION(cuCtxSynchronize_v2, (void *handle), (handle))
{
	struct context *context = handle ? object_get(OBJECT_CONTEXT, handle) : context_current();

	return context ? synchronise(context) : CU_ERROR_INVALID_CONTEXT;
}
