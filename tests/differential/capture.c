/* Stream capture: from its beginning to its end, with work in between. */
#include <string.h>

#include "world.h"

static int begin(void *stream, bool twin, struct graph *graph)
{
	/* A global capture forbids others to do things, who would not do the same every time. */
	int mode = world.threads > 1 ? 1 + (int)below(2) : (int)below(3);

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

void step_capture(void)
{
	struct view *view = current();
	struct graph *graph = choose(view);
	void *stream = view->streams[below(STREAMS)];
	bool twin = false;
	unsigned n = below(10);

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
