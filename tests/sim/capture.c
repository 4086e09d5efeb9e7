/* SPDX-License-Identifier: MIT */
/* Stream capture. */
#include "capture.h"
#include "export.h"
#include "graph.h"

#include <stdlib.h>
#include <string.h>

bool nodes_set(struct node_list *list, struct node *const *nodes, size_t count)
{
	struct node **all = NULL;

	if (count) {
		all = malloc(count * sizeof(struct node *));
		if (!all)
			return false;
		memcpy(all, nodes, count * sizeof(struct node *));
	}
	free(list->all);
	list->all = all;
	list->count = count;
	return true;
}

bool nodes_add(struct node_list *list, struct node *node)
{
	struct node **all;

	for (size_t i = 0; i < list->count; i++)
		if (list->all[i] == node)
			return true;
	all = realloc(list->all, (list->count + 1) * sizeof(struct node *));
	if (!all)
		return false;
	list->all = all;
	all[list->count++] = node;
	return true;
}

void nodes_clear(struct node_list *list)
{
	free(list->all);
	list->all = NULL;
	list->count = 0;
}

enum cu_status capture_forbids(void)
{
	struct capture *capture = NULL;
	enum cu_status status = CU_OK;
	uint64_t own = thread_id();

	if (this_thread.capture_mode == CU_CAPTURE_RELAXED)
		return CU_OK;
	while ((capture = object_next(OBJECT_CAPTURE, capture))) {
		if (capture->mode == CU_CAPTURE_RELAXED)
			continue;
		if (capture->thread != own &&
			(capture->mode != CU_CAPTURE_GLOBAL ||
				this_thread.capture_mode != CU_CAPTURE_GLOBAL))
			continue;
		capture->invalid = true;
		status = CU_ERROR_CAPTURE_UNSUPPORTED;
	}
	return status;
}

enum cu_status capture_forbids_waiting(struct stream *stream)
{
	if (!stream)
		return capture_forbids();
	if (stream->cig)
		return CU_ERROR_CAPTURE_UNSUPPORTED;
	if (!stream->capture)
		return capture_forbids_legacy(stream);
	stream->capture->invalid = true;
	return CU_ERROR_CAPTURE_UNSUPPORTED;
}

enum cu_status capture_forbids_legacy(struct stream *stream)
{
	enum cu_status status = CU_OK;
	struct stream *other = NULL;

	if (stream != stream->context->legacy || !object_next(OBJECT_CAPTURE, NULL))
		return CU_OK;
	while ((other = object_next(OBJECT_STREAM, other)))
		if (other->context == stream->context && other->capture && !(other->flags & 1)) {
			other->capture->invalid = true;
			status = CU_ERROR_CAPTURE_IMPLICIT;
		}
	return status;
}

struct mismatch {
	const struct capture *capture;
	struct node *node;
	struct cu_node_params was, is;
	int status;
};

static void call_back(void *data)
{
	struct mismatch *m = data;

	m->status = m->capture->again.callback(
		m->capture->again.data, m->node, &m->was, &m->is, CU_RECAPTURE_UPDATABLE);
}

static bool differs(const struct work *one, const struct work *other)
{
	if (one->type != CU_NODE_KERNEL)
		return false; /* nothing asks for more here */
	return one->kernel.function != other->kernel.function ||
	       memcmp(one->kernel.grid, other->kernel.grid, sizeof(one->kernel.grid)) ||
	       memcmp(one->kernel.block, other->kernel.block, sizeof(one->kernel.block));
}

/* The node that was made at this place takes the work, if it may. */
static enum cu_status add_again(struct stream *stream, const struct work *work, struct node **node)
{
	struct capture *capture = stream->capture;
	const struct node_list *all = &capture->graph->nodes;
	struct node made = { .work = *work };
	struct mismatch m = { .capture = capture };

	if (capture->again.next >= all->count)
		return CU_ERROR_GRAPH_RECAPTURE_FAILURE;
	m.node = *node = all->all[capture->again.next++];
	if (m.node->work.type != work->type || m.node->needs.count != stream->tail.count)
		return CU_ERROR_GRAPH_RECAPTURE_FAILURE;
	if (capture->again.callback && differs(&m.node->work, work)) {
		params_of_node(m.node, &m.was);
		params_of_node(&made, &m.is);
		call_out(call_back, &m);
	}
	return m.status ? CU_ERROR_GRAPH_RECAPTURE_FAILURE : node_change(m.node, work);
}

enum cu_status capture_add(struct stream *stream, const struct work *work)
{
	struct capture *capture = stream->capture;
	struct node *node;
	enum cu_status status;

