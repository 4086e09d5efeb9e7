/* SPDX-License-Identifier: MIT */
/* Streams. What is put into one is done at once. */
#include "stream.h"
#include "capture.h"
#include "export.h"
#include "ledger.h"

#include <string.h>

static uint64_t last_id = 2; /* 1 and 2 are the default streams' */

/* This thread's default stream in the current context. */
static struct stream *own_stream(struct context *context)
{
	struct stream *stream = this_thread.own.stream;

	if (stream && stream->object.kind == OBJECT_STREAM &&
		stream->object.generation == this_thread.own.generation &&
		stream->context == context)
		return stream;
	stream = object_new(OBJECT_STREAM);
	if (!stream)
		return NULL;
	stream->context = context;
	stream->id = 2;
	this_thread.own.stream = stream;
	this_thread.own.generation = stream->object.generation;
	return stream;
}

struct stream *stream_get(void *handle)
{
	struct context *context = context_current();

	if (handle && handle != CU_STREAM_HANDLE_LEGACY && handle != CU_STREAM_HANDLE_PER_THREAD)
		return object_get(OBJECT_STREAM, handle);
	if (!context)
		return NULL;
	if (handle == CU_STREAM_HANDLE_PER_THREAD || (!handle && call_per_thread()))
		return own_stream(context);
	return context->legacy;
}

void stream_free(struct stream *stream)
{
	nodes_clear(&stream->tail);
	object_free(stream);
}

void stream_touched(struct stream *stream)
{
	stream->not_ready = (unsigned)sim_setting("SIM_NOT_READY", 0);
}

static enum cu_status create(void **out, unsigned flags, int priority, struct context *context)
{
	struct stream *stream;

	if (!out || flags > 1)
		return CU_ERROR_INVALID_VALUE;
	stream = object_new(OBJECT_STREAM);
	if (!stream)
		return CU_ERROR_OUT_OF_MEMORY;
	stream->context = context;
	stream->flags = flags;
	stream->priority = priority > 0 ? 0 : priority < -5 ? -5 : priority;
	stream->id = ++last_id;
	*out = stream;
	return CU_OK;
}

FUNCTION(cuStreamCreate, (void **out, unsigned flags), (out, flags))
{
	return create(out, flags, 0, context_current());
}

FUNCTION(cuStreamCreateWithPriority, (void **out, unsigned flags, int priority),
	(out, flags, priority))
{
	return create(out, flags, priority, context_current());
}

FUNCTION(cuGreenCtxStreamCreate, (void **out, void *handle, unsigned flags, int priority),
	(out, handle, flags, priority))
{
	struct green *green = object_get(OBJECT_GREEN, handle);
	enum cu_status status;

	if (!green)
		return CU_ERROR_INVALID_HANDLE;
	status = create(out, flags, priority, green->context);
	if (status == CU_OK)
		((struct stream *)*out)->green = green;
	return status;
}

FUNCTION(cuStreamDestroy_v2, (void *handle), (handle))
{
	struct stream *stream = object_get(OBJECT_STREAM, handle);

	if (!stream || stream == stream->context->legacy)
		return CU_ERROR_INVALID_HANDLE;
	if (stream->capture)
		stream->capture->invalid = true;
	stream_free(stream);
	return CU_OK;
}

ALIAS(cuStreamDestroy, cuStreamDestroy_v2, (void *handle), (handle))

FUNCTION_PTSZ(cuStreamSynchronize, (void *handle), (handle))
{
	struct stream *stream = stream_get(handle);
	enum cu_status status;

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	status = capture_forbids_waiting(stream);
	if (status == CU_OK)
		status = context_synchronise(stream->context);
	if (status == CU_OK) {
		stream->not_ready = 0;
		ledger_add("syncs", 1);
	}
	return status;
}

FUNCTION_PTSZ(cuStreamQuery, (void *handle), (handle))
{
	struct stream *stream = stream_get(handle);
	enum cu_status status;

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	status = capture_forbids_waiting(stream);
	if (status != CU_OK)
		return status;
	if (stream->not_ready) {
		stream->not_ready--;
		return CU_ERROR_NOT_READY;
	}
	return context_synchronise(stream->context);
}

/* A property of a stream, through a pointer. */
#define ASK(name, type, what)                                         \
	FUNCTION_PTSZ(name, (void *handle, type *out), (handle, out)) \
	{                                                             \
		struct stream *stream = stream_get(handle);           \
                                                                      \
		if (!stream)                                          \
			return CU_ERROR_INVALID_HANDLE;               \
		if (!out)                                             \
			return CU_ERROR_INVALID_VALUE;                \
		*out = what;                                          \
		return CU_OK;                                         \
	}

ASK(cuStreamGetPriority, int, stream->priority)
ASK(cuStreamGetFlags, unsigned, stream->flags)
ASK(cuStreamGetId, unsigned long long, stream->id)
ASK(cuStreamGetDevice, cu_device, stream->context->device->ordinal)
ASK(cuStreamGetCtx, void *, stream->context)

FUNCTION_PTSZ(
	cuStreamGetCtx_v2, (void *handle, void **context, void **green), (handle, context, green))
{
	struct stream *stream = stream_get(handle);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (!context || !green)
		return CU_ERROR_INVALID_VALUE;
	*context = stream->green ? stream->context->device->primary : stream->context;
	*green = stream->green;
	return CU_OK;
}

FUNCTION(cuStreamGetGreenCtx, (void *handle, void **green), (handle, green))
{
	struct stream *stream = stream_get(handle);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (!green)
		return CU_ERROR_INVALID_VALUE;
	*green = stream->green;
	return CU_OK;
}

FUNCTION_PTSZ(cuStreamAttachMemAsync,
	(void *handle, cu_pointer address, size_t bytes, unsigned flags),
	(handle, address, bytes, flags))
{
	(void)address, (void)bytes;
	if (!stream_get(handle))
		return CU_ERROR_INVALID_HANDLE;
	return flags == 1 || flags == 2 || flags == 4 ? CU_OK : CU_ERROR_INVALID_VALUE;
}

FUNCTION_PTSZ(cuStreamCopyAttributes, (void *to, void *from), (to, from))
{
	return stream_get(to) && stream_get(from) ? CU_OK : CU_ERROR_INVALID_HANDLE;
}

/* CUstreamAttrValue is 64 bytes; none is kept, so each is 0. */
FUNCTION_PTSZ(
	cuStreamGetAttribute, (void *handle, int number, void *value), (handle, number, value))
{
	if (!stream_get(handle))
		return CU_ERROR_INVALID_HANDLE;
	if (!value || number <= 0)
		return CU_ERROR_INVALID_VALUE;
	memset(value, 0, 64);
	return CU_OK;
}

FUNCTION_PTSZ(cuStreamSetAttribute, (void *handle, int number, const void *value),
	(handle, number, value))
{
	if (!stream_get(handle))
		return CU_ERROR_INVALID_HANDLE;
	return value && number > 0 ? CU_OK : CU_ERROR_INVALID_VALUE;
}
