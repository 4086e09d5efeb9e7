/* SPDX-License-Identifier: MIT */
/*
 * Synchronisation: what tells that kernels have finished.
 *
 * A kernel is confirmed when a call succeeds that waits for its stream and was begun after the
 * launch, or that waits for an event which was recorded after it. So kernels are added up before
 * the call, and confirmed after it.
 */
#include "sync.h"

#include <stddef.h>

#include "../cuda/abi.h"
#include "capture.h"
#include "context_calls.h"
#include "contexts.h"
#include "note.h"
#include "observers.h"
#include "streams.h"
#include "waits.h"

static void wait_for(struct frame *frame, void *stream)
{
	struct context *context = stream_context(stream);

	stream = capture_stream(frame->hook, stream);
	note_of(frame)->waited =
		wait_for_stream(context, stream_lane(context, stream), stream_key(context, stream));
}

void sync_before(struct frame *frame)
{
	wait_for(frame, NULL);
}

void sync_after(struct frame *frame, int status)
{
	if (status)
		wait_in_vain(&note_of(frame)->waited);
	else
		wait_is_over(&note_of(frame)->waited);
}

static void before_stream(struct frame *frame)
{
	wait_for(frame, ARGUMENT(frame, 0, void *));
}

static void before_current(struct frame *frame)
{
	note_of(frame)->waited = wait_for_context(context_current());
}

/* cuCtxSynchronize_v2 (CUDA 13) is told which context; NULL: the current one. */
static void before_context(struct frame *frame)
{
	void *handle = ARGUMENT(frame, 0, void *);

	note_of(frame)->waited = wait_for_context(handle ? context_of(handle) : context_current());
}

static void before_event(struct frame *frame)
{
	note_of(frame)->waited = wait_for_events(ARGUMENT(frame, 0, void *), NULL);
}

/* cuEventElapsedTime(milliseconds *, start, end) succeeds when both are finished. */
static void before_elapsed(struct frame *frame)
{
	note_of(frame)->waited =
		wait_for_events(ARGUMENT(frame, 1, void *), ARGUMENT(frame, 2, void *));
}

/* cuEventRecord(event, stream): kernels that come meanwhile may come too late. */
static void before_record(struct frame *frame)
{
	wait_for(frame, ARGUMENT(frame, 1, void *));
}

/* One that is recorded into a graph is not recorded now. */
static void after_record(struct frame *frame, int status)
{
	void *stream = capture_stream(frame->hook, ARGUMENT(frame, 1, void *));

	if (status || capture_recorded(NULL, stream))
		wait_in_vain(&note_of(frame)->waited);
	else
		event_recorded(ARGUMENT(frame, 0, void *), stream_context(stream),
			&note_of(frame)->waited);
}

/* cuStreamWaitEvent(stream, event, flags) waits for the event as it was recorded last. */
static void before_wait_event(struct frame *frame)
{
	note_of(frame)->follows.past = wait_for_events(ARGUMENT(frame, 1, void *), NULL).past;
	note_of(frame)->follows.may_join = capture_join_begins();
}

static void after_wait_event(struct frame *frame, int status)
{
	void *stream = capture_stream(frame->hook, ARGUMENT(frame, 0, void *));
	struct waited waited = { .past = note_of(frame)->follows.past, .kernels = WAITED_PAST };
	struct context *context = NULL;

	if (note_of(frame)->follows.may_join)
		capture_join_ends();
	if (!waited.past)
		return;
	if (!status && !capture_recorded(NULL, stream))
		context = stream_context(stream);
	if (context)
		stream_follows(&(struct follower){ stream_key(context, stream), context,
				       stream_blocks(context, stream) },
			&waited);
	else
		wait_in_vain(&waited);
}

/* cuCtxRecordEvent(context, event): of all that the context has to do. */
static struct context *whole(const struct frame *frame)
{
	const void *handle = ARGUMENT(frame, 0, const void *);

	return frame->hook->observer->green ? context_of_green(handle) : context_of(handle);
}

static void before_record_all(struct frame *frame)
{
	note_of(frame)->waited = wait_for_context(whole(frame));
}

static void after_record_all(struct frame *frame, int status)
{
	if (status)
		wait_in_vain(&note_of(frame)->waited);
	else
		event_recorded(ARGUMENT(frame, 1, void *), whole(frame), &note_of(frame)->waited);
}

/* cuCtxWaitEvent(context, event) */
static void before_wait_all(struct frame *frame)
{
	note_of(frame)->past = wait_for_events(ARGUMENT(frame, 1, void *), NULL).past;
}

static void after_wait_all(struct frame *frame, int status)
{
	struct waited waited = { .past = note_of(frame)->past, .kernels = WAITED_PAST };
	struct context *context = whole(frame);

	if (!waited.past)
		return;
	if (status || !context)
		wait_in_vain(&waited);
	else
		context_follows(context, &waited);
}

/* A handle that is given out again stands for nothing yet. */
static void before_event_destroy(struct frame *frame)
{
	note_of(frame)->past = event_forget(ARGUMENT(frame, 0, void *));
}

static void after_event_destroy(struct frame *frame, int status)
{
	if (status && note_of(frame)->past)
		event_remember(ARGUMENT(frame, 0, void *), note_of(frame)->past);
	else
		past_free(note_of(frame)->past);
}

const struct observer sync_observers[] = {
	{ "cuCtxSynchronize", before_current, sync_after },
	{ "cuCtxSynchronize_v2", before_context, sync_after },
	{ "cuStreamSynchronize", before_stream, sync_after },
	{ "cuStreamQuery", before_stream, sync_after },
	{ "cuStreamWaitEvent", before_wait_event, after_wait_event },
	{ "cuCtxWaitEvent", before_wait_all, after_wait_all },
	{ "cuGreenCtxWaitEvent", before_wait_all, after_wait_all, .green = true },
	{ "cuCtxRecordEvent", before_record_all, after_record_all },
	{ "cuGreenCtxRecordEvent", before_record_all, after_record_all, .green = true },
	{ "cuEventRecord", before_record, after_record },
	{ "cuEventRecordWithFlags", before_record, after_record },
	{ "cuEventSynchronize", before_event, sync_after },
	{ "cuEventQuery", before_event, sync_after },
	{ "cuEventElapsedTime", before_elapsed, sync_after },
	{ "cuEventElapsedTime_v2", before_elapsed, sync_after },
	{ "cuEventDestroy", before_event_destroy, after_event_destroy },
	{ "cuEventDestroy_v2", before_event_destroy, after_event_destroy },
	{ NULL },
};