	if (capture->invalid)
		return CU_ERROR_CAPTURE_INVALIDATED;
	if (capture->again.on)
		status = add_again(stream, work, &node);
	else
		status = graph_add(
			capture->graph, stream->tail.all, stream->tail.count, work, &node);
	if (status == CU_ERROR_GRAPH_RECAPTURE_FAILURE)
		capture->invalid = true;
	if (status != CU_OK)
		return status;
	stream->unjoined = stream != capture->origin;
	return nodes_set(&stream->tail, &node, 1) ? CU_OK : CU_ERROR_OUT_OF_MEMORY;
}

static enum cu_status begin(void *handle, enum cu_capture_mode mode, struct graph *graph,
	struct node *const *needs, size_t count)
{
	static uint64_t last_id;
	struct stream *stream = stream_get(handle);
	struct capture *capture;

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (stream == stream->context->legacy)
		return CU_ERROR_CAPTURE_UNSUPPORTED;
	if (stream->capture || stream->cig)
		return CU_ERROR_ILLEGAL_STATE;
	if ((unsigned)mode > CU_CAPTURE_RELAXED)
		return CU_ERROR_INVALID_VALUE;
	capture = object_new(OBJECT_CAPTURE);
	if (!capture)
		return CU_ERROR_OUT_OF_MEMORY;
	capture->own_graph = !graph;
	capture->graph = graph ? graph : graph_new();
	if (!capture->graph || !nodes_set(&stream->tail, needs, count)) {
		object_free(capture);
		return CU_ERROR_OUT_OF_MEMORY;
	}
	capture->origin = stream;
	capture->mode = mode;
	capture->thread = thread_id();
	capture->id = ++last_id;
	stream->capture = capture;
	stream->unjoined = false;
	return CU_OK;
}

FUNCTION_PTSZ(cuStreamBeginCapture_v2, (void *stream, enum cu_capture_mode mode), (stream, mode))
{
	return begin(stream, mode, NULL, NULL, 0);
}

FUNCTION_PTSZ(cuStreamBeginCapture, (void *stream), (stream))
{
	return begin(stream, CU_CAPTURE_GLOBAL, NULL, NULL, 0);
}

FUNCTION_PTSZ(cuStreamBeginCaptureToGraph,
	(void *stream, void *handle, struct node *const *needs, const struct cu_edge *edges,
		size_t count, enum cu_capture_mode mode),
	(stream, handle, needs, edges, count, mode))
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);

	(void)edges;
	if (!graph || (count && !needs))
		return CU_ERROR_INVALID_VALUE;
	return begin(stream, mode, graph, needs, count);
}

/* A graph without nodes has no order that could be kept. */
FUNCTION_PTSZ(cuStreamBeginRecaptureToGraph,
	(void *stream, enum cu_capture_mode mode, void *handle,
		int (*callback)(void *, void *, const void *, const void *, int), void *data),
	(stream, mode, handle, callback, data))
{
	struct graph *graph = object_get(OBJECT_GRAPH, handle);
	enum cu_status status;

	if (!graph)
		return CU_ERROR_INVALID_VALUE;
	status = begin(stream, mode, graph, NULL, 0);
	if (status == CU_OK && graph->nodes.count) {
		struct capture *capture = stream_get(stream)->capture;

		capture->again.on = true;
		capture->again.callback = callback;
		capture->again.data = data;
	}
	return status;
}

/* A function of a later CUDA, whose name does not say that it begins a capture. */
FUNCTION(cuTomorrowGo, (void *stream), (stream))
{
	return begin(stream, CU_CAPTURE_RELAXED, NULL, NULL, 0);
}

/* What is put into the stream goes to a list of commands, which nobody runs here. */
FUNCTION_PTSZ(cuStreamBeginCaptureToCig, (void *handle, const struct cu_cig_capture *params),
	(handle, params))
{
	struct stream *stream = stream_get(handle);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (!params || !params->cig || stream == stream->context->legacy)
		return CU_ERROR_INVALID_VALUE;
	if (stream->capture || stream->cig)
		return CU_ERROR_ILLEGAL_STATE;
	stream->cig = true;
	return CU_OK;
}

FUNCTION_PTSZ(cuStreamEndCaptureToCig, (void *handle), (handle))
{
	struct stream *stream = stream_get(handle);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (!stream->cig)
		return CU_ERROR_INVALID_VALUE;
	stream->cig = false;
	return CU_OK;
}

static enum cu_status end(struct capture *capture)
{
	enum cu_status status = capture->invalid ? CU_ERROR_CAPTURE_INVALIDATED : CU_OK;
	const struct graph *graph = capture->graph;
	struct stream *stream = NULL;

	if (status == CU_OK && capture->again.on && capture->again.next != graph->nodes.count)
		status = CU_ERROR_GRAPH_RECAPTURE_FAILURE;
	while ((stream = object_next(OBJECT_STREAM, stream))) {
		if (stream->capture != capture)
			continue;
		if (stream->unjoined && status == CU_OK)
			status = CU_ERROR_CAPTURE_UNJOINED;
		stream->capture = NULL;
		stream->unjoined = false;
		nodes_clear(&stream->tail);
	}
	return status;
}

