/* SPDX-License-Identifier: MIT */
/* Stream capture: from its beginning to its end, with work in between. */
#include <string.h>

#include "world.h"

static int begin(void *stream, bool twin, struct graph *graph)
{
	/* A global capture forbids others to do things, who would not do the same every time. */
	int mode = world.threads > 1 ? 1 + (int)below(2) : (int)below(3);

	if (!graph->handle && chance(6) && !CALL(cuGraphCreate, &graph->handle, 0))
		return CALL(cuStreamBeginRecaptureToGraph, stream, mode, graph->handle, NULL, NULL);
	if (graph->handle)
		return CALL(
			cuStreamBeginCaptureToGraph, stream, graph->handle, NULL, NULL, 0, mode);
	if (world.threads == 1 && chance(4))
		return CALL_PTSZ(twin, cuStreamBeginCapture, stream);
	return CALL_PTSZ(twin, cuStreamBeginCapture_v2, stream, mode);
}

/* A second stream comes in by an event, works, and is joined again. */
static void fork_stream(struct view *view)
{
	void *event = NULL, *other = view->streams[below(STREAMS)];

	if (!other || other == view->capturing || CALL(cuEventCreate, &event, 0))
		return;
	if (!CALL(cuEventRecord, event, view->capturing) &&
		!CALL(cuStreamWaitEvent, other, event, 0)) {
		view->capturing_too = other;
		step_launch();
		step_set();
		if (!CALL(cuEventRecord, event, other))
			(void)CALL(cuStreamWaitEvent, view->capturing, event, 0);
		/* Only the end of the capture lets it go. */
	}
	(void)CALL(cuEventDestroy_v2, event);
}

static void work(struct view *view)
{
	int state;

	switch (below(14)) {
	case 0:
	case 1:
	case 2:
	case 3:
		step_launch();
		break;
	case 4:
		step_copy();
		break;
	case 5:
		step_set();
		break;
	case 6:
		step_host_function();
		break;
	case 7:
		graph_launch();
		break;
	case 8:
		if (!view->capturing_too)
			fork_stream(view);
		break;
	case 9:
		(void)CALL(cuStreamIsCapturing, view->capturing, &state);
		break;
	case 10:
		if (chance(4))
			step_block();
		break;
	case 11:
		if (chance(4))
			step_synchronise();
		break;
	case 12:
		step_thread();
		break;
	default:
		if (chance(4))
			step_stream();
	}
}

/* Into a graph that there is, or a new one. */
static struct graph *choose(struct view *view)
{
	struct graph *graph = &view->graphs[below(GRAPHS)];

	if (graph->exec || (graph->handle && !chance(4)))
		return NULL;
	if (!graph->handle)
		memset(graph, 0, sizeof(*graph));
	return graph;
}

static void end(struct view *view, void *stream, bool twin)
{
	struct graph *graph = view->captured;
	bool own = !graph->handle;
	void *made = NULL;
	int status = CALL_PTSZ(twin, cuStreamEndCapture, stream, &made);

	if (status == CU_ERROR_INVALID_VALUE || status == CU_ERROR_OUT_OF_MEMORY) /* injected */
		status = CALL(cuStreamEndCapture, view->capturing, &made);
	view->capturing = view->capturing_too = NULL;
	view->captured = NULL;
	if (own && status)
		memset(graph, 0, sizeof(*graph));
	else if (own)
		graph->handle = made;
}

/* ---- captures that are thrown away ---- */

/* Work for another thread, in the same context. */
struct other {
	struct thread thread; /* its own dice */
	void *context, *stream;
	bool begins, stop, done;
};

static struct other other_thread(void *stream)
{
	struct other other = { .context = current()->context->handle, .stream = stream };

	other.thread.random.state = random_next(&self->random);
	return other;
}

static bool record(void *kernel, void *stream, bool twin)
{
	if (CALL_PTSZ(twin, cuLaunchKernel, kernel, 1, 1, 1, 32, 1, 1, 0, stream, NULL, NULL))
		return false;
	tally_add(TALLY_CAPTURED_LAUNCHES, 1);
	return true;
}

static void end_and_forget(void *stream)
{
	void *graph = NULL;

	(void)CALL(cuStreamEndCapture, stream, &graph);
	if (graph)
		(void)CALL(cuGraphDestroy, graph);
}

static void nothing(void *stream, int status, void *data)
{
	(void)stream, (void)status, (void)data;
}

/* A callback cannot be captured: asking for it breaks the capture, and does nothing otherwise. */
static void *break_captures(void *of)
{
	enum { TIMES = 3000 };
	struct other *other = of;

	self = &other->thread;
	if (CALL(cuCtxSetCurrent, other->context))
		return NULL;
	for (int i = 0; i < TIMES && !__atomic_load_n(&other->stop, __ATOMIC_ACQUIRE); i++)
		(void)CALL(cuStreamAddCallback, other->stream, nothing, NULL, 0);
	return NULL;
}

