/* SPDX-License-Identifier: MIT */
#include "waits.h"

#include <stddef.h>
#include <string.h>

#include "../ground/arena.h"
#include "../ground/lock.h"
#include "context_calls.h"
#include "handles.h"
#include "observers.h"

/* Of one piece, and of pieces: an event of the default stream stands for all blocking ones. */
enum { PIECE_LANES = 8, PIECES_MAX = 128 };

struct past {
	struct past *next;   /* its next piece; the next free one */
	struct context *own; /* of the stream that it is of; of the first piece */
	bool blocking;       /* of a follower: the legacy default stream waits for it */
	unsigned n;
	struct {
		struct lane *lane;
		uint64_t kernels;
	} of[PIECE_LANES];
};

/* All under LOCK_WAITS. */
static struct handle_table events, followers;
static struct past *free_pieces;
static struct arena arena;

static struct past *new_piece(void)
{
	struct past *piece = free_pieces;

	if (piece)
		free_pieces = piece->next;
	else
		piece = arena_take(&arena, sizeof(*piece));
	if (piece)
		*piece = (struct past){ .n = 0 };
	return piece;
}

/* NULL is fine. */
static void give_back(struct past *past)
{
	while (past) {
		struct past *next = past->next;

		past->next = free_pieces;
		free_pieces = past;
		past = next;
	}
}

static void add_to_past(struct past *past, struct lane *lane, uint64_t kernels)
{
	unsigned pieces = 1;

	for (;; past = past->next, pieces++) {
		for (unsigned i = 0; i < past->n; i++) {
			if (past->of[i].lane != lane)
				continue;
			if (past->of[i].kernels < kernels)
				past->of[i].kernels = kernels;
			return;
		}
		if (!past->next)
			break;
	}
	if (past->n == PIECE_LANES) {
		past->next = pieces < PIECES_MAX ? new_piece() : NULL;
		past = past->next;
	}
	if (!past)
		return;
	past->of[past->n].lane = lane;
	past->of[past->n++].kernels = kernels;
}

static struct past *make_past(struct waited *waited)
{
	struct past *past;

	if (waited->kernels == WAITED_PAST)
		return waited->past;
	past = new_piece();
	if (!past)
		return NULL;
	if (waited->lane)
		add_to_past(past, waited->lane, waited->kernels);
	*waited = (struct waited){ .past = past, .kernels = WAITED_PAST };
	return past;
}

/* The first lane needs no memory, and no lock. */
static void add(struct waited *waited, struct lane *lane, uint64_t kernels)
{
	struct past *past;

	if (!waited->lane) {
		waited->lane = lane;
		waited->kernels = kernels;
		return;
	}
	lock_take(LOCK_WAITS);
	past = make_past(waited);
	if (past)
		add_to_past(past, lane, kernels);
	lock_give(LOCK_WAITS);
}

static void add_lane(struct waited *waited, struct lane *lane, enum lane_of at_most)
{
	uint64_t kernels;

	if ((enum lane_of)lane->of > at_most)
		return;
	kernels = lane_kernels(lane);
	if (!lane_is_done(lane, kernels))
		add(waited, lane, kernels);
}

static struct past *find(const struct handle_table *table, uint64_t key)
{
	const struct handle_entry *entry = handles_find(table, key);

	return entry ? entry->past : NULL;
}

/* Under LOCK_WAITS. NULL is fine. */
static void add_past(struct waited *waited, const struct past *from)
{
	struct past *past = from ? make_past(waited) : NULL;

	for (; past && from; from = from->next)
		for (unsigned i = 0; i < from->n; i++)
			add_to_past(past, from->of[i].lane, from->of[i].kernels);
}

/* Most programs have nothing that follows, which is seen without the lock. */
static bool nobody_follows(void)
{
	return !__atomic_load_n(&followers.used, __ATOMIC_RELAXED);
}

/* What the stream of that key follows. */
static void add_followed(struct waited *waited, uint64_t key)
{
	if (nobody_follows() || !key)
		return;
	lock_take(LOCK_WAITS);
	add_past(waited, find(&followers, key));
	lock_give(LOCK_WAITS);
}

static struct lane *next_of(const struct lane *lane)
{
	return __atomic_load_n(&lane->next, __ATOMIC_ACQUIRE);
}

/* Those of a context, or the blocking ones alone. A stream that only waits has no lane. */
static void add_followers(struct waited *waited, const struct context *context, bool blocking)
{
	if (nobody_follows())
		return;
	lock_take(LOCK_WAITS);
	for (size_t i = 0; i < followers.size; i++) {
		const struct past *past =
			followers.entries[i].key ? followers.entries[i].past : NULL;

		if (past && past->own == context && (past->blocking || !blocking))
			add_past(waited, past);
	}
	lock_give(LOCK_WAITS);
}

