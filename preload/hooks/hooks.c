/* SPDX-License-Identifier: MIT */
#include "hooks.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../cuda/functions.h"
#include "../cuda/layers.h"
#include "../ground/count.h"
#include "../ground/fork.h"
#include "../ground/large.h"
#include "../ground/lock.h"
#include "../ground/names.h"
#include "../segment/writer.h"
#include "../session/filtered.h"
#include "../session/process.h"
#include "arch.h"
#include "frames.h"
#include "routines.h"
#include "threads.h"

/* hooks.S knows these. */
_Static_assert(sizeof(struct hook) == 64, "");
_Static_assert(offsetof(struct hook, target) == 0, "");
_Static_assert(offsetof(struct hook, slot) == 16, "");
_Static_assert(offsetof(struct hook, after) == 24, "");
_Static_assert(offsetof(struct hook, observer) == 32, "");
_Static_assert(offsetof(struct hook, routine) == 40, "");
_Static_assert(offsetof(struct observer, launched) == 24, "");
_Static_assert(sizeof(struct frame) == 128, "");
_Static_assert(offsetof(struct frame, arguments) == 32, "");
_Static_assert(offsetof(struct frame, result) == 120, "");

enum { BUCKETS = 4 * HOOKS_MAX, TABLES_MAX = 24 };

extern const char hook_stubs[], hook_stubs_end[];

LARGE struct hook hooks[HOOKS_MAX] __attribute__((visibility("hidden")));

/* All under LOCK_HOOKS. Buckets hold numbers of hooks plus one; a stale hook keeps its bucket. */
LARGE static uint16_t buckets[BUCKETS];
static unsigned n_hooks;

static const struct observer *tables[TABLES_MAX];
static const struct observer *of_unknown;
static bool awake;
static hook_failed_function *on_failure[LAYERS];

void hooks_watch(const struct observer *table)
{
	for (unsigned i = 0; i < TABLES_MAX; i++) {
		if (tables[i])
			continue;
		tables[i] = table;
		return;
	}
	abort(); /* a table was added and TABLES_MAX was not raised */
}

void hooks_watch_unknown(const struct observer *observer)
{
	of_unknown = observer;
}

void hooks_on_failure(enum segment_layer layer, hook_failed_function *function)
{
	on_failure[layer] = function;
}

static void *stub_of(const struct hook *hook)
{
	return (void *)(uintptr_t)(hook_stubs + ARCH_STUB_SIZE * (hook - hooks));
}

bool hook_is_ours(const void *address)
{
	return (const char *)address >= hook_stubs && (const char *)address < hook_stubs_end;
}

void *hook_meant(void *address)
{
	void *target = NULL;

	if (hook_is_ours(address))
		target = hooks[((const char *)address - hook_stubs) / ARCH_STUB_SIZE].target;
	return target ? target : address;
}

static uint16_t *bucket_of(const void *target)
{
	return &buckets[((uintptr_t)target >> 4) * 0x9e3779b97f4a7c15ull >> 48 & (BUCKETS - 1)];
}

static uint16_t *next_bucket(uint16_t *bucket)
{
	return ++bucket == buckets + BUCKETS ? buckets : bucket;
}

static struct hook *find(const void *target)
{
	for (uint16_t *b = bucket_of(target); *b; b = next_bucket(b))
		if (hooks[*b - 1].target == target && !(hooks[*b - 1].flags & HOOK_STALE))
			return &hooks[*b - 1];
	return NULL;
}

struct hook *hook_find(const void *target)
{
	struct hook *hook;

	lock_take(LOCK_HOOKS);
	hook = find(target);
	lock_give(LOCK_HOOKS);
	return hook;
}

static void enter_bucket(struct hook *hook)
{
	uint16_t *b = bucket_of(hook->target);

	/* A hook that came back at its old address is in its bucket still. */
	while (*b && &hooks[*b - 1] != hook)
		b = next_bucket(b);
	*b = (uint16_t)(hook - hooks + 1);
}

/* A library that was unloaded and came back has its hooks, and their counts, again. */
static struct hook *revive(void *target, const char *library, const char *name)
{
	for (unsigned i = 0; i < n_hooks; i++) {
		struct hook *hook = &hooks[i];

		if (!(hook->flags & HOOK_STALE) || strcmp(hook->name, name) ||
			strcmp(hook->library, library))
			continue;
		hook->target = target;
		hook->flags &= (uint16_t)~HOOK_STALE;
		return hook;
	}
	return NULL;
}

/* The twins for the per-thread default stream have the same arguments. */
static size_t length_without_twin(const char *name)
{
	size_t n = strlen(name);

	if (n > 5 && (!strcmp(name + n - 5, "_ptsz") || !strcmp(name + n - 5, "_ptds")))
		return n - 5;
	return n;
}

static const struct observer *observer_of(const char *name)
{
	size_t n = length_without_twin(name);

	for (unsigned i = 0; i < TABLES_MAX && tables[i]; i++)
		for (const struct observer *o = tables[i]; o->name; o++)
			if (strlen(o->name) == n && !strncmp(o->name, name, n))
				return o;
	return NULL;
}

/* A function that came with a later CUDA may begin captures, and do work that is not counted. */
static const struct observer *driver_observer(const char *name)
{
	enum function_kind kind = function_kind(name, (unsigned)length_without_twin(name));

	if (kind != FUNCTION_UNKNOWN && kind != UNDECLARED)
		return observer_of(name);
	if (kind == FUNCTION_UNKNOWN && function_may_work(name))
		gap(GAP_UNKNOWN_FUNCTION);
	return of_unknown;
}

static bool looks_before(const struct observer *o)
{
	return o->before && (awake || !o->dozes);
}