/* What was recorded before the other thread came does not run. */
static void race(void *kernel, void *stream)
{
	struct other other = other_thread(stream);
	bool twin = chance(2);
	pthread_t thread;

	if (pthread_create(&thread, NULL, break_captures, &other))
		return;
	for (int rounds = 8; rounds--;) {
		if (CALL_PTSZ(twin, cuStreamBeginCapture_v2, stream, 1 + (int)below(2)))
			continue;
		for (int i = 0; i < 5; i++)
			(void)record(kernel, stream, twin);
		end_and_forget(stream);
	}
	__atomic_store_n(&other.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
}

static void *begin_or_end(void *of)
{
	struct other *other = of;

	self = &other->thread;
	if (CALL(cuCtxSetCurrent, other->context))
		return NULL;
	other->done = true;
	if (!other->begins)
		end_and_forget(other->stream);
	else if (chance(4)) /* by a function that gpuspy does not know */
		other->begins = !CALL(cuTomorrowGo, other->stream);
	else
		other->begins = !CALL(cuStreamBeginCapture_v2, other->stream, CU_CAPTURE_RELAXED);
	return NULL;
}

/* Another thread begins, this one launches, another one ends. */
static void hand_over(void *kernel, void *stream)
{
	struct other other = other_thread(stream);
	pthread_t thread;

	other.begins = true;
	if (pthread_create(&thread, NULL, begin_or_end, &other))
		return;
	pthread_join(thread, NULL);
	if (!other.done || !other.begins)
		return;
	(void)record(kernel, stream, false);
	(void)record(kernel, stream, true);
	other.begins = other.done = false;
	if (!pthread_create(&thread, NULL, begin_or_end, &other))
		pthread_join(thread, NULL);
	if (!other.done)
		end_and_forget(stream);
}

/* Into a list of commands of a graphics API, which nobody runs. */
static void to_graphics(void *kernel, void *stream)
{
	struct cu_cig cig = { CU_CIG_D3D12_LIST, &cig };
	struct cu_cig_capture params = { &cig };
	struct view *view = current();
	bool twin = chance(2);

	if (CALL_PTSZ(twin, cuStreamBeginCaptureToCig, stream, &params))
		return;
	for (unsigned n = 1 + below(4); n--;)
		(void)record(kernel, stream, chance(2));
	if (view->anchor)
		(void)CALL(cuMemsetD8Async, view->anchor, 0, 64, stream);
	(void)CALL_PTSZ(!twin, cuStreamEndCaptureToCig, stream);
}

/* Outside of a capture. */
static void run(void *kernel, int number, void *stream)
{
	if (CALL(cuLaunchKernel, kernel, 1, 1, 1, 32, 1, 1, 0, stream, NULL, NULL))
		return;
	tally_add(TALLY_LAUNCHES, 1);
	kernel_ran(current(), stream, false, number);
}

/* In a stream of its own, which this thread knows to be free. */
static void throw_away(void)
{
	int number;
	void *kernel = any_kernel(&number, false), *stream = NULL;

	if (!kernel || number == KERNEL_FAULT || CALL(cuStreamCreate, &stream, 1))
		return;
	run(kernel, number, stream);
	switch (below(3)) {
	case 0:
		if (world.threads > 1) /* else it has to do the same every time */
			race(kernel, stream);
		break;
	case 1:
		hand_over(kernel, stream);
		break;
	default:
		to_graphics(kernel, stream);
	}
	run(kernel, number, stream);
	(void)CALL(cuStreamDestroy_v2, stream);
}

void step_capture(void)
{
	struct view *view = current();
	struct graph *graph = choose(view);
	void *stream = view->streams[below(STREAMS)];
	bool twin = false;
	unsigned n = below(10);

	if (chance(3)) {
		throw_away();
		return;
	}
	if (!graph || !graph_anchor(view))
		return;
	if (world.threads == 1 && chance(4)) {
		twin = chance(2) && !graph->handle;
		stream = twin ? NULL : CU_STREAM_HANDLE_PER_THREAD;
	}
	if ((!stream && !twin) || begin(stream, twin, graph))
		return;
	view->capturing = twin ? CU_STREAM_HANDLE_PER_THREAD : stream;
	view->capturer = pthread_self();
	view->captured = graph;
	/* A step records at most two nodes, and a second stream's work at most five. */
	while (n-- && graph->n + 6 < NODES)
		work(view);
	end(view, stream, twin);
}
