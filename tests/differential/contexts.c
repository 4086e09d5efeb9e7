/* SPDX-License-Identifier: MIT */
/* Contexts, streams and events; and what a synchronising call confirms. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* The streams of the calling thread's own, in the contexts of its views. */
static __thread struct {
	struct lane *lane;
	unsigned life;
} own_lanes[VIEWS];

static struct lane *new_lane(struct lane **list, bool blocking)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	if (!lane)
		abort();
	lane->blocking = blocking;
	lane->next = *list;
	*list = lane;
	return lane;
}

static struct lane *own_lane(struct view *view)
{
	unsigned i = (unsigned)(view - self->views);

	if (!own_lanes[i].lane || own_lanes[i].life != view->context->life) {
		own_lanes[i].lane = new_lane(&view->context->streams, true);
		own_lanes[i].life = view->context->life;
	}
	return own_lanes[i].lane;
}

static struct lane *legacy_lane(struct context *context)
{
	if (!context->legacy)
		new_lane(&context->legacy, true);
	return context->legacy;
}

/* A stream that is in no view was made for one kernel, and waits for nobody. NULL: not followed. */
static struct lane *lane_of(struct view *view, const void *stream, bool twin)
{
	struct context *context = view->context;

	if (context->shared)
		return NULL;
	if (stream == CU_STREAM_HANDLE_PER_THREAD || (!stream && twin))
		return own_lane(view);
	if (!stream || stream == CU_STREAM_HANDLE_LEGACY)
		return legacy_lane(context);
	for (int i = 0; i < STREAMS; i++) {
		if (view->streams[i] != stream)
			continue;
		if (!view->lanes[i])
			view->lanes[i] = new_lane(&context->streams, view->blocking[i]);
		return view->lanes[i];
	}
	return new_lane(&context->streams, false);
}

void kernel_ran_elsewhere(struct context *context, int kernel)
{
	tally_kernel(kernel, context->device, 1);
	__atomic_fetch_add(&context->kernels, 1, __ATOMIC_RELAXED);
}

void kernel_ran(struct view *view, void *stream, bool twin, int kernel)
{
	struct lane *lane = lane_of(view, stream, twin);

	if (lane) {
		tally_kernel(kernel, view->context->device, 1);
		lane->kernels++;
	} else {
		kernel_ran_elsewhere(view->context, kernel);
	}
}

static void confirm(struct lane *lane, uint64_t kernels)
{
	if (lane->gone || lane->confirmed >= kernels)
		return;
	tally_add(TALLY_CONFIRMED, (int64_t)(kernels - lane->confirmed));
	lane->confirmed = kernels;
}

static void past_add(struct past *past, struct lane *lane, uint64_t kernels)
{
	unsigned i = 0;

	while (i < past->n && past->of[i].lane != lane)
		i++;
	if (i == past->room) {
		past->room += 16;
		past->of = realloc(past->of, past->room * sizeof(*past->of));
		if (!past->of)
			abort();
	}
	if (i == past->n) {
		past->of[past->n++].lane = lane;
		past->of[i].kernels = 0;
	}
	if (past->of[i].kernels < kernels)
		past->of[i].kernels = kernels;
}

static void past_add_all(struct past *past, const struct past *other)
{
	for (unsigned i = 0; i < other->n; i++)
		past_add(past, other->of[i].lane, other->of[i].kernels);
}

static void past_confirm(const struct past *past)
{
	for (unsigned i = 0; i < past->n; i++)
		confirm(past->of[i].lane, past->of[i].kernels);
}

static void past_clear(struct past *past)
{
	free(past->of);
	memset(past, 0, sizeof(*past));
}

static void add_lane(struct past *past, struct lane *lane)
{
	if (lane->kernels > lane->confirmed)
		past_add(past, lane, lane->kernels);
	past_add_all(past, &lane->follows);
}

/* What is done when all is done that was put into the stream. */
static void stream_past(struct past *past, struct view *view, void *stream, bool twin)
{
	struct context *context = view->context;
	struct lane *lane = lane_of(view, stream, twin);

	if (!lane)
		return;
	past_add_all(past, &context->follows);
	add_lane(past, lane);
	if (lane == context->legacy)
		for (struct lane *l = context->streams; l; l = l->next) {
			if (l->blocking)
				add_lane(past, l);
		}
	else if (lane->blocking)
		add_lane(past, legacy_lane(context));
}

void stream_confirm(struct view *view, void *stream, bool twin)
{
	struct past past = { 0 };

	stream_past(&past, view, stream, twin);
	past_confirm(&past);
	past_clear(&past);
}

/* One that is over is not looked at again. */
static void drop_done(struct lane **list)
{
	while (*list) {
		struct lane *lane = *list;

		if (lane->ended && lane->confirmed == lane->kernels)
			*list = lane->next;
		else
			list = &lane->next;
	}
}

static void add_context(struct past *past, struct context *context)
{
	add_lane(past, legacy_lane(context));
	for (struct lane *lane = context->streams; lane; lane = lane->next)
		add_lane(past, lane);
	past_add_all(past, &context->follows);
}