static enum routine_kind choose_routine(const struct hook *hook)
{
	const struct observer *observer = hook->observer;

	if (!hook->row)
		return ROUTINE_PASS;
	if (!observer)
		return layer_returns_status(hook->layer, hook->name) ? ROUTINE_STATUS
								     : ROUTINE_COUNT;
	if (looks_before(observer))
		return observer->arguments != FIRST_SIX ? ROUTINE_OBSERVED_STACK : ROUTINE_OBSERVED;
	if (observer->arguments == FIRST_AND_NINTH)
		return ROUTINE_LAUNCH;
	return observer->arguments == FIRST_NINE ? ROUTINE_AFTER_STACK : ROUTINE_AFTER;
}

/* Calls that are on their way go on as they began. */
void hooks_wake(void)
{
	if (__atomic_load_n(&awake, __ATOMIC_ACQUIRE))
		return;
	lock_take(LOCK_HOOKS);
	awake = true;
	for (unsigned i = 0; i < n_hooks; i++)
		if (hooks[i].observer && hooks[i].observer->dozes)
			__atomic_store_n(&hooks[i].routine,
				routines[choose_routine(&hooks[i])].start, __ATOMIC_RELEASE);
	lock_give(LOCK_HOOKS);
}

/* What is not seen above the driver reaches the driver all the same. */
static void not_watched(enum segment_layer layer)
{
	gap(layer == LAYER_DRIVER ? GAP_FUNCTIONS : GAP_FUNCTIONS_ABOVE);
}

/* What the row says is also the hook's own copy of its names: strings never move. */
static void fill(struct hook *hook, void *target, enum segment_layer layer, const char *library,
	const char *name)
{
	struct segment_row row = { .kind = ROW_FUNCTION, .layer = (uint8_t)layer, .device = -1 };

	row.name = writer_string(name);
	row.library = writer_string(library);
	hook->row = row.name && row.library ? writer_row(&row) : 0;
	hook->target = target;
	hook->layer = (uint8_t)layer;
	hook->slot = hook->row * sizeof(struct segment_slot);
	hook->name = name_keep(name);
	hook->library = name_keep(library);
	hook->flags = length_without_twin(name) < strlen(name) ? HOOK_PER_THREAD : 0;
	hook->observer = layer == LAYER_DRIVER ? driver_observer(name) : NULL;
	hook->after = hook->observer && hook->observer->direct ? hook->observer->after : hook_after;
	hook->routine = routines[choose_routine(hook)].start;
	if (!hook->row)
		not_watched(layer);
}

static struct hook *make(
	void *target, enum segment_layer layer, const char *library, const char *name)
{
	struct hook *hook = revive(target, library, name);

	if (!hook) {
		if (n_hooks == HOOKS_MAX) {
			not_watched(layer);
			return NULL;
		}
		hook = &hooks[n_hooks];
		fill(hook, target, layer, library, name);
		if (!hook->name || !hook->library) {
			not_watched(layer);
			return NULL;
		}
		n_hooks++;
	}
	enter_bucket(hook);
	return hook;
}

void *hook_for(void *target, enum segment_layer layer, const char *library, const char *name)
{
	struct hook *hook = NULL;
	int saved = errno;

	if (hook_is_ours(target))
		return target;
	if (!process_touch()) {
		lock_take(LOCK_HOOKS);
		hook = find(target);
		if (!hook)
			hook = make(target, layer, library, name);
		lock_give(LOCK_HOOKS);
	} else {
		not_watched(layer);
	}
	errno = saved;
	return hook ? stub_of(hook) : NULL;
}

void hooks_forget(uintptr_t low, uintptr_t high)
{
	lock_take(LOCK_HOOKS);
	for (unsigned i = 0; i < n_hooks; i++)
		if ((uintptr_t)hooks[i].target >= low && (uintptr_t)hooks[i].target < high)
			hooks[i].flags |= HOOK_STALE;
	lock_give(LOCK_HOOKS);
}

void *hook_slow(struct hook *hook, uintptr_t stack, bool counted)
{
	if (!counted) {
		/* A signal handler may have called meanwhile. */
		if (thread_self.entry->block || (!lock_is_held() && !thread_attach()))
			return NULL;
		gap(GAP_CALLS);
		return hook->target;
	}
	if (!filter_kills_counting() &&
		!frames_settle(&thread_self.frame, &thread_self.area, stack))
		return (void *)(uintptr_t)routine_at(hook->routine)->enter;
	/* Whether it succeeds is not looked at. */
	gap(hook->observer ? GAP_NOT_OBSERVED : GAP_NO_STATUS);
	return hook->target;
}

void hook_before(struct frame *frame)
{
	int saved = errno;

	frame->note[0] = frame->note[1] = 0;
	if (!lock_is_held())
		frame->hook->observer->before(frame);
	errno = saved;
}

void hook_after(struct frame *frame, int status)
{
	int saved = errno;

	if (thread_ready()) {
		if (lock_is_held()) /* called by a signal handler, above a part of ours */
			gap(GAP_NOT_OBSERVED);
		else if (frame->hook->observer->after)
			frame->hook->observer->after(frame, status);
	} else if (!fork_happened()) {
		gap(GAP_NOT_OBSERVED);
	}
	errno = saved;
	if (status)
		hook_failed(frame->hook, status);
}

void hook_failed(struct hook *hook, int status)
{
	struct segment_slot *slot = thread_slot(hook->row);

	if (!slot || layer_not_ready(hook->layer, status))
		return;
	count_one(&slot->errors);
	__atomic_store_n(&writer_row_at(hook->row)->last_error, status, __ATOMIC_RELAXED);
	if (on_failure[hook->layer] && !lock_is_held())
		on_failure[hook->layer](hook, status);
}
