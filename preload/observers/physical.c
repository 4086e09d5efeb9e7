/* SPDX-License-Identifier: MIT */
/*
 * Physical memory (cuMemCreate) and what it is mapped to.
 *
 * It is given back when it is neither held by a handle nor mapped, in whatever order that comes
 * about (cuda.h, cuMemRelease). A handle's value can serve again while what it stood for is mapped
 * still, so each piece of memory has a number of its own here.
 */
#include <stddef.h>

#include "../cuda/abi.h"
#include "../ground/lock.h"
#include "../segment/writer.h"
#include "handles.h"
#include "memory.h"
#include "note.h"
#include "observers.h"

/* All under LOCK_MEMORY. */
static struct handle_table pieces;   /* by number */
static struct handle_table numbers;  /* by handle */
static struct handle_table mappings; /* by address */
static uint64_t last_number;

static struct allocation allocation_of(const struct piece *piece)
{
	return (struct allocation){ .bytes = piece->bytes,
		.context = NO_CONTEXT,
		.device = (int16_t)piece->device,
		.host = piece->device < 0,
		.known = true };
}

static void drop_holder(uint64_t number)
{
	struct handle_entry *entry = handles_find(&pieces, number);
	struct allocation m;

	if (!entry || --entry->piece.holders)
		return;
	m = allocation_of(&entry->piece);
	memory_account_free(&m, 1);
	handles_remove(&pieces, entry);
}

/* cuMemCreate(handle *, bytes, properties *, flags) */
static void after_create(struct frame *frame, int status)
{
	const uint64_t *handle = ARGUMENT(frame, 0, const uint64_t *);
	const struct cu_allocation_properties *p =
		ARGUMENT(frame, 2, const struct cu_allocation_properties *);
	struct handle_entry *piece, *number;
	struct allocation m;

	if (status || !handle || !*handle || !p)
		return;
	lock_take(LOCK_MEMORY);
	piece = handles_put(&pieces, last_number + 1);
	number = piece ? handles_put(&numbers, *handle) : NULL;
	if (number) {
		piece->piece.bytes = ARGUMENT(frame, 1, size_t);
		piece->piece.device = p->location.type == CU_LOCATION_DEVICE ? p->location.id : -1;
		piece->piece.holders = 1;
		number->physical.piece = ++last_number;
		number->physical.releases = 1;
		m = allocation_of(&piece->piece);
		memory_account_new(&m);
	} else {
		gap(GAP_ALLOCATIONS);
	}
	lock_give(LOCK_MEMORY);
}

/* cuMemRetainAllocationHandle(handle *, address): to be released once more. */
static void after_retain(struct frame *frame, int status)
{
	const uint64_t *handle = ARGUMENT(frame, 0, const uint64_t *);
	struct handle_entry *mapping, *piece, *number;

	if (status || !handle)
		return;
	lock_take(LOCK_MEMORY);
	mapping = handles_find(&mappings, ARGUMENT(frame, 1, uint64_t));
	number = handles_find(&numbers, *handle);
	if (number) {
		number->physical.releases++;
	} else if (mapping) {
		piece = handles_find(&pieces, mapping->mapping.piece);
		number = piece ? handles_put(&numbers, *handle) : NULL;
		if (number) {
			piece->piece.holders++;
			number->physical.piece = mapping->mapping.piece;
			number->physical.releases = 1;
		}
	}
	lock_give(LOCK_MEMORY);
}

/*
 * cuMemRelease(handle): the value can be another thread's as soon as the call is done, so it is
 * taken out before.
 */
static void before_release(struct frame *frame)
{
	struct handle_entry *number;

	lock_take(LOCK_MEMORY);
	number = handles_find(&numbers, ARGUMENT(frame, 0, uint64_t));
	if (number) {
		number->physical.releases--;
		note_of(frame)->released = number->physical;
		if (!number->physical.releases)
			handles_remove(&numbers, number);
	}
	lock_give(LOCK_MEMORY);
}

static void after_release(struct frame *frame, int status)
{
	const struct physical_handle *released = &note_of(frame)->released;
	struct handle_entry *number;

	if (!released->piece)
		return;
	lock_take(LOCK_MEMORY);
	if (status) {
		number = handles_put(&numbers, ARGUMENT(frame, 0, uint64_t));
		if (number) {
			number->physical.piece = released->piece;
			number->physical.releases++;
		}
	} else if (!released->releases) {
		drop_holder(released->piece);
	}
	lock_give(LOCK_MEMORY);
}

/* cuMemMap(address, bytes, offset, handle, flags) */
static void after_map(struct frame *frame, int status)
{
	struct handle_entry *number, *piece, *mapping = NULL;

	if (status)
		return;
	lock_take(LOCK_MEMORY);
	number = handles_find(&numbers, ARGUMENT(frame, 3, uint64_t));
	piece = number ? handles_find(&pieces, number->physical.piece) : NULL;
	if (piece) /* imported memory is not this process's allocation */
		mapping = handles_put(&mappings, ARGUMENT(frame, 0, uint64_t));
	if (mapping) {
		mapping->mapping.piece = number->physical.piece;
		mapping->mapping.bytes = ARGUMENT(frame, 1, size_t);
		piece->piece.holders++;
	} else if (piece) {
		gap(GAP_ALLOCATIONS);
	}
	lock_give(LOCK_MEMORY);
}

static bool unmap_one(struct handle_entry *mapping, void *context)
{
	const struct frame *frame = context;
	uint64_t low = ARGUMENT(frame, 0, uint64_t), size = ARGUMENT(frame, 1, size_t);

	if (mapping->key < low || mapping->key - low >= size)
		return false;
	drop_holder(mapping->mapping.piece);
	return true;
}

/*
 * cuMemUnmap(address, bytes) of one mapping or several. The addresses stay reserved until
 * cuMemAddressFree, so nobody else can map there before this.
 */
static void after_unmap(struct frame *frame, int status)
{
	struct handle_entry *mapping;

	if (status)
		return;
	lock_take(LOCK_MEMORY);
	mapping = handles_find(&mappings, ARGUMENT(frame, 0, uint64_t));
	if (mapping && mapping->mapping.bytes == ARGUMENT(frame, 1, size_t)) {
		drop_holder(mapping->mapping.piece);
		handles_remove(&mappings, mapping);
	} else {
		handles_remove_if(&mappings, unmap_one, frame);
	}
	lock_give(LOCK_MEMORY);
}

void physical_forget(void)
{
	handles_forget(&pieces);
	handles_forget(&numbers);
	handles_forget(&mappings);
}

const struct observer physical_observers[] = {
	{ "cuMemCreate", NULL, after_create },
	{ "cuMemRetainAllocationHandle", NULL, after_retain },
	{ "cuMemRelease", before_release, after_release },
	{ "cuMemMap", NULL, after_map },
	{ "cuMemUnmap", NULL, after_unmap },
	{ NULL },
};
