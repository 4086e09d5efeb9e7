/* SPDX-License-Identifier: MIT */
/* Events. */
#include "stream.h"
#include "capture.h"
#include "context.h"
#include "export.h"
#include "graph.h"
#include "ledger.h"

#include <string.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct capture *event_capture(const struct event *event)
{
	struct capture *capture = event->capture;

	if (!capture || capture->object.kind != OBJECT_CAPTURE ||
		capture->object.generation != event->capture_generation)
		return NULL;
	return capture;
}

FUNCTION(cuEventCreate, (void **out, unsigned flags), (out, flags))
{
	struct event *event;

	if (!out || flags > 7)
		return CU_ERROR_INVALID_VALUE;
	event = object_new(OBJECT_EVENT);
	if (!event)
		return CU_ERROR_OUT_OF_MEMORY;
	event->context = context_current();
	event->flags = flags;
	*out = event;
	return CU_OK;
}

FUNCTION(cuEventDestroy_v2, (void *handle), (handle))
{
	struct event *event = object_get(OBJECT_EVENT, handle);

	if (!event)
		return CU_ERROR_INVALID_HANDLE;
	nodes_clear(&event->nodes);
	object_free(event);
	return CU_OK;
}

ALIAS(cuEventDestroy, cuEventDestroy_v2, (void *handle), (handle))

static void done_now(struct event *event)
{
	event->recorded = true;
	event->time_ns = now_ns();
	event->not_ready = (unsigned)sim_setting("SIM_NOT_READY", 0);
}

static enum cu_status record(void *handle, void *stream_handle, unsigned flags)
{
	struct event *event = object_get(OBJECT_EVENT, handle);
	struct stream *stream = stream_get(stream_handle);
	struct work work = { .type = CU_NODE_EVENT_RECORD };

	if (!event || !stream || event->context != stream->context)
		return CU_ERROR_INVALID_HANDLE;
	if (flags > 1)
		return CU_ERROR_INVALID_VALUE;
	work.event = event;
	if (stream->capture && flags) /* external: a node of its own */
		return capture_add(stream, &work);
	event->capture = stream->capture;
	if (stream->capture) {
		if (stream->capture->invalid)
			return CU_ERROR_CAPTURE_INVALIDATED;
		event->capture_generation = stream->capture->object.generation;
		event->source = stream;
		if (!nodes_set(&event->nodes, stream->tail.all, stream->tail.count))
			return CU_ERROR_OUT_OF_MEMORY;
		return CU_OK;
	}
	done_now(event);
	return CU_OK;
}

FUNCTION_PTSZ(cuEventRecord, (void *event, void *stream), (event, stream))
{
	return record(event, stream, 0);
}

FUNCTION_PTSZ(
	cuEventRecordWithFlags, (void *event, void *stream, unsigned flags), (event, stream, flags))
{
	return record(event, stream, flags);
}

FUNCTION(cuEventQuery, (void *handle), (handle))
{
	struct event *event = object_get(OBJECT_EVENT, handle);

	if (!event)
		return CU_ERROR_INVALID_HANDLE;
	if (event_capture(event))
		return CU_ERROR_CAPTURED_EVENT;
	if (event->not_ready) {
		event->not_ready--;
		return CU_ERROR_NOT_READY;
	}
	/* An event that was never recorded is done, and says nothing about the work. */
	return event->recorded ? context_synchronise(event->context) : CU_OK;
}

FUNCTION(cuEventSynchronize, (void *handle), (handle))
{
	struct event *event = object_get(OBJECT_EVENT, handle);
	enum cu_status status = CU_OK;

	if (!event)
		return CU_ERROR_INVALID_HANDLE;
	if (event_capture(event))
		return CU_ERROR_CAPTURED_EVENT;
	if (event->recorded)
		status = context_synchronise(event->context);
	if (status == CU_OK) {
		event->not_ready = 0;
		ledger_add("syncs", 1);
	}
	return status;
}

static enum cu_status elapsed(float *milliseconds, void *start_handle, void *end_handle)
{
	struct event *start = object_get(OBJECT_EVENT, start_handle);
	struct event *end = object_get(OBJECT_EVENT, end_handle);

	if (!milliseconds)
		return CU_ERROR_INVALID_VALUE;
	if (!start || !end || !start->recorded || !end->recorded || (start->flags | end->flags) & 2)
		return CU_ERROR_INVALID_HANDLE; /* 2: made without timing */
	if (start->not_ready || end->not_ready)
		return CU_ERROR_NOT_READY;
	*milliseconds = (float)((double)(int64_t)(end->time_ns - start->time_ns) / 1e6);
	return CU_OK;
}

FUNCTION(cuEventElapsedTime, (float *milliseconds, void *start, void *end),
	(milliseconds, start, end))
{
	return elapsed(milliseconds, start, end);
}

