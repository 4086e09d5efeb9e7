/* SPDX-License-Identifier: MIT */
/* Streams and events, and the calls that wait for them. */
#include "lanes.h"

/* Of this view, one that was made; NULL: there is none. */
static void *made_stream(const struct view *view)
{
	return view->streams[below(STREAMS)];
}

void *any_stream(void)
{
	struct view *view = current();

	if (view->capturing && chance(2))
		return view->capturing_too && chance(3) ? view->capturing_too : view->capturing;
	switch (below(6)) {
	case 0:
		return CU_STREAM_HANDLE_LEGACY;
	case 1:
		return CU_STREAM_HANDLE_PER_THREAD;
	case 2:
		return NULL;
	default:
		return made_stream(view);
	}
}

bool is_captured(void *stream, bool per_thread)
{
	const struct view *view = current();

	if (!stream && per_thread)
		stream = CU_STREAM_HANDLE_PER_THREAD;
	/* This handle means another stream in each thread. */
	if (stream == CU_STREAM_HANDLE_PER_THREAD && !pthread_equal(view->capturer, pthread_self()))
		return false;
	return stream && (stream == view->capturing || stream == view->capturing_too);
}

static void synchronise_other(void)
{
	struct view *view = any_view();
	void *stream = view ? made_stream(view) : NULL;

	if (!view || !world.foreign)
		return;
	if (chance(2)) {
		if (CALL(cuCtxSynchronize_v2, view->context->handle))
			return;
		context_confirm(view->context);
	} else if (stream && !CALL(cuStreamSynchronize, stream)) {
		stream_confirm(view, stream, false);
	}
}

void step_synchronise(void)
{
	struct view *view = current();
	void *stream = any_stream();
	bool twin = chance(3), all = false;
	int status;

	switch (below(6)) {
	case 0:
		twin = false;
		status = CALL(cuStreamQuery, stream);
		break;
	case 1:
		status = CALL_PTSZ(twin, cuStreamQuery, stream);
		break;
	case 2:
		status = CALL_PTSZ(twin, cuStreamSynchronize, stream);
		break;
	case 3:
		all = true;
		status = CALL(cuCtxSynchronize_v2, NULL);
		break;
	case 4:
		synchronise_other();
		return;
	default:
		all = true;
		status = CALL(cuCtxSynchronize);
	}
	if (status)
		return;
	if (all)
		context_confirm(view->context);
	else
		stream_confirm(view, stream, twin);
}

void stream_gone(struct view *view, unsigned i)
{
	if (view->lanes[i]) {
		view->lanes[i]->ended = true;
		past_clear(&view->lanes[i]->follows);
	}
	view->lanes[i] = NULL;
	view->streams[i] = NULL;
}

void step_stream(void)
{
	struct view *view = current();
	unsigned i = below(STREAMS);
	void **stream = &view->streams[i];
	/* Others must not disturb a capture of this thread by what they put into the default one.
	 */
	unsigned flags = view->context->shared ? 1 : below(2);

	if (!*stream) {
		if (chance(3) ? CALL(cuStreamCreateWithPriority, stream, flags, -1)
			      : CALL(cuStreamCreate, stream, flags))
			*stream = NULL;
		view->blocking[i] = !flags;
	} else if (*stream != view->capturing && *stream != view->capturing_too && chance(3)) {
		if (!(chance(3) ? CALL(cuStreamDestroy, *stream)
				: CALL(cuStreamDestroy_v2, *stream))) {
			stream_gone(view, i);
		}
	}
}

/* Never so that a stream comes into a capture by it. */
static void wait_for_event(void)
{
	struct view *view = current(), *other = world.foreign && chance(2) ? any_view() : view;
	void *stream = any_stream();
	bool twin = chance(3);
	unsigned i = below(EVENTS);
	struct lane *lane;

	if (!other || view->capturing || !other->events[i].recorded || !other->events[i].handle)
		return;
	lane = lane_of(view, stream, twin);
	/* What others wait for when they wait for a context that is everybody's, they do not know.
	 */
	if (!lane && other->events[i].past.n)
		return;
	if (!CALL_PTSZ(twin, cuStreamWaitEvent, stream, other->events[i].handle, 0) && lane)
		past_add_all(&lane->follows, &other->events[i].past);
}

/* An event that was recorded, if it was. It takes `now` over. */
static void stands_for(int status, bool *recorded, struct past *past, struct past *now)
{
	if (status) {
		past_clear(now);
		return;
	}
	*recorded = true;
	past_clear(past);
	*past = *now;
}

static void record(void *event, bool *recorded, struct past *past)
{
	struct view *view = current();
	void *stream = any_stream();
	bool twin = chance(3);
	struct past now = { 0 };
	int status;

	if (view->capturing)
		return;
	stream_past(&now, view, stream, twin);
	status = chance(3) ? CALL_PTSZ(twin, cuEventRecordWithFlags, event, stream, 0)
			   : CALL_PTSZ(twin, cuEventRecord, event, stream);
	stands_for(status, recorded, past, &now);
}

static bool captures(void)
{
	for (int i = 0; i < VIEWS; i++)
		if (self->views[i].capturing)
			return true;
	return false;
}

/* All that a context has to do, or has still to do when the event is over. */
static void use_whole(void *event, bool *recorded, struct past *past)
{
	struct context *context = current()->context;
	struct past now = { 0 };
	bool green = context->green && chance(2);
	int status;

	if (context->shared || captures())
		return;
	if (chance(3)) {
		if (!*recorded || (green ? CALL(cuGreenCtxWaitEvent, context->green, event)
					 : CALL(cuCtxWaitEvent, context->handle, event)))
			return;
		past_add_all(&context->follows, past);
		return;
	}
	context_past(&now, context);
	status = green ? CALL(cuGreenCtxRecordEvent, context->green, event)
		       : CALL(cuCtxRecordEvent, context->handle, event);
	stands_for(status, recorded, past, &now);
}

static void use_event(unsigned i)
{
	struct view *view = current();
	void *event = view->events[i].handle;
	unsigned other = below(EVENTS);
	float time = 0;

	switch (below(6)) {
	case 5:
		use_whole(event, &view->events[i].recorded, &view->events[i].past);
		break;
	case 0:
		if (!CALL(cuEventQuery, event))
			past_confirm(&view->events[i].past);
		break;
	case 1:
		if (!CALL(cuEventSynchronize, event))
			past_confirm(&view->events[i].past);
		break;
	case 2:
		if (!view->events[other].handle ||
			(chance(2) ? CALL(cuEventElapsedTime, &time, event,
					     view->events[other].handle)
				   : CALL(cuEventElapsedTime_v2, &time, event,
					     view->events[other].handle)))
			break;
		past_confirm(&view->events[i].past);
		past_confirm(&view->events[other].past);
		break;
	case 3:
		wait_for_event();
		break;
	default:
		record(event, &view->events[i].recorded, &view->events[i].past);
	}
}

void step_event(void)
{
	struct view *view = current();
	unsigned i = below(EVENTS);

	if (!view->events[i].handle) {
		view->events[i].recorded = false;
		past_clear(&view->events[i].past);
		if (CALL(cuEventCreate, &view->events[i].handle, 0))
			view->events[i].handle = NULL;
	} else if (chance(8)) {
		if (!(chance(3) ? CALL(cuEventDestroy, view->events[i].handle)
				: CALL(cuEventDestroy_v2, view->events[i].handle)))
			view->events[i].handle = NULL;
	} else {
		use_event(i);
	}
}
