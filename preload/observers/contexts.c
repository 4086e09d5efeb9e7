#include "contexts.h"

#include <stddef.h>

#include "../cuda/abi.h"
#include "../ground/lock.h"
#include "../hooks/threads.h"
#include "../segment/writer.h"
#include "generation.h"
#include "handles.h"
#include "note.h"
#include "observers.h"
#include "own_call.h"

enum { CONTEXTS_MAX = 512, UNKNOWN_DEVICE = -1 };

static struct context contexts[CONTEXTS_MAX]; /* written under LOCK_CONTEXTS */
static unsigned n_contexts;

static struct handle_table greens; /* by context. Under LOCK_CONTEXTS */

struct green_end {
	const void *green;
	struct context *contexts[8]; /* one is what a driver gives */
	unsigned n;
};

static context_end_function *const *ends;

static struct own_call get_current_call = { "cuCtxGetCurrent" };
static struct own_call get_device_call = { "cuCtxGetDevice" };
static struct own_call primary_state_call = { "cuDevicePrimaryCtxGetState" };

static uint32_t make_rows(int device)
{
	struct segment_row rows[CONTEXT_ROWS] = { { 0 } };

	for (int i = 0; i < CONTEXT_ROWS; i++) {
		rows[i].kind = (uint8_t)(ROW_LAUNCHES + i);
		rows[i].device = (int16_t)device;
	}
	return writer_rows(rows, CONTEXT_ROWS);
}

/* Under LOCK_CONTEXTS. */
static struct context *find(const void *handle)
{
	for (unsigned i = 0; i < n_contexts; i++)
		if (contexts[i].handle == handle)
			return &contexts[i];
	return NULL;
}

/* The rows of a context that is gone serve the next one on its device. */
static struct context *find_free(int device)
{
	for (unsigned i = 0; i < n_contexts; i++)
		if (!contexts[i].handle && !contexts[i].ending && contexts[i].device == device)
			return &contexts[i];
	return NULL;
}

static struct context *make(void *handle, int device)
{
	struct context *c = find_free(device);

	if (!c) {
		uint32_t row = n_contexts < CONTEXTS_MAX ? make_rows(device) : 0;

		if (!row)
			return NULL;
		c = &contexts[n_contexts++];
		c->row = row;
		c->device = device;
		writer_device(device);
	}
	c->handle = handle;
	c->primary = 0;
	return c;
}

static struct context *find_or_make(void *handle, int device)
{
	struct context *c;

	lock_take(LOCK_CONTEXTS);
	c = find(handle);
	if (!c)
		c = make(handle, device);
	lock_give(LOCK_CONTEXTS);
	return c;
}

struct context *context_of(const void *handle)
{
	struct context *c;

	lock_take(LOCK_CONTEXTS);
	c = find(handle);
	lock_give(LOCK_CONTEXTS);
	return c;
}

unsigned context_number(const struct context *context)
{
	return (unsigned)(context - contexts);
}

static struct context *ask(void)
{
	/* Any address that is no context's stands for the unknown one. */
	int (*get_current)(void **context) = own_call(&get_current_call);
	int (*get_device)(cu_device * device);
	void *handle = NULL;
	cu_device device;

	if (!get_current || get_current(&handle) || !handle)
		return find_or_make(&contexts, UNKNOWN_DEVICE);
	get_device = own_call(&get_device_call);
	if (!get_device || get_device(&device))
		device = UNKNOWN_DEVICE;
	return find_or_make(handle, device);
}

void contexts_tell(context_end_function *const *functions)
{
	ends = functions;
}

/* What this thread knows from now on. */
static void look(struct context *context, uint32_t generation)
{
	thread_self.view.context = context;
	thread_self.view.key.generation = context ? generation : 0;
	thread_self.view.key.row = context ? context->row : 0;
}

struct context *context_current(void)
{
	uint32_t now = generation_now();

	if (thread_self.view.context && thread_self.view.key.generation == now)
		return thread_self.view.context;
	look(ask(), now);
	return thread_self.view.context;
}

uint64_t context_kernels(const struct context *context)
{
	return writer_sum(context->row).launches +
	       writer_sum(context->row + ROW_GRAPHS - ROW_LAUNCHES).kernels;
}

