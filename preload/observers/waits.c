/* SPDX-License-Identifier: MIT */
#include "waits.h"

#include <stddef.h>
#include <string.h>

#include "../ground/arena.h"
#include "../ground/lock.h"
#include "handles.h"
#include "observers.h"

/* More contexts are left out: too few kernels are confirmed then, and never too many. */
enum { PAST_CONTEXTS = 8 };

struct past {
	struct past *next;   /* while it is free */
	struct context *own; /* of the stream that it is of */
	unsigned n;
	struct {
		struct context *context;
		uint64_t kernels;
	} of[PAST_CONTEXTS];
};

/* All under LOCK_WAITS. */
static struct handle_table events, followers;
static struct past *free_pasts;
static struct arena arena;

static struct past *new_past(struct context *own)
{
	struct past *past = free_pasts;

	if (past)
		free_pasts = past->next;
	else
		past = arena_take(&arena, sizeof(*past));
	if (past)
		*past = (struct past){ .own = own };
	return past;
}

/* NULL is fine. */
static void give_back(struct past *past)
{
	if (!past)
		return;
	past->next = free_pasts;
	free_pasts = past;
}

static void add(struct past *past, struct context *context, uint64_t kernels)
{
	unsigned i = 0;

	while (i < past->n && past->of[i].context != context)
		i++;
	if (i == PAST_CONTEXTS)
		return;
	if (i == past->n) {
		past->of[past->n++].context = context;
		past->of[i].kernels = 0;
	}
	if (past->of[i].kernels < kernels)
		past->of[i].kernels = kernels;
}

static void add_all(struct past *past, const struct past *other)
{
	for (unsigned i = 0; i < other->n; i++)
		add(past, other->of[i].context, other->of[i].kernels);
}

static struct past *find(const struct handle_table *table, uint64_t key)
{
	const struct handle_entry *entry = handles_find(table, key);

	return entry ? entry->past : NULL;
}

/* The caller owns what was there. */
static struct past *replace(struct handle_table *table, uint64_t key, struct past *by)
{
	struct handle_entry *entry = by ? handles_put(table, key) : handles_find(table, key);
	struct past *old = by; /* without memory it is not kept */

	if (entry) {
		old = entry->past;
		entry->past = by;
	}
	if (entry && !by)
		handles_remove(table, entry);
	return old;
}

struct past *wait_for_events(const void *event, const void *other)
{
	const struct past *first, *second;
	struct past *copy = NULL;

	lock_take(LOCK_WAITS);
	first = find(&events, (uintptr_t)event);
	second = other ? find(&events, (uintptr_t)other) : NULL;
	if (first || second)
		copy = new_past(NULL);
	if (copy && first)
		add_all(copy, first);
	if (copy && second)
		add_all(copy, second);
	lock_give(LOCK_WAITS);
	return copy;
}

struct past *wait_begin(uint64_t key, struct context *context)
{
	uint64_t kernels = context ? context_kernels(context) : 0;
	const struct past *followed;
	struct past *past;

	lock_take(LOCK_WAITS);
	past = context ? new_past(context) : NULL;
	followed = find(&followers, key);
	if (past)
		add(past, context, kernels);
	if (past && followed)
		add_all(past, followed);
	lock_give(LOCK_WAITS);
	return past;
}

/* Most programs have nothing that follows, which is seen without the lock. */
static bool nobody_follows(void)
{
	return !__atomic_load_n(&followers.used, __ATOMIC_RELAXED);
}

struct past *wait_for_stream(uint64_t key, struct context *context)
{
	bool follows;

	if (nobody_follows())
		return NULL;
	lock_take(LOCK_WAITS);
	follows = find(&followers, key) != NULL;
	lock_give(LOCK_WAITS);
	return follows ? wait_begin(key, context) : NULL;
}

struct past *wait_for_context(struct context *context)
{
	struct past *past = nobody_follows() ? NULL : wait_begin(0, context);

	if (!past)
		return NULL;
	lock_take(LOCK_WAITS);
	for (size_t i = 0; i < followers.size; i++)
		if (followers.entries[i].key && followers.entries[i].past->own == context)
			add_all(past, followers.entries[i].past);
	lock_give(LOCK_WAITS);
	return past;
}

void event_recorded(const void *event, struct past *past)
{
	lock_take(LOCK_WAITS);
	give_back(replace(&events, (uintptr_t)event, past));
	lock_give(LOCK_WAITS);
}

struct past *event_forget(const void *event)
{
	struct past *past;

	lock_take(LOCK_WAITS);
	past = replace(&events, (uintptr_t)event, NULL);
	lock_give(LOCK_WAITS);
	return past;
}

bool waits_for_others(const struct past *past, const struct context *context)
{
	return past->n > 1 || (past->n && past->of[0].context != context);
}

void stream_follows(uint64_t key, struct context *context, struct past *past)
{
	const struct past *before;

	lock_take(LOCK_WAITS);
	before = find(&followers, key);
	if (before)
		add_all(past, before);
	past->own = context;
	give_back(replace(&followers, key, past));
	lock_give(LOCK_WAITS);
}

struct past *stream_forget(uint64_t key)
{
	struct past *past;

	if (nobody_follows())
		return NULL;
	lock_take(LOCK_WAITS);
	past = replace(&followers, key, NULL);
	lock_give(LOCK_WAITS);
	return past;
}

void wait_succeeded(const struct past *past)
{
	for (unsigned i = 0; i < past->n; i++)
		context_confirm(past->of[i].context, past->of[i].kernels);
}

void wait_free(struct past *past)
{
	if (!past)
		return;
	lock_take(LOCK_WAITS);
	give_back(past);
	lock_give(LOCK_WAITS);
}

static bool is_of_context(struct handle_entry *entry, void *context)
{
	if (entry->past->own != context)
		return false;
	give_back(entry->past);
	return true;
}

void waits_context_ended(const struct context *context)
{
	lock_take(LOCK_WAITS);
	handles_remove_if(&events, is_of_context, (void *)(uintptr_t)context);
	handles_remove_if(&followers, is_of_context, (void *)(uintptr_t)context);
	lock_give(LOCK_WAITS);
}

void waits_forget(void)
{
	handles_forget(&events);
	handles_forget(&followers);
	free_pasts = NULL;
	memset(&arena, 0, sizeof(arena));
}
