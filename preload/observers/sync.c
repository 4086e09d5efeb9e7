/* SPDX-License-Identifier: MIT */
/*
 * Synchronisation: what tells that kernels have finished.
 *
 * A kernel is confirmed when a synchronising call of its context, begun after the launch, succeeds,
 * or one of an event that was recorded after it. So the context's kernels are added up before the
 * call, and confirmed after it.
 */
#include "sync.h"

#include <stddef.h>

#include "../cuda/abi.h"
#include "capture.h"
#include "contexts.h"
#include "note.h"
#include "observers.h"
#include "streams.h"
#include "waits.h"

static void remember(struct frame *frame, struct context *context, struct past *past)
{
	union note *note = note_of(frame);

	if (past) {
		note->waits.past = past;
		note->waits.kernels = WAITS_FOR_PAST;
		return;
	}
	note->waits.context = context;
	note->waits.kernels = context ? context_kernels(context) : 0;
}

static void wait_for(struct frame *frame, void *stream)
{
	struct context *context = stream_context(stream);

	remember(frame, context, wait_for_stream(stream_key(frame->hook, stream), context));
}

void sync_before(struct frame *frame)
{
	wait_for(frame, NULL);
}

void sync_after(struct frame *frame, int status)
{
	union note *note = note_of(frame);

	if (note->waits.kernels == WAITS_FOR_PAST) {
		if (!status)
			wait_succeeded(note->waits.past);
		wait_free(note->waits.past);
	} else if (!status && note->waits.context) {
		context_confirm(note->waits.context, note->waits.kernels);
	}
}

static void before_stream(struct frame *frame)
{
	wait_for(frame, ARGUMENT(frame, 0, void *));
}

static void before_current(struct frame *frame)
{
	struct context *context = context_current();

	remember(frame, context, wait_for_context(context));
}

/* cuCtxSynchronize_v2 (CUDA 13) is told which context; NULL: the current one. */
static void before_context(struct frame *frame)
{
	void *handle = ARGUMENT(frame, 0, void *);
	struct context *context = handle ? context_of(handle) : context_current();

	remember(frame, context, wait_for_context(context));
}

static void before_event(struct frame *frame)
{
	remember(frame, NULL, wait_for_events(ARGUMENT(frame, 0, void *), NULL));
}

/* cuEventElapsedTime(milliseconds *, start, end) succeeds when both are finished. */
static void before_elapsed(struct frame *frame)
{
	remember(frame, NULL,
		wait_for_events(ARGUMENT(frame, 1, void *), ARGUMENT(frame, 2, void *)));
}

/* cuEventRecord(event, stream): kernels that come meanwhile may come too late. */
static void before_record(struct frame *frame)
{
	void *stream = ARGUMENT(frame, 1, void *);

	note_of(frame)->past = wait_begin(stream_key(frame->hook, stream), stream_context(stream));
}

/* One that is recorded into a graph is not recorded now. */
static void after_record(struct frame *frame, int status)
{
	void *stream = capture_stream(frame->hook, ARGUMENT(frame, 1, void *));

	if (status || capture_recorded(NULL, stream))
		wait_free(note_of(frame)->past);
	else
		event_recorded(ARGUMENT(frame, 0, void *), note_of(frame)->past);
}

/* cuStreamWaitEvent(stream, event, flags) waits for the event as it was recorded last. */
static void before_wait_event(struct frame *frame)
{
	note_of(frame)->follows.past = wait_for_events(ARGUMENT(frame, 1, void *), NULL);
	note_of(frame)->follows.may_join = capture_join_begins();
}

static void after_wait_event(struct frame *frame, int status)
{
	void *stream = ARGUMENT(frame, 0, void *);
	struct past *past = note_of(frame)->follows.past;
	struct context *context = NULL;

	if (note_of(frame)->follows.may_join)
		capture_join_ends();
	if (!past)
		return;
	if (!status && !capture_recorded(NULL, capture_stream(frame->hook, stream)))
		context = stream_context(stream);
	if (context && waits_for_others(past, context))
		stream_follows(stream_key(frame->hook, stream), context, past);
	else
		wait_free(past);
}

/* A handle that is given out again stands for nothing yet. */
static void before_event_destroy(struct frame *frame)
{
	note_of(frame)->past = event_forget(ARGUMENT(frame, 0, void *));
}

static void after_event_destroy(struct frame *frame, int status)
{
	if (status && note_of(frame)->past)
		event_recorded(ARGUMENT(frame, 0, void *), note_of(frame)->past);
	else
		wait_free(note_of(frame)->past);
}

const struct observer sync_observers[] = {
	{ "cuCtxSynchronize", before_current, sync_after },
	{ "cuCtxSynchronize_v2", before_context, sync_after },
	{ "cuStreamSynchronize", before_stream, sync_after },
	{ "cuStreamQuery", before_stream, sync_after },
	{ "cuStreamWaitEvent", before_wait_event, after_wait_event },
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
