/* SPDX-License-Identifier: MIT */
/*
 * The calls by which contexts come, are current and go.
 */
#include "context_calls.h"

#include <stddef.h>

#include "../cuda/abi.h"
#include "../ground/lock.h"
#include "contexts.h"
#include "handles.h"
#include "note.h"
#include "observers.h"
#include "own_call.h"

static struct handle_table greens; /* green contexts. Under LOCK_CONTEXTS */
static bool any_green;             /* one is known as a context */

static struct own_call primary_state_call = { "cuDevicePrimaryCtxGetState" };
static struct own_call from_green_call = { "cuCtxFromGreenCtx" };

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

/* At 0 a primary context is kept by green ones, or by somebody who was not seen. */
static void one_use_less(struct context *context)
{
	if (__atomic_load_n(&context->uses, __ATOMIC_RELAXED))
		__atomic_fetch_sub(&context->uses, 1, __ATOMIC_RELAXED);
}

static bool is_primary_of(const struct context *context, const void *device)
{
	return context->primary && context->device == *(const cu_device *)device;
}

static struct context *primary_of(cu_device device)
{
	return context_next(NULL, is_primary_of, &device);
}

static bool has_ended(cu_device device)
{
	int (*state)(cu_device device, unsigned *flags, int *active) =
		own_call(&primary_state_call);
	unsigned flags;
	int active;

	return state && !state(device, &flags, &active) && !active;
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

/* It ends with the green one. */
static void know_green(void *handle, const void *green)
{
	struct handle_entry *entry;
	struct context *context;
	int device = -1;

	lock_take(LOCK_CONTEXTS);
	entry = handles_find(&greens, (uintptr_t)green);
	if (entry)
		device = entry->green_device;
	lock_give(LOCK_CONTEXTS);
	context = entry ? context_given(handle, device) : context_of(handle);
	if (!context || context->common)
		return;
	context->green = green;
	__atomic_store_n(&any_green, true, __ATOMIC_RELEASE);
}

/* cuCtxFromGreenCtx(context *, green context) */
static void after_from_green(struct frame *frame, int status)
{
	void **handle = ARGUMENT(frame, 0, void **);

	if (!status && handle && *handle)
		know_green(*handle, ARGUMENT(frame, 1, const void *));
}

static bool is_of_green(const struct context *context, const void *green)
{
	return context->green == green;
}

struct context *context_of_green(const void *green)
{
	return green ? context_next(NULL, is_of_green, green) : NULL;
}

/* cuGreenCtxStreamCreate(stream *, green context, ...): what is put into it is the green one's. */
static void after_green_stream(struct frame *frame, int status)
{
	int (*from_green)(void **context, const void *green);
	const void *green = ARGUMENT(frame, 1, const void *);
	void *handle;

	if (status || context_of_green(green))
		return;
	from_green = own_call(&from_green_call);
	if (from_green && !from_green(&handle, green) && handle)
		know_green(handle, green);
}

static bool is_green_of(const struct context *context, const void *primary)
{
	return context->green && context->device == ((const struct context *)primary)->device;
}

struct context *context_part(struct context *from, const struct context *context)
{
	if (!context->primary || !__atomic_load_n(&any_green, __ATOMIC_ACQUIRE))
		return NULL;
	return context_next(from, is_green_of, context);
}

/* The primary context, if nobody is known to keep it but green ones. */
static struct context *kept_by_greens(cu_device device)
{
	struct context *primary = primary_of(device);

	return primary && !__atomic_load_n(&primary->uses, __ATOMIC_RELAXED) ? primary : NULL;
}

static void before_green_destroy(struct frame *frame)
{
	const void *green = ARGUMENT(frame, 0, const void *);
	struct handle_entry *entry;
	cu_device device = -1;

	lock_take(LOCK_CONTEXTS);
	entry = green ? handles_find(&greens, (uintptr_t)green) : NULL;
	if (entry) {
		device = entry->green_device;
		handles_remove(&greens, entry);
	}
	lock_give(LOCK_CONTEXTS);
	begin_end(frame, entry ? kept_by_greens(device) : NULL);
	note_of(frame)->ending.green_device = (int16_t)device;
	note_of(frame)->ending.green = entry != NULL;
	for (struct context *c = NULL; green && (c = context_next(c, is_of_green, green));)
		context_ends(c);
}

/* The last green context of a device may be the last that keeps the primary one. */
static void after_kept(const union note *note, int status)
{
	struct context *primary = note->ending.context;

	if (primary && !status && has_ended(note->ending.green_device))
		context_ended(primary, note->ending.newest);
	else if (primary)
		context_lives_on(primary, note->ending.newest);
}

static void after_green_destroy(struct frame *frame, int status)
{
	const void *green = ARGUMENT(frame, 0, const void *);
	const union note *note = note_of(frame);
	struct handle_entry *entry;

	after_kept(note, status);
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
	const union note *note = note_of(frame);
	struct context *context = note->ending.context;

	if (!context)
		return;
	if (!status && has_ended(ARGUMENT(frame, 0, cu_device))) {
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
	any_green = false;
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
	{ "cuGreenCtxStreamCreate", NULL, after_green_stream },
	{ "cuGreenCtxDestroy", before_green_destroy, after_green_destroy },
	{ "cuDevicePrimaryCtxRetain", NULL, after_primary_retain },
	{ "cuDevicePrimaryCtxRelease", before_primary_release, after_primary_release },
	{ "cuDevicePrimaryCtxRelease_v2", before_primary_release, after_primary_release },
	{ "cuDevicePrimaryCtxReset", before_primary_reset, after_destroy },
	{ "cuDevicePrimaryCtxReset_v2", before_primary_reset, after_destroy },
	{ NULL },
};