/* Who waits for the primary context waits for the green ones of its device. */
static void context_past(struct past *past, struct context *context)
{
	add_context(past, context);
	for (int i = 0; context->primary && i < OWN_CONTEXTS; i++)
		if (self->own[i].green && self->own[i].device == context->device)
			add_context(past, &self->own[i]);
}

static void context_confirm(struct context *context)
{
	struct past past = { 0 };

	if (context->shared)
		return;
	context_past(&past, context);
	past_confirm(&past);
	past_clear(&past);
	drop_done(&context->streams);
}

static void context_gone(struct context *context)
{
	if (context->legacy)
		context->legacy->gone = true;
	for (struct lane *lane = context->streams; lane; lane = lane->next)
		lane->gone = true;
	context->legacy = context->streams = NULL;
	past_clear(&context->follows);
}

void world_confirm(void)
{
	for (int i = 0; i < world.devices; i++) {
		struct context *context = &world.primary[i];

		if (!context->handle || CALL(cuCtxSetCurrent, context->handle) ||
			CALL(cuCtxSynchronize))
			continue;
		context_confirm(context);
		tally_add(TALLY_CONFIRMED, (int64_t)context->kernels);
		context->kernels = 0;
	}
}

static bool is_alive(const struct view *view)
{
	return view->context && view->context->handle;
}

static struct view *any_view(void)
{
	for (int tries = 0; tries < 8; tries++) {
		struct view *view = &self->views[below(VIEWS)];

		if (is_alive(view))
			return view;
	}
	return NULL;
}

static int uses(const struct view *view)
{
	int n = 0;

	for (int i = 0; i < self->depth; i++)
		n += self->stack[i] == view;
	return n;
}

static void push(struct view *view)
{
	self->stack[self->depth++] = view;
}

void contexts_begin(void)
{
	int device = (int)below((unsigned)world.devices);

	for (int i = 0; i < world.devices; i++)
		self->views[i].context = &world.primary[i];
	for (int i = 0; i < OWN_CONTEXTS; i++)
		self->views[DEVICES_MAX + i].context = &self->own[i];
	for (int tries = 0; tries < 3 && !self->depth; tries++)
		if (is_alive(&self->views[device]) &&
			!CALL(cuCtxSetCurrent, world.primary[device].handle))
			push(&self->views[device]);
}

void contexts_restore(void)
{
	/* It may be made to fail, but not for ever. */
	for (int tries = 0; self->depth && tries < 20; tries++)
		if (!CALL(cuCtxSetCurrent, current()->context->handle))
			return;
}

/* Everything that did not outlive the context. */
void view_end(struct view *view)
{
	struct context *context = view->context;

	blocks_gone(view);
	memset(view, 0, sizeof(*view));
	view->context = context;
	context->handle = context->green = NULL;
	context_gone(context);
	context->attached = 0;
	context->life++;
}

/* What would outlive it, or be wrong afterwards, goes before. */
static void before_end(struct view *view)
{
	(void)graphs_clean(view);
	for (int i = 0; i < IMAGES; i++)
		if (view->images[i].handle && view->images[i].kind == IMAGE_LIBRARY &&
			!CALL(cuLibraryUnload, view->images[i].handle))
			view->images[i].handle = NULL;
	if (view->pool && !CALL(cuMemPoolDestroy, view->pool))
		view->pool = NULL;
}

static int create(void **handle, void **green, int device)
{
	unsigned char resource[256] = { 0 };
	void *description;

	/* Who waits for a primary context that is shared waits for green ones, too. */
	switch (below(world.threads > 1 || world.layers ? 3 : 7)) {
	case 0:
		return CALL(cuCtxCreate, handle, 0, device);
	case 1:
		return CALL(cuCtxCreate_v3, handle, NULL, 0, 0, device);
	case 3:
	case 4:
		if (CALL(cuDeviceGetDevResource, device, resource, 1) ||
			CALL(cuDevResourceGenerateDesc, &description, resource, 1) ||
			CALL(cuGreenCtxCreate, green, description, device, 1))
			return -1;
		if (!CALL(cuCtxFromGreenCtx, handle, *green) && !CALL(cuCtxPushCurrent_v2, *handle))
			return 0;
		while (CALL(cuGreenCtxDestroy, *green))
			continue; /* an injected error: it keeps the primary one */
		return -1;
	default:
		return chance(3) ? CALL(cuCtxCreate_v4, handle, NULL, 0, device)
				 : CALL(cuCtxCreate_v2, handle, 0, device);
	}
}

static void make(void)
{
	int device = (int)below((unsigned)world.devices);
	void *handle = NULL, *green = NULL;
	int i = 0;

	while (i < OWN_CONTEXTS && self->own[i].handle)
		i++;
	if (i == OWN_CONTEXTS || self->depth == STACK || create(&handle, &green, device))
		return;
	self->own[i] = (struct context){
		.handle = handle, .green = green, .device = device, .life = self->own[i].life + 1
	};
	push(&self->views[DEVICES_MAX + i]);
}

