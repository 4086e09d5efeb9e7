/* SPDX-License-Identifier: MIT */
/* Contexts. */
#include <string.h>

#include "lanes.h"

static bool is_alive(const struct view *view)
{
	return view->context && view->context->handle;
}

struct view *any_view(void)
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
