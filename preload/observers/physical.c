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
#include "observers.h"

/* All under LOCK_MEMORY. */
static struct handle_table pieces;   /* by number; a: bytes, b: device (-1: host), c: holders */
static struct handle_table numbers;  /* by handle; a: number, b: times it must be released */
static struct handle_table mappings; /* by address; a: number, b: bytes */
static uint64_t last_number;

static void account(const struct handle_entry *piece, bool freed)
{
	struct allocation m = { piece->a, (int)(int64_t)piece->b, NO_CONTEXT,
		(int64_t)piece->b < 0 };

	if (freed)
		memory_account_free(&m, 1);
	else
		memory_account_new(&m);
}

static void drop_holder(uint64_t number)
{
	struct handle_entry *piece = handles_find(&pieces, number);

	if (!piece || --piece->c)
		return;
	account(piece, true);
	handles_remove(&pieces, piece);
}

/* cuMemCreate(handle *, bytes, properties *, flags) */
static void after_create(struct frame *frame, int status)
{
	const uint64_t *handle = ARGUMENT(frame, 0, const uint64_t *);
	const struct cu_allocation_properties *p =
		ARGUMENT(frame, 2, const struct cu_allocation_properties *);
	struct handle_entry *piece, *number;

	if (status || !handle || !*handle || !p)
		return;
	lock_take(LOCK_MEMORY);
	piece = handles_put(&pieces, last_number + 1);
	number = piece ? handles_put(&numbers, *handle) : NULL;
	if (number) {
		piece->a = ARGUMENT(frame, 1, size_t);
		piece->b =
			(uint64_t)(int64_t)(p->location.type == CU_LOCATION_DEVICE ? p->location.id
										   : -1);
		piece->c = 1;
		number->a = ++last_number;
		number->b = 1;
		account(piece, false);
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
		number->b++;
	} else if (mapping) {
		piece = handles_find(&pieces, mapping->a);
		number = piece ? handles_put(&numbers, *handle) : NULL;
		if (number) {
			piece->c++;
			number->a = mapping->a;
			number->b = 1;
		}
	}
	lock_give(LOCK_MEMORY);
}

/*
 * cuMemRelease(handle): the value can be another thread's as soon as the call is done, so it is
 * taken out before. note[0]: the number, note[1]: the times left.
 */
static void before_release(struct frame *frame)
{
	struct handle_entry *number;

	frame->note[0] = 0;
	lock_take(LOCK_MEMORY);
	number = handles_find(&numbers, ARGUMENT(frame, 0, uint64_t));
	if (number) {
		frame->note[0] = number->a;
		frame->note[1] = --number->b;
		if (!number->b)
			handles_remove(&numbers, number);
	}
	lock_give(LOCK_MEMORY);
}

static void after_release(struct frame *frame, int status)
{
	struct handle_entry *number;

	if (!frame->note[0])
		return;
	lock_take(LOCK_MEMORY);
	if (status) {
		number = handles_put(&numbers, ARGUMENT(frame, 0, uint64_t));
		if (number) {
			number->a = frame->note[0];
			number->b++;
		}
	} else if (!frame->note[1]) {
		drop_holder(frame->note[0]);
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
	piece = number ? handles_find(&pieces, number->a) : NULL;
	if (piece) /* imported memory is not this process's allocation */
		mapping = handles_put(&mappings, ARGUMENT(frame, 0, uint64_t));
	if (mapping) {
		mapping->a = number->a;
		mapping->b = ARGUMENT(frame, 1, size_t);
		piece->c++;
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
	drop_holder(mapping->a);
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
	if (mapping && mapping->b == ARGUMENT(frame, 1, size_t)) {
		drop_holder(mapping->a);
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