static int end_plain(struct context *context, bool *ended)
{
	int status;

	switch (below(4)) {
	case 0:
		status = CALL(cuCtxDetach, context->handle);
		*ended = !context->attached;
		context->attached -= !status && !*ended;
		return status;
	case 1:
		return CALL(cuCtxDestroy, context->handle);
	default:
		return CALL(cuCtxDestroy_v2, context->handle);
	}
}

static void attach(void)
{
	struct context *context = current()->context;
	void *handle = NULL;

	if (!context->primary && !context->green && !CALL(cuCtxAttach, &handle, 0))
		context->attached++;
}

static void destroy(void)
{
	struct view *view = any_view();
	bool is_current = view == current(), ended = true;
	int status;

	if (!view || view->context->primary || uses(view) > is_current || self->depth < 2)
		return;
	if (view->context->green && is_current)
		return;
	before_end(view);
	if (view->context->green)
		status = CALL(cuGreenCtxDestroy, view->context->green);
	else
		status = end_plain(view->context, &ended);
	if (status || !ended)
		return;
	self->depth -= is_current;
	view_end(view);
}

static bool has_green(int device)
{
	for (int i = 0; i < OWN_CONTEXTS; i++)
		if (self->own[i].green && self->own[i].device == device)
			return true;
	return false;
}

/* Reset, or the last release: only where no other thread and no library uses it. */
static void restart_primary(void)
{
	int device = (int)below((unsigned)world.devices);
	struct view *view = &self->views[device];
	struct context *context = &world.primary[device];
	int status;

	if (world.threads > 1 || world.layers || uses(view) || !context->handle)
		return;
	before_end(view);
	switch (has_green(device) ? 3 * below(2) : below(4)) { /* green ones keep it */
	case 0:
		status = CALL(cuDevicePrimaryCtxReset, device);
		break;
	case 1:
		status = CALL(cuDevicePrimaryCtxRelease, device);
		break;
	case 2:
		status = CALL(cuDevicePrimaryCtxRelease_v2, device);
		break;
	default:
		status = CALL(cuDevicePrimaryCtxReset_v2, device);
	}
	if (status)
		return;
	view_end(view);
	if (CALL(cuDevicePrimaryCtxRetain, &context->handle, device))
		context->handle = NULL;
}

static void retain_primary(void)
{
	int device = (int)below((unsigned)world.devices);
	void *handle = NULL;

	if (!CALL(cuDevicePrimaryCtxRetain, &handle, device))
		while (CALL(cuDevicePrimaryCtxRelease_v2, device))
			continue; /* an injected error: it has to be given back */
}

static void push_or_set(bool set)
{
	struct view *view = any_view();
	int status;

	if (!view || (!set && self->depth == STACK))
		return;
	if (set)
		status = CALL(cuCtxSetCurrent, view->context->handle);
	else
		status = chance(3) ? CALL(cuCtxPushCurrent, view->context->handle)
				   : CALL(cuCtxPushCurrent_v2, view->context->handle);
	if (status)
		return;
	self->depth -= set;
	push(view);
}

static void pop(void)
{
	void *handle = NULL;

	if (self->depth < 2)
		return;
	if (!(chance(3) ? CALL(cuCtxPopCurrent, &handle)
			: CALL(cuCtxPopCurrent_v2, chance(2) ? &handle : NULL)))
		self->depth--;
}

void step_context(void)
{
	cu_device device;

	switch (below(10)) {
	case 9:
		attach();
		break;
	case 0:
	case 1:
		make();
		break;
	case 2:
		destroy();
		break;
	case 3:
		restart_primary();
		break;
	case 4:
		retain_primary();
		break;
	case 5:
		push_or_set(false);
		break;
	case 6:
		push_or_set(true);
		break;
	case 7:
		(void)CALL(cuCtxGetDevice, &device);
		break;
	default:
		pop();
	}
}

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

static void stream_gone(struct view *view, unsigned i)
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
	if (status) {
		past_clear(&now);
		return;
	}
	*recorded = true;
	past_clear(past);
	*past = now;
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
	if (green ? CALL(cuGreenCtxRecordEvent, context->green, event)
		  : CALL(cuCtxRecordEvent, context->handle, event)) {
		past_clear(&now);
		return;
	}
	*recorded = true;
	past_clear(past);
	*past = now;
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

/* By calls, with its context current. */
void view_clean(struct view *view)
{
	(void)graphs_clean(view);
	images_clean(view);
	blocks_clean(view);
	for (unsigned i = 0; i < STREAMS; i++)
		if (view->streams[i] && !CALL(cuStreamDestroy_v2, view->streams[i]))
			stream_gone(view, i);
	for (int i = 0; i < EVENTS; i++)
		if (view->events[i].handle)
			(void)CALL(cuEventDestroy_v2, view->events[i].handle);
	memset(view->streams, 0, sizeof(view->streams));
	memset(view->events, 0, sizeof(view->events));
}

void contexts_end(void)
{
	if (world.leaves)
		return;
	for (int i = 0; i < VIEWS; i++) {
		struct view *view = &self->views[i];

		if (!is_alive(view) || CALL(cuCtxSetCurrent, view->context->handle))
			continue;
		self->stack[self->depth - 1] = view;
		view_clean(view);
	}
	pieces_clean();
}