FUNCTION_PTSZ(cuStreamEndCapture, (void *handle, void **out), (handle, out))
{
	struct stream *stream = stream_get(handle);
	struct capture *capture;
	enum cu_status status;

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	capture = stream->capture;
	if (!capture)
		return CU_ERROR_ILLEGAL_STATE;
	if (capture->origin != stream)
		return CU_ERROR_CAPTURE_UNMATCHED;
	if (capture->mode != CU_CAPTURE_RELAXED && capture->thread != thread_id())
		return CU_ERROR_CAPTURE_WRONG_THREAD;
	status = end(capture);
	if (status != CU_OK && capture->own_graph)
		graph_free(capture->graph);
	if (out)
		*out = status == CU_OK ? capture->graph : NULL;
	object_free(capture);
	return status;
}

/* No header says what a driver answers of a stream whose work goes to a graphics API. */
static enum cu_capture_status state_of(const struct stream *stream)
{
	if (stream->cig && sim_setting("SIM_CIG_CAPTURES", 0))
		return CU_CAPTURE_ACTIVE;
	if (!stream->capture)
		return CU_CAPTURE_NONE;
	return stream->capture->invalid ? CU_CAPTURE_INVALIDATED : CU_CAPTURE_ACTIVE;
}

FUNCTION_PTSZ(cuStreamIsCapturing, (void *handle, int *state), (handle, state))
{
	struct stream *stream = stream_get(handle);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (!state)
		return CU_ERROR_INVALID_VALUE;
	*state = (int)state_of(stream);
	return CU_OK;
}

static enum cu_status info(void *handle, int *state, uint64_t *id, void **graph,
	struct node *const **needs, size_t *count)
{
	struct stream *stream = stream_get(handle);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (!state)
		return CU_ERROR_INVALID_VALUE;
	*state = (int)state_of(stream);
	if (*state != CU_CAPTURE_ACTIVE)
		return CU_OK;
	if (id)
		*id = stream->capture->id;
	if (graph)
		*graph = stream->capture->graph;
	if (needs)
		*needs = stream->tail.all;
	if (count)
		*count = stream->tail.count;
	return CU_OK;
}

FUNCTION_PTSZ(cuStreamGetCaptureInfo, (void *stream, int *state, uint64_t *id), (stream, state, id))
{
	return info(stream, state, id, NULL, NULL, NULL);
}

FUNCTION_PTSZ(cuStreamGetCaptureInfo_v2,
	(void *stream, int *state, uint64_t *id, void **graph, struct node *const **needs,
		size_t *count),
	(stream, state, id, graph, needs, count))
{
	return info(stream, state, id, graph, needs, count);
}

FUNCTION_PTSZ(cuStreamGetCaptureInfo_v3,
	(void *stream, int *state, uint64_t *id, void **graph, struct node *const **needs,
		const struct cu_edge **edges, size_t *count),
	(stream, state, id, graph, needs, edges, count))
{
	if (edges)
		*edges = NULL;
	return info(stream, state, id, graph, needs, count);
}

static enum cu_status update(void *handle, struct node *const *needs, size_t count, unsigned flags)
{
	struct stream *stream = stream_get(handle);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (!stream->capture)
		return CU_ERROR_ILLEGAL_STATE;
	if (flags > 1 || (count && !needs))
		return CU_ERROR_INVALID_VALUE;
	if (flags) /* set them, and not add to them */
		return nodes_set(&stream->tail, needs, count) ? CU_OK : CU_ERROR_OUT_OF_MEMORY;
	for (size_t i = 0; i < count; i++)
		if (!nodes_add(&stream->tail, needs[i]))
			return CU_ERROR_OUT_OF_MEMORY;
	return CU_OK;
}

FUNCTION_PTSZ(cuStreamUpdateCaptureDependencies,
	(void *stream, struct node *const *needs, size_t count, unsigned flags),
	(stream, needs, count, flags))
{
	return update(stream, needs, count, flags);
}

FUNCTION_PTSZ(cuStreamUpdateCaptureDependencies_v2,
	(void *stream, struct node *const *needs, const struct cu_edge *edges, size_t count,
		unsigned flags),
	(stream, needs, edges, count, flags))
{
	(void)edges;
	return update(stream, needs, count, flags);
}

FUNCTION(cuThreadExchangeStreamCaptureMode, (int *mode), (mode))
{
	enum cu_capture_mode before = this_thread.capture_mode;

	if (!mode || *mode < 0 || *mode > CU_CAPTURE_RELAXED)
		return CU_ERROR_INVALID_VALUE;
	this_thread.capture_mode = (enum cu_capture_mode) * mode;
	*mode = (int)before;
	return CU_OK;
}
