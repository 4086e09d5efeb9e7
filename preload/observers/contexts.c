/* SPDX-License-Identifier: MIT */
#include "contexts.h"

#include <stddef.h>

#include "../cuda/abi.h"
#include "../ground/large.h"
#include "../ground/lock.h"
#include "../hooks/threads.h"
#include "../segment/writer.h"
#include "generation.h"
#include "observers.h"
#include "own_call.h"

enum { CONTEXTS_MAX = 512, UNKNOWN_DEVICE = -1 };

/* All under LOCK_CONTEXTS. */
LARGE static struct context contexts[CONTEXTS_MAX];
static unsigned n_contexts;
/* By device, from -1: of contexts without a place, and of those that ended during the call. */
LARGE static struct context commons[1 + SEGMENT_DEVICES_MAX], lates[1 + SEGMENT_DEVICES_MAX];
static uint32_t born;

static const struct context_listener *listeners;

static struct own_call get_current_call = { "cuCtxGetCurrent" };
static struct own_call get_device_call = { "cuCtxGetDevice" };
static struct own_call get_id_call = { "cuCtxGetId" };

static uint32_t make_rows(int device)
{
	struct segment_row rows[CONTEXT_ROWS] = { { 0 } };

	for (int i = 0; i < CONTEXT_ROWS; i++) {
		rows[i].kind = (uint8_t)(ROW_LAUNCHES + i);
		rows[i].device = (int16_t)device;
	}
	return writer_rows(rows, CONTEXT_ROWS);
}

static bool exists(const struct context *context)
{
	return context->state == CONTEXT_ALIVE || context->state == CONTEXT_ENDING;
}

/* Without the driver's number, one that may be ending is not the one that a handle means now. */
static bool is_same(const struct context *context, const void *handle, uint64_t id)
{
	if (!exists(context) || context->handle != handle)
		return false;
	return id && context->id ? id == context->id : context->state == CONTEXT_ALIVE;
}

static struct context *find(const void *handle, uint64_t id)
{
	for (unsigned i = 0; i < n_contexts; i++)
		if (is_same(&contexts[i], handle, id))
			return &contexts[i];
	return NULL;
}

/* The handle is another context's by now. */
static struct context *find_outlived(const void *handle, uint64_t id)
{
	for (unsigned i = 0; id && i < n_contexts; i++)
		if (exists(&contexts[i]) && contexts[i].handle == handle && contexts[i].id &&
			contexts[i].id != id)
			return &contexts[i];
	return NULL;
}

/*
 * What there is no place for, or came too late, is counted for its device, and cannot be confirmed:
 * when which of them waited is not known. Rows are kept back for this (writer_has_rows).
 */
static struct context *common_of(struct context *list, int device)
{
	struct context *c;

	if (device < 0 || device >= SEGMENT_DEVICES_MAX)
		device = UNKNOWN_DEVICE;
	c = &list[1 + device];
	if (!c->row)
		c->row = make_rows(device);
	c->device = device;
	c->common = true;
	c->lane.row = c->row;
	c->lane.of = LANE_OF_DEVICE;
	return c->row ? c : NULL;
}

static struct context *new_place(int device)
{
	struct context *c;

	for (unsigned i = 0; i < n_contexts; i++)
		if (contexts[i].state == CONTEXT_FREE && contexts[i].device == device)
			return &contexts[i];
	if (n_contexts == CONTEXTS_MAX || !writer_has_rows(CONTEXT_ROWS))
		return NULL;
	c = &contexts[n_contexts];
	c->row = make_rows(device);
	if (!c->row)
		return NULL;
	n_contexts++;
	return c;
}

static struct context *make(void *handle, uint64_t id, int device)
{
	struct context *c = new_place(device);

	writer_device(device);
	if (!c) {
		gap(GAP_MANY_CONTEXTS);
		return common_of(commons, device);
	}
	if (c->lane.row)
		lanes_end(&c->lane); /* once more: a launch may have come late to the last one */
	*c = (struct context){ .handle = handle,
		.id = id,
		.device = device,
		.row = c->row,
		.life = ++born,
		.uses = 1,
		.state = CONTEXT_ALIVE,
		.lane = { .next = c->lane.next,
			.key = (uintptr_t)c,
			.row = c->row,
			.blocking = true } };
	return c;
}

static struct context *known(const void *handle, uint64_t id)
{
	struct context *c;

	lock_take(LOCK_CONTEXTS);
	c = find(handle, id);
	if (c && !c->id)
		c->id = id;
	lock_give(LOCK_CONTEXTS);
	return c;
}

static struct context *known_or_new(void *handle, uint64_t id, int device)
{
	struct context *c, *outlived;

	lock_take(LOCK_CONTEXTS);
	while (!(c = find(handle, id)) && (outlived = find_outlived(handle, id))) {
		lock_give(LOCK_CONTEXTS);
		context_ended(outlived, UINT32_MAX);
		lock_take(LOCK_CONTEXTS);
	}
	if (!c)
		c = make(handle, id, device);
	lock_give(LOCK_CONTEXTS);
	return c;
}

struct context *context_of(const void *handle)
{
	struct context *c;

	lock_take(LOCK_CONTEXTS);
	c = find(handle, 0);
	for (unsigned i = 0; !c && i < n_contexts; i++)
		if (exists(&contexts[i]) && contexts[i].handle == handle)
			c = &contexts[i];
	lock_give(LOCK_CONTEXTS);
	return c;
}

unsigned context_number(const struct context *context)
{
	return (unsigned)(context - contexts);
}

static uint64_t ask_id(void *handle)
{
	int (*get_id)(void *context, unsigned long long *id) = own_call(&get_id_call);
	unsigned long long id;

	return get_id && !get_id(handle, &id) ? id : 0;
}

