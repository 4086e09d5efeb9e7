/* SPDX-License-Identifier: MIT */
/*
 * The calls by which contexts come, are current and go.
 */
#include <stddef.h>

#include "../cuda/abi.h"
#include "../ground/lock.h"
#include "contexts.h"
#include "handles.h"
#include "note.h"
#include "observers.h"
#include "own_call.h"

static struct handle_table greens; /* green contexts. Under LOCK_CONTEXTS */

static struct own_call primary_state_call = { "cuDevicePrimaryCtxGetState" };

/* cuCtxSetCurrent, cuCtxPushCurrent: the argument is current now. */
static void after_set(struct frame *frame, int status)
{
	if (!status)
		context_is_current(ARGUMENT(frame, 0, void *));
}

/* cuCtxPopCurrent: the next call that needs it asks. */
static void after_change(struct frame *frame, int status)
{
	(void)frame;
	if (!status)
		context_changed();
}

/* cuCtxCreate and its like: what it made is current. */
static void after_create(struct frame *frame, int status)
{
	after_change(frame, status);
	if (!status)
		(void)context_current();
}

/* cuCtxAttach(context *, flags): one more cuCtxDetach is needed to end the current context. */
static void after_attach(struct frame *frame, int status)
{
	struct context *context = status ? NULL : context_current();

	(void)frame;
	if (context)
		__atomic_fetch_add(&context->uses, 1, __ATOMIC_RELAXED);
}

static void begin_end(struct frame *frame, struct context *context)
{
	note_of(frame)->ending.newest = contexts_newest();
	note_of(frame)->ending.context = context;
	if (context)
		context_ends(context);
}

static void before_destroy(struct frame *frame)
{
	begin_end(frame, context_of(ARGUMENT(frame, 0, void *)));
}

static void after_destroy(struct frame *frame, int status)
{
	const union note *note = note_of(frame);

	if (note->ending.context && status)
		context_lives_on(note->ending.context, note->ending.newest);
	else if (note->ending.context)
		context_ended(note->ending.context, note->ending.newest);
	after_change(frame, status);
}

static bool is_last_use(const struct context *context)
{
	return __atomic_load_n(&context->uses, __ATOMIC_RELAXED) <= 1;
}

static void one_use_less(struct context *context)
{
	if (!is_last_use(context))
		__atomic_fetch_sub(&context->uses, 1, __ATOMIC_RELAXED);
}

/* cuCtxDetach(context): as cuCtxDestroy, but for one that was attached to. */
static void before_detach(struct frame *frame)
{
	struct context *context = context_of(ARGUMENT(frame, 0, void *));

	if (context && is_last_use(context))
		begin_end(frame, context);
}

static void after_detach(struct frame *frame, int status)
{
	struct context *context = context_of(ARGUMENT(frame, 0, void *));

	if (note_of(frame)->ending.context || status)
		after_destroy(frame, status);
	else if (context)
		one_use_less(context);
}

/* cuGreenCtxCreate(green context *, description, device, flags) */
static void after_green_create(struct frame *frame, int status)
{
	const void *const *green = ARGUMENT(frame, 0, const void *const *);
	struct handle_entry *entry;

	if (status || !green || !*green)
		return;
	lock_take(LOCK_CONTEXTS);
	entry = handles_put(&greens, (uintptr_t)*green);
	if (entry)
		entry->green_device = ARGUMENT(frame, 2, cu_device);
	lock_give(LOCK_CONTEXTS);
}

/* cuCtxFromGreenCtx(context *, green context): it ends with the green one. */
static void after_from_green(struct frame *frame, int status)
{
	void **handle = ARGUMENT(frame, 0, void **);
	const void *green = ARGUMENT(frame, 1, const void *);
	struct handle_entry *entry;
	struct context *context;
	int device = -1;

	if (status || !handle || !*handle)
		return;
	lock_take(LOCK_CONTEXTS);
	entry = handles_find(&greens, (uintptr_t)green);
	if (entry)
		device = entry->green_device;
	lock_give(LOCK_CONTEXTS);
	context = entry ? context_given(*handle, device) : context_of(*handle);
	if (context && !context->common)
		context->green = green;
}

static bool is_of_green(const struct context *context, const void *green)
{
	return context->green == green;
}

static void before_green_destroy(struct frame *frame)
{
	const void *green = ARGUMENT(frame, 0, const void *);
	struct handle_entry *entry;

	begin_end(frame, NULL);
	lock_take(LOCK_CONTEXTS);
	entry = green ? handles_find(&greens, (uintptr_t)green) : NULL;
	if (entry) {
		note_of(frame)->ending.green_device = (int16_t)entry->green_device;
		handles_remove(&greens, entry);
	}
	lock_give(LOCK_CONTEXTS);
	note_of(frame)->ending.green = entry != NULL;
	for (struct context *c = NULL; green && (c = context_next(c, is_of_green, green));)
		context_ends(c);
}

