/* SPDX-License-Identifier: MIT */
#include "lanes.h"

#include <stddef.h>

#include "../ground/large.h"
#include "../ground/lock.h"
#include "../segment/blocks.h"
#include "../segment/writer.h"

/* Streams that live at the same time have a lane each; those that went lend theirs. */
enum { LANES_MAX = 1024, LANE_ROWS = ROW_GRAPHS - ROW_LAUNCHES + 1 };

/* Both under LOCK_CONTEXTS. */
LARGE static struct lane lanes[LANES_MAX];
static unsigned n_lanes;

static uint64_t key_of(const struct lane *lane)
{
	return __atomic_load_n(&lane->key, __ATOMIC_ACQUIRE);
}

static struct lane *next_of(const struct lane *lane)
{
	return __atomic_load_n(&lane->next, __ATOMIC_ACQUIRE);
}

/* Who reads the key finds the rest as it is for that key. */
static void give_key(struct lane *lane, uint64_t key)
{
	__atomic_store_n(&lane->key, key, __ATOMIC_RELEASE);
}

struct lane *lane_find(struct lane *first, uint64_t key)
{
	struct lane *lane = first;

	while (lane && key_of(lane) != key)
		lane = next_of(lane);
	return lane;
}

uint64_t lane_kernels(const struct lane *lane)
{
	return blocks_sum(lane->row).launches +
	       blocks_sum(lane->row + ROW_GRAPHS - ROW_LAUNCHES).kernels;
}

static uint64_t settled(const struct segment_row *row)
{
	return __atomic_load_n(&row->confirmed, __ATOMIC_RELAXED) +
	       __atomic_load_n(&row->abandoned, __ATOMIC_RELAXED);
}

bool lane_is_done(const struct lane *lane, uint64_t kernels)
{
	return kernels <= settled(writer_row_at(lane->row));
}

void lane_confirm(struct lane *lane, uint64_t kernels)
{
	struct segment_row *row = writer_row_at(lane->row);
	uint64_t now = __atomic_load_n(&row->confirmed, __ATOMIC_RELAXED);
	uint64_t abandoned = __atomic_load_n(&row->abandoned, __ATOMIC_RELAXED);

	if (kernels <= abandoned)
		return; /* of a context that has ended */
	kernels -= abandoned;
	while (now < kernels && !__atomic_compare_exchange_n(&row->confirmed, &now, kernels, 0,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		continue;
}

/*
 * A lane whose stream is gone, and of which nothing is left to confirm. A thread's own stream is
 * gone when another thread has its number.
 */
static struct lane *free_lane(struct lane *first, const struct lane_stream *stream)
{
	for (struct lane *lane = first->next; lane; lane = lane->next) {
		if (stream->thread && lane->thread == stream->thread)
			give_key(lane, 0);
		if (!lane->key && lane_is_done(lane, lane_kernels(lane)))
			return lane;
	}
	return NULL;
}

static uint32_t make_rows(const struct lane *first)
{
	struct segment_row rows[LANE_ROWS] = { { 0 } };

	if (n_lanes == LANES_MAX || !writer_has_rows(LANE_ROWS))
		return 0;
	for (int i = 0; i < LANE_ROWS; i++) {
		rows[i].kind = (uint8_t)(ROW_LAUNCHES + i);
		rows[i].device = writer_row_at(first->row)->device;
	}
	return writer_rows(rows, LANE_ROWS);
}

static struct lane *new_lane(struct lane *first)
{
	uint32_t row = make_rows(first);
	struct lane *lane;

	if (!row)
		return NULL;
	lane = &lanes[n_lanes++];
	*lane = (struct lane){ .next = first->next, .row = row };
	__atomic_store_n(&first->next, lane, __ATOMIC_RELEASE);
	return lane;
}

/* Under LOCK_CONTEXTS. */
static struct lane *make(struct lane *first, const struct lane_stream *stream)
{
	struct lane *lane = lane_find(first, stream->key);

	if (lane)
		return lane;
	lane = free_lane(first, stream);
	if (!lane)
		lane = new_lane(first);
	if (!lane) {
		first->of = LANE_OF_CONTEXT;
		gap(GAP_STREAMS);
		return first;
	}
	lane->blocking = stream->blocking;
	lane->thread = stream->thread;
	give_key(lane, stream->key);
	return lane;
}

struct lane *lane_make(struct lane *first, const struct lane_stream *stream)
{
	struct lane *lane;

	lock_take(LOCK_CONTEXTS);
	lane = make(first, stream);
	lock_give(LOCK_CONTEXTS);
	return lane;
}

struct lane *lane_stream_ends(struct lane *first, uint64_t key)
{
	struct lane *lane;

	lock_take(LOCK_CONTEXTS);
	lane = lane_find(first, key);
	if (lane)
		give_key(lane, 0);
	lock_give(LOCK_CONTEXTS);
	return lane;
}

/* Unless another stream has the lane by now: then this one gets a new one. */
void lane_stream_lives_on(struct lane *lane, uint64_t key)
{
	lock_take(LOCK_CONTEXTS);
	if (!lane->key)
		give_key(lane, key);
	lock_give(LOCK_CONTEXTS);
}

void lanes_end(struct lane *first)
{
	for (struct lane *lane = first; lane; lane = next_of(lane)) {
		struct segment_row *row = writer_row_at(lane->row);

		row->abandoned = lane_kernels(lane) - row->confirmed;
		if (lane != first)
			give_key(lane, 0);
	}
	first->of = LANE_OF_STREAM;
}

void lanes_forget(struct lane *first)
{
	for (struct lane *lane = first->next; lane; lane = lane->next)
		lane->key = 0;
	first->of = LANE_OF_STREAM;
}