FUNCTION(cuEventElapsedTime_v2, (float *milliseconds, void *start, void *end),
	(milliseconds, start, end))
{
	return elapsed(milliseconds, start, end);
}

static bool same_nodes(const struct node_list *one, const struct node_list *other)
{
	return one->count == other->count &&
	       (!one->count || !memcmp(one->all, other->all, one->count * sizeof(*one->all)));
}

static enum cu_status join_capture(struct stream *stream, struct event *event)
{
	struct capture *capture = event_capture(event);

	if (!capture) {
		if (!stream->capture)
			return CU_OK; /* what the event stands for has been done */
		stream->capture->invalid = true;
		return CU_ERROR_CAPTURE_ISOLATION;
	}
	if (stream->capture && stream->capture != capture) {
		stream->capture->invalid = capture->invalid = true;
		return CU_ERROR_CAPTURE_MERGE;
	}
	if (!stream->capture) {
		stream->capture = capture;
		nodes_clear(&stream->tail);
		stream->unjoined = true; /* until the origin waits for it */
	}
	if (event->source->capture == capture && event->source != stream &&
		same_nodes(&event->source->tail, &event->nodes))
		event->source->unjoined = false; /* else it went on after the event */
	for (size_t i = 0; i < event->nodes.count; i++)
		if (!nodes_add(&stream->tail, event->nodes.all[i]))
			return CU_ERROR_OUT_OF_MEMORY;
	return CU_OK;
}

FUNCTION_PTSZ(cuStreamWaitEvent, (void *handle, void *event_handle, unsigned flags),
	(handle, event_handle, flags))
{
	struct stream *stream = stream_get(handle);
	struct event *event = object_get(OBJECT_EVENT, event_handle);
	struct work work = { .type = CU_NODE_WAIT_EVENT };

	if (!stream || !event)
		return CU_ERROR_INVALID_HANDLE;
	if (flags > 1)
		return CU_ERROR_INVALID_VALUE;
	if (flags && stream->capture) {
		work.event = event;
		return capture_add(stream, &work);
	}
	return join_capture(stream, event);
}

/* Whole contexts, and green ones: none of their streams may be captured. */
static enum cu_status forbid_captures(const struct context *context)
{
	enum cu_status status = CU_OK;
	struct stream *stream = NULL;

	while ((stream = object_next(OBJECT_STREAM, stream))) {
		if (!stream->capture || !context_includes(context, stream->context))
			continue;
		stream->capture->invalid = true;
		status = CU_ERROR_CAPTURE_UNSUPPORTED;
	}
	return status;
}

static enum cu_status record_all(const struct context *context, struct event *event)
{
	enum cu_status status = forbid_captures(context);

	if (status == CU_OK) {
		event->capture = NULL;
		done_now(event);
	}
	return status;
}

static enum cu_status wait_all(const struct context *context, struct event *event)
{
	struct capture *capture = event_capture(event);

	if (!capture)
		return forbid_captures(context);
	capture->invalid = true;
	return CU_ERROR_CAPTURE_UNSUPPORTED;
}

FUNCTION(cuCtxRecordEvent, (void *handle, void *event_handle), (handle, event_handle))
{
	struct context *context = object_get(OBJECT_CONTEXT, handle);
	struct event *event = object_get(OBJECT_EVENT, event_handle);

	if (!context)
		return CU_ERROR_INVALID_CONTEXT;
	if (!event || event->context != context)
		return CU_ERROR_INVALID_HANDLE;
	return record_all(context, event);
}

FUNCTION(cuCtxWaitEvent, (void *handle, void *event_handle), (handle, event_handle))
{
	struct context *context = object_get(OBJECT_CONTEXT, handle);
	struct event *event = object_get(OBJECT_EVENT, event_handle);

	if (!context)
		return CU_ERROR_INVALID_CONTEXT;
	return event ? wait_all(context, event) : CU_ERROR_INVALID_HANDLE;
}

FUNCTION(cuGreenCtxRecordEvent, (void *handle, void *event_handle), (handle, event_handle))
{
	struct green *green = object_get(OBJECT_GREEN, handle);
	struct event *event = object_get(OBJECT_EVENT, event_handle);

	if (!green)
		return CU_ERROR_INVALID_CONTEXT;
	if (!event || context_primary(event->context) != context_primary(green->context))
		return CU_ERROR_INVALID_HANDLE;
	return record_all(green->context, event);
}

FUNCTION(cuGreenCtxWaitEvent, (void *handle, void *event_handle), (handle, event_handle))
{
	struct green *green = object_get(OBJECT_GREEN, handle);
	struct event *event = object_get(OBJECT_EVENT, event_handle);

	if (!green)
		return CU_ERROR_INVALID_CONTEXT;
	return event ? wait_all(green->context, event) : CU_ERROR_INVALID_HANDLE;
}