/* What the legacy default stream waits for. */
static void add_blocking(struct waited *waited, struct context *context)
{
	for (struct lane *lane = &context->lane; lane; lane = next_of(lane))
		if (lane->blocking)
			add_lane(waited, lane, LANE_OF_STREAM);
	add_followers(waited, context, true);
}

/* What all its streams follow has a key that is no stream's: pointers are even. */
static uint64_t key_of_all(const struct context *context)
{
	return (uintptr_t)context | 1;
}

struct waited wait_for_stream(struct context *context, struct lane *lane, uint64_t key)
{
	struct waited waited = { .lane = NULL };

	if (!context || !lane)
		return waited;
	add_followed(&waited, key_of_all(context));
	if (key == context->lane.key) {
		add_blocking(&waited, context);
		return waited;
	}
	add_followed(&waited, key);
	if (lane == &context->lane)
		return waited; /* it has none of its own */
	add_lane(&waited, lane, LANE_OF_STREAM);
	if (lane->blocking) {
		add_lane(&waited, &context->lane, LANE_OF_STREAM);
		add_followed(&waited, context->lane.key);
	}
	return waited;
}

static void add_context(struct waited *waited, struct context *context)
{
	for (struct lane *lane = &context->lane; lane; lane = next_of(lane))
		add_lane(waited, lane, LANE_OF_CONTEXT);
	add_followers(waited, context, false);
}

struct waited wait_for_context(struct context *context)
{
	struct waited waited = { .lane = NULL };

	if (!context)
		return waited;
	add_context(&waited, context);
	for (struct context *part = NULL; (part = context_part(part, context));)
		add_context(&waited, part);
	return waited;
}

struct waited wait_for_events(const void *event, const void *other)
{
	struct waited waited = { .lane = NULL };

	lock_take(LOCK_WAITS);
	add_past(&waited, find(&events, (uintptr_t)event));
	add_past(&waited, other ? find(&events, (uintptr_t)other) : NULL);
	lock_give(LOCK_WAITS);
	return waited;
}

void wait_is_over(struct waited *waited)
{
	if (waited->kernels != WAITED_PAST) {
		if (waited->lane)
			lane_confirm(waited->lane, waited->kernels);
		return;
	}
	for (const struct past *past = waited->past; past; past = past->next)
		for (unsigned i = 0; i < past->n; i++)
			lane_confirm(past->of[i].lane, past->of[i].kernels);
	past_free(waited->past);
}

void wait_in_vain(struct waited *waited)
{
	if (waited->kernels == WAITED_PAST)
		past_free(waited->past);
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

static struct past *swap(struct handle_table *table, uint64_t key, struct past *by)
{
	struct past *old;

	lock_take(LOCK_WAITS);
	old = replace(table, key, by);
	lock_give(LOCK_WAITS);
	return old;
}

/* One that stands for nothing is no entry. */
static void put(struct handle_table *table, const struct follower *follower, struct waited *waited)
{
	struct past *past;

	lock_take(LOCK_WAITS);
	past = waited->lane ? make_past(waited) : NULL;
	if (past) {
		past->own = follower->context;
		past->blocking = follower->blocking;
	}
	give_back(replace(table, follower->key, past));
	lock_give(LOCK_WAITS);
}

void event_recorded(const void *event, struct context *context, struct waited *waited)
{
	put(&events, &(struct follower){ (uintptr_t)event, context, false }, waited);
}

struct past *event_forget(const void *event)
{
	return swap(&events, (uintptr_t)event, NULL);
}

void event_remember(const void *event, struct past *past)
{
	past_free(swap(&events, (uintptr_t)event, past));
}

struct past *stream_forget(uint64_t key)
{
	return nobody_follows() ? NULL : swap(&followers, key, NULL);
}

void stream_remember(uint64_t key, struct past *past)
{
	past_free(swap(&followers, key, past));
}

void stream_follows(const struct follower *follower, struct waited *waited)
{
	add_followed(waited, follower->key);
	put(&followers, follower, waited);
}

/* The parts of it are left out. */
void context_follows(struct context *context, struct waited *waited)
{
	stream_follows(&(struct follower){ key_of_all(context), context, false }, waited);
}

static bool any_past(struct handle_entry *entry, void *context)
{
	(void)context;
	give_back(entry->past);
	return true;
}

void events_forget(void)
{
	lock_take(LOCK_WAITS);
	handles_remove_if(&events, any_past, NULL);
	lock_give(LOCK_WAITS);
}

void past_free(struct past *past)
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
	free_pieces = NULL;
	memset(&arena, 0, sizeof(arena));
}