static int ask_device(void)
{
	int (*get_device)(cu_device * device) = own_call(&get_device_call);
	cu_device device;

	return get_device && !get_device(&device) ? device : UNKNOWN_DEVICE;
}

/*
 * Another thread has ended the context while this one's call was on its way, or one is current that
 * nobody can tell of. The device that this thread was at last is the one.
 */
static struct context *ended_meanwhile(void)
{
	int device = thread_self.view.last_device - 1;
	struct context *c = NULL;

	if (device >= 0) {
		lock_take(LOCK_CONTEXTS);
		c = common_of(lates, device);
		lock_give(LOCK_CONTEXTS);
	}
	/* Any address that is no context's stands for the unknown one. */
	return c ? c : known_or_new(&contexts, 0, UNKNOWN_DEVICE);
}

static struct context *ask(void)
{
	int (*get_current)(void **context) = own_call(&get_current_call);
	void *handle = NULL;
	struct context *c;
	uint64_t id;
	int device;

	if (!get_current || get_current(&handle) || !handle)
		return ended_meanwhile();
	init_was_before();
	id = ask_id(handle);
	c = known(handle, id);
	if (c)
		return c;
	device = ask_device();
	return device == UNKNOWN_DEVICE ? ended_meanwhile() : known_or_new(handle, id, device);
}

bool context_ended_meanwhile(const struct context *context)
{
	return context >= lates && context < lates + 1 + SEGMENT_DEVICES_MAX;
}

bool context_lives(const struct context *context, uint32_t life)
{
	bool lives;

	lock_take(LOCK_CONTEXTS);
	lives = exists(context) && context->life == life;
	lock_give(LOCK_CONTEXTS);
	return lives;
}

struct context *context_given(void *handle, int device)
{
	init_was_before();
	return known_or_new(handle, ask_id(handle), device);
}

void contexts_tell(const struct context_listener *list)
{
	listeners = list;
}

/* What this thread knows from now on. */
static void look(struct context *context, uint32_t generation)
{
	thread_self.view.context = context;
	thread_self.view.generation = context ? generation : 0;
	thread_self.view.row = context ? context->row : 0;
	if (context)
		thread_self.view.last_device = context->device + 1;
}

struct context *context_current(void)
{
	uint32_t now = generation_now();

	if (thread_self.view.context && thread_self.view.generation == now)
		return thread_self.view.context;
	look(ask(), now);
	return thread_self.view.context;
}

void context_changed(void)
{
	look(NULL, 0);
}

/* Of the newest context that had the handle, should it have ended already. */
static int last_device_of(const void *handle)
{
	int device = UNKNOWN_DEVICE;
	uint32_t newest = 0;

	lock_take(LOCK_CONTEXTS);
	for (unsigned i = 0; handle && i < n_contexts; i++) {
		if (contexts[i].handle != handle || contexts[i].life < newest)
			continue;
		newest = contexts[i].life;
		device = contexts[i].device;
	}
	lock_give(LOCK_CONTEXTS);
	return device;
}

void context_is_current(void *handle)
{
	uint32_t now = generation_now();

	thread_self.view.last_device = last_device_of(handle) + 1;
	look(handle ? context_of(handle) : NULL, now);
	if (handle)
		(void)context_current(); /* from now on it is known, with its device */
}

static bool change_state(
	struct context *context, uint32_t newest, enum context_state from, enum context_state to)
{
	bool changed = false;

	lock_take(LOCK_CONTEXTS);
	if (context->life <= newest && context->state == from) {
		context->state = (uint8_t)to;
		changed = true;
	}
	lock_give(LOCK_CONTEXTS);
	return changed;
}

uint32_t contexts_newest(void)
{
	uint32_t n;

	lock_take(LOCK_CONTEXTS);
	n = born;
	lock_give(LOCK_CONTEXTS);
	return n;
}

static void ends(struct context *context, uint32_t newest)
{
	if (!change_state(context, newest, CONTEXT_ALIVE, CONTEXT_ENDING))
		return;
	for (const struct context_listener *l = listeners; l && l->ended; l++)
		if (l->ends)
			l->ends(context);
	generation_changes();
}

void context_ends(struct context *context)
{
	ends(context, UINT32_MAX);
}

void context_lives_on(struct context *context, uint32_t newest)
{
	if (!change_state(context, newest, CONTEXT_ENDING, CONTEXT_ALIVE))
		return;
	for (const struct context_listener *l = listeners; l && l->ended; l++)
		if (l->lives_on)
			l->lives_on(context);
	generation_changes();
}

/* Kernels that had not been seen to finish will not be. */
void context_ended(struct context *context, uint32_t newest)
{
	ends(context, newest);
	if (!change_state(context, newest, CONTEXT_ENDING, CONTEXT_CLOSING))
		return;
	lanes_end(&context->lane);
	for (const struct context_listener *l = listeners; l && l->ended; l++)
		l->ended(context);
	change_state(context, newest, CONTEXT_CLOSING, CONTEXT_FREE);
	generation_changes();
}

struct context *context_next(struct context *from,
	bool (*is)(const struct context *context, const void *what), const void *what)
{
	struct context *found = NULL;

	lock_take(LOCK_CONTEXTS);
	for (unsigned i = from ? context_number(from) + 1 : 0; !found && i < n_contexts; i++)
		if (exists(&contexts[i]) && is(&contexts[i], what))
			found = &contexts[i];
	lock_give(LOCK_CONTEXTS);
	return found;
}

/* The rows stay: the child's segment has the same ones. */
void contexts_forget(void)
{
	for (unsigned i = 0; i < n_contexts; i++) {
		contexts[i].state = CONTEXT_FREE;
		lanes_forget(&contexts[i].lane);
	}
	generation_changes();
}
