/*
 * Synchronisation: what tells that kernels have finished.
 *
 * A kernel is confirmed when a synchronising call of its context, begun after the launch, succeeds.
 * So the context's kernels are added up before the call, and confirmed after it.
 */
#include "sync.h"

#include <stddef.h>

#include "contexts.h"
#include "note.h"
#include "observers.h"
#include "streams.h"

static void remember(struct frame *frame, struct context *context)
{
	note_of(frame)->waits.context = context;
	note_of(frame)->waits.kernels = context ? context_kernels(context) : 0;
}

void sync_before(struct frame *frame)
{
	remember(frame, context_current());
}

void sync_after(struct frame *frame, int status)
{
	const union note *note = note_of(frame);

	if (!status && note->waits.context)
		context_confirm(note->waits.context, note->waits.kernels);
}

static void before_stream(struct frame *frame)
{
	remember(frame, stream_context(ARGUMENT(frame, 0, void *)));
}

/* cuCtxSynchronize_v2 (CUDA 13) is told which context; NULL: the current one. */
static void before_context(struct frame *frame)
{
	void *handle = ARGUMENT(frame, 0, void *);

	remember(frame, handle ? context_of(handle) : context_current());
}

const struct observer sync_observers[] = {
	{ "cuCtxSynchronize", sync_before, sync_after },
	{ "cuCtxSynchronize_v2", before_context, sync_after },
	{ "cuStreamSynchronize", before_stream, sync_after },
	{ "cuStreamQuery", before_stream, sync_after },
	{ "cuEventSynchronize", sync_before, sync_after },
	{ "cuEventQuery", sync_before, sync_after },
	{ "cuEventElapsedTime", sync_before, sync_after }, /* succeeds when both are finished */
	{ "cuEventElapsedTime_v2", sync_before, sync_after },
	{ NULL },
};