static void after_green_destroy(struct frame *frame, int status)
{
	const void *green = ARGUMENT(frame, 0, const void *);
	const union note *note = note_of(frame);
	struct handle_entry *entry;

	for (struct context *c = NULL; green && (c = context_next(c, is_of_green, green));) {
		if (status)
			context_lives_on(c, note->ending.newest);
		else
			context_ended(c, note->ending.newest);
	}
	if (!status) {
		context_changed();
	} else if (note->ending.green) {
		lock_take(LOCK_CONTEXTS);
		entry = handles_put(&greens, (uintptr_t)green);
		if (entry)
			entry->green_device = note->ending.green_device;
		lock_give(LOCK_CONTEXTS);
	}
}

static void after_primary_retain(struct frame *frame, int status)
{
	void **handle = ARGUMENT(frame, 0, void **);
	struct context *context;

	if (status || !handle || !*handle)
		return;
	context = context_given(*handle, ARGUMENT(frame, 1, cu_device));
	if (!context || context->common)
		return;
	if (context->primary)
		__atomic_fetch_add(&context->uses, 1, __ATOMIC_RELAXED);
	context->primary = true;
}

static bool is_primary_of(const struct context *context, const void *device)
{
	return context->primary && context->device == *(const cu_device *)device;
}

static struct context *primary_of(cu_device device)
{
	return context_next(NULL, is_primary_of, &device);
}

static void before_primary_reset(struct frame *frame)
{
	begin_end(frame, primary_of(ARGUMENT(frame, 0, cu_device)));
}

/* The last release ends the context. */
static void before_primary_release(struct frame *frame)
{
	struct context *context = primary_of(ARGUMENT(frame, 0, cu_device));

	note_of(frame)->ending.newest = contexts_newest();
	note_of(frame)->ending.context = context;
	if (context && is_last_use(context))
		context_ends(context);
}

/* Whatever this thread thinks of the count, another one can have retained it meanwhile. */
static void after_primary_release(struct frame *frame, int status)
{
	cu_device device = ARGUMENT(frame, 0, cu_device);
	int (*state)(cu_device device, unsigned *flags, int *active);
	const union note *note = note_of(frame);
	struct context *context = note->ending.context;
	unsigned flags;
	int active;

	if (!context)
		return;
	state = status ? NULL : own_call(&primary_state_call);
	if (state && !state(device, &flags, &active) && !active) {
		context_ended(context, note->ending.newest);
		context_changed();
		return;
	}
	if (!status)
		one_use_less(context);
	context_lives_on(context, note->ending.newest);
}

void context_calls_forget(void)
{
	handles_forget(&greens);
}

const struct observer context_observers[] = {
	{ "cuCtxSetCurrent", NULL, after_set },
	{ "cuCtxPushCurrent", NULL, after_set },
	{ "cuCtxPushCurrent_v2", NULL, after_set },
	{ "cuCtxPopCurrent", NULL, after_change },
	{ "cuCtxPopCurrent_v2", NULL, after_change },
	{ "cuCtxCreate", NULL, after_create },
	{ "cuCtxCreate_v2", NULL, after_create },
	{ "cuCtxCreate_v3", NULL, after_create },
	{ "cuCtxCreate_v4", NULL, after_create },
	{ "cuGLCtxCreate", NULL, after_create },
	{ "cuGLCtxCreate_v2", NULL, after_create },
	{ "cuVDPAUCtxCreate", NULL, after_create },
	{ "cuVDPAUCtxCreate_v2", NULL, after_create },
	{ "cuCtxAttach", NULL, after_attach },
	{ "cuCtxDetach", before_detach, after_detach },
	{ "cuCtxDestroy", before_destroy, after_destroy },
	{ "cuCtxDestroy_v2", before_destroy, after_destroy },
	{ "cuGreenCtxCreate", NULL, after_green_create },
	{ "cuCtxFromGreenCtx", NULL, after_from_green },
	{ "cuGreenCtxDestroy", before_green_destroy, after_green_destroy },
	{ "cuDevicePrimaryCtxRetain", NULL, after_primary_retain },
	{ "cuDevicePrimaryCtxRelease", before_primary_release, after_primary_release },
	{ "cuDevicePrimaryCtxRelease_v2", before_primary_release, after_primary_release },
	{ "cuDevicePrimaryCtxReset", before_primary_reset, after_destroy },
	{ "cuDevicePrimaryCtxReset_v2", before_primary_reset, after_destroy },
	{ NULL },
};
