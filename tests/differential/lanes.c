/* SPDX-License-Identifier: MIT */
#include "lanes.h"

#include <stdlib.h>
#include <string.h>

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

struct lane *lane_of(struct view *view, const void *stream, bool twin)
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

void past_add_all(struct past *past, const struct past *other)
{
	for (unsigned i = 0; i < other->n; i++)
		past_add(past, other->of[i].lane, other->of[i].kernels);
}

void past_confirm(const struct past *past)
{
	for (unsigned i = 0; i < past->n; i++)
		confirm(past->of[i].lane, past->of[i].kernels);
}

void past_clear(struct past *past)
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

void stream_past(struct past *past, struct view *view, void *stream, bool twin)
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

void context_past(struct past *past, struct context *context)
{
	add_context(past, context);
	for (int i = 0; context->primary && i < OWN_CONTEXTS; i++)
		if (self->own[i].green && self->own[i].device == context->device)
			add_context(past, &self->own[i]);
}

void context_confirm(struct context *context)
{
	struct past past = { 0 };

	if (context->shared)
		return;
	context_past(&past, context);
	past_confirm(&past);
	past_clear(&past);
	drop_done(&context->streams);
}

void context_gone(struct context *context)
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
	int mode = CU_CAPTURE_RELAXED;

	/* One that a fault has left cannot be ended, and would forbid to wait. */
	(void)CALL(cuThreadExchangeStreamCaptureMode, &mode);
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