void context_confirm(struct context *context, uint64_t kernels)
{
	struct segment_row *row = writer_row_at(context->row);
	uint64_t now = __atomic_load_n(&row->confirmed, __ATOMIC_RELAXED);

	kernels -= __atomic_load_n(&row->abandoned, __ATOMIC_RELAXED);
	while (now < kernels && !__atomic_compare_exchange_n(&row->confirmed, &now, kernels, 0,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		continue;
}

/* What it had not been seen to finish will not be. */
static void gone(struct context *context)
{
	struct segment_row *row = writer_row_at(context->row);

	row->abandoned = context_kernels(context) - row->confirmed;
	for (unsigned i = 0; ends && ends[i]; i++)
		ends[i](context);
	lock_take(LOCK_CONTEXTS);
	context->handle = context->ending = NULL;
	lock_give(LOCK_CONTEXTS);
	generation_changes();
}

/*
 * The driver may give the handle to a context that another thread makes before the call that
 * destroys this one has come back. Under LOCK_CONTEXTS.
 */
static void is_ending(struct context *context)
{
	context->ending = context->handle;
	context->handle = NULL;
}

static void lives_on(struct context *context)
{
	lock_take(LOCK_CONTEXTS);
	context->handle = context->ending;
	context->ending = NULL;
	lock_give(LOCK_CONTEXTS);
}

void contexts_forget(void)
{
	for (unsigned i = 0; i < n_contexts; i++)
		contexts[i].handle = contexts[i].ending = NULL;
	handles_forget(&greens);
	generation_changes();
}

/* cuCtxSetCurrent, cuCtxPushCurrent: the argument is current now, if we know it. */
static void after_set(struct frame *frame, int status)
{
	void *handle = ARGUMENT(frame, 0, void *);

	if (status)
		return;
	look(handle ? context_of(handle) : NULL, generation_now());
	if (handle)
		(void)context_current(); /* from now on it is known, with its device */
}

/* cuCtxPopCurrent, cuCtxCreate, ...: the next call that needs it asks. */
static void after_change(struct frame *frame, int status)
{
	(void)frame;
	if (status)
		return;
	look(NULL, 0);
}

/* cuCtxCreate and its like: what it made is current. */
static void after_create(struct frame *frame, int status)
{
	after_change(frame, status);
	if (!status)
		(void)context_current();
}

static void before_destroy(struct frame *frame)
{
	struct context *context;

	lock_take(LOCK_CONTEXTS);
	context = ARGUMENT(frame, 0, void *) ? find(ARGUMENT(frame, 0, void *)) : NULL;
	if (context)
		is_ending(context);
	lock_give(LOCK_CONTEXTS);
	note_of(frame)->ending = context;
}

static void after_destroy(struct frame *frame, int status)
{
	struct context *context = note_of(frame)->ending;

	if (status) {
		if (context)
			lives_on(context);
		return;
	}
	look(NULL, 0);
	if (context)
		gone(context);
}

/* cuCtxFromGreenCtx(context *, green context): it ends with the green one. */
static void after_from_green(struct frame *frame, int status)
{
	void **handle = ARGUMENT(frame, 0, void **);
	struct handle_entry *entry;

	if (status || !handle || !*handle)
		return;
	lock_take(LOCK_CONTEXTS);
	entry = handles_put(&greens, (uintptr_t)*handle);
	if (entry)
		entry->green = ARGUMENT(frame, 1, void *);
	lock_give(LOCK_CONTEXTS);
}

static bool is_of_green(struct handle_entry *entry, void *wanted)
{
	struct green_end *end = wanted;

	if (entry->green != end->green)
		return false;
	if (end->n < sizeof(end->contexts) / sizeof(end->contexts[0]))
		end->contexts[end->n++] = find((const void *)(uintptr_t)entry->key);
	return true;
}

static void after_green_destroy(struct frame *frame, int status)
{
	struct green_end end = { .green = ARGUMENT(frame, 0, void *) };

	if (status)
		return;
	lock_take(LOCK_CONTEXTS);
	handles_remove_if(&greens, is_of_green, &end);
	lock_give(LOCK_CONTEXTS);
	for (unsigned i = 0; i < end.n; i++)
		if (end.contexts[i])
			gone(end.contexts[i]);
	generation_changes();
}

static void after_primary_retain(struct frame *frame, int status)
{
	void **handle = ARGUMENT(frame, 0, void **);
	struct context *context;

	if (status || !handle || !*handle)
		return;
	context = find_or_make(*handle, ARGUMENT(frame, 1, cu_device));
	if (context)
		context->primary = 1;
}

static void primary_gone(cu_device device)
{
	for (unsigned i = 0; i < n_contexts; i++)
		if (contexts[i].handle && contexts[i].primary && contexts[i].device == device)
			gone(&contexts[i]);
}

static void after_primary_reset(struct frame *frame, int status)
{
	if (!status)
		primary_gone(ARGUMENT(frame, 0, cu_device));
}

/* The last release ends the context. */
static void after_primary_release(struct frame *frame, int status)
{
	cu_device device = ARGUMENT(frame, 0, cu_device);
	int (*state)(cu_device device, unsigned *flags, int *active);
	unsigned flags;
	int active;

	if (status)
		return;
	state = own_call(&primary_state_call);
	if (state && !state(device, &flags, &active) && !active)
		primary_gone(device);
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
	{ "cuCtxAttach", NULL, after_change },
	{ "cuCtxDetach", NULL, after_change },
	{ "cuCtxFromGreenCtx", NULL, after_from_green },
	{ "cuGreenCtxDestroy", NULL, after_green_destroy },
	{ "cuCtxDestroy", before_destroy, after_destroy },
	{ "cuCtxDestroy_v2", before_destroy, after_destroy },
	{ "cuDevicePrimaryCtxRetain", NULL, after_primary_retain },
	{ "cuDevicePrimaryCtxRelease", NULL, after_primary_release },
	{ "cuDevicePrimaryCtxRelease_v2", NULL, after_primary_release },
	{ "cuDevicePrimaryCtxReset", NULL, after_primary_reset },
	{ "cuDevicePrimaryCtxReset_v2", NULL, after_primary_reset },
	{ NULL },
};
