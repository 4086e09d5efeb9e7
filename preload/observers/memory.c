/* SPDX-License-Identifier: MIT */
/*
 * Memory of devices: allocated and freed, live and the peak.
 *
 * The driver's frees do not say how much is freed, so what every allocator gave is remembered. An
 * entry is taken out before the call that frees it, for the address can be another thread's as soon
 * as that call is done, and is put back when it failed.
 */
#include "memory.h"

#include <stddef.h>

#include "../cuda/abi.h"
#include "../ground/lock.h"
#include "../segment/writer.h"
#include "capture.h"
#include "handles.h"
#include "note.h"
#include "observers.h"
#include "own_call.h"
#include "streams.h"

/* Keys are addresses and handles, which differ: both are pointers of one process. */
static struct handle_table table;

static struct own_call get_attribute_call = { "cuPointerGetAttribute" };

static void raise_peak(struct segment_memory *m, uint64_t live)
{
	uint64_t peak = __atomic_load_n(&m->peak_bytes, __ATOMIC_RELAXED);

	while (peak < live && !__atomic_compare_exchange_n(&m->peak_bytes, &peak, live, 0,
				      __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		continue;
}

static void add(struct segment_memory *m, uint64_t bytes)
{
	__atomic_fetch_add(&m->allocations, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&m->allocated_bytes, bytes, __ATOMIC_RELAXED);
	raise_peak(m, __atomic_add_fetch(&m->live_bytes, bytes, __ATOMIC_RELAXED));
}

static void subtract(struct segment_memory *m, uint64_t bytes, unsigned calls)
{
	__atomic_fetch_add(&m->frees, calls, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&m->live_bytes, bytes, __ATOMIC_RELAXED);
}

void memory_account_free(const struct allocation *m, unsigned calls)
{
	struct segment_device *device = writer_device(m->device);

	if (m->host) {
		subtract(&segment->host, m->bytes, calls);
		return;
	}
	subtract(&segment->memory, m->bytes, calls);
	if (device)
		subtract(&device->memory, m->bytes, calls);
}

void memory_account_new(const struct allocation *m)
{
	struct segment_device *device = writer_device(m->device);

	if (m->host) {
		add(&segment->host, m->bytes);
		return;
	}
	add(&segment->memory, m->bytes);
	if (device)
		add(&device->memory, m->bytes);
}

static void remember(uint64_t key, const struct allocation *m)
{
	struct handle_entry *entry = NULL;

	lock_take(LOCK_MEMORY);
	if (key)
		entry = handles_put(&table, key);
	/* What was there went with a context, whose end this process has not heard of yet. */
	if (entry && entry->memory.known)
		memory_account_free(&entry->memory, 0);
	if (entry)
		entry->memory = *m;
	lock_give(LOCK_MEMORY);
	if (!entry)
		gap(GAP_ALLOCATIONS);
}

/* A pool may be of another device than the stream. */
static int device_of(uint64_t address, int otherwise)
{
	int (*get)(void *value, int attribute, uint64_t address) = own_call(&get_attribute_call);
	int device;

	if (get && !get(&device, CU_POINTER_DEVICE_ORDINAL, address))
		return device;
	return otherwise;
}

static struct allocation allocation_in(
	const struct context *context, uint64_t bytes, enum memory_kind kind)
{
	struct allocation m = { .bytes = bytes,
		.context = NO_CONTEXT,
		.device = (int16_t)(context ? context->device : -1),
		.host = kind == MEMORY_HOST,
		.known = true };

	if (!context || kind == MEMORY_DEVICE)
		return m;
	if (context->common)
		gap(GAP_ALLOCATIONS); /* when it ends with its context, nobody will know */
	else
		m.context = context_number(context);
	return m;
}

static void allocated(uint64_t key, const struct allocation *m)
{
	memory_account_new(m);
	remember(key, m);
}

/* It went with its context, unless it was found there already. */
static void forget(uint64_t key, uint32_t number)
{
	struct handle_entry *entry;

	lock_take(LOCK_MEMORY);
	entry = handles_find(&table, key);
	if (entry && entry->memory.context == number) {
		memory_account_free(&entry->memory, 0);
		handles_remove(&table, entry);
	}
	lock_give(LOCK_MEMORY);
}

/* Another thread can have ended the context meanwhile. */
void memory_allocated(uint64_t key, uint64_t bytes, enum memory_kind kind)
{
	const struct context *context = context_current();
	uint32_t life = context ? context->life : 0;
	struct allocation m;

	if (context && context_ended_meanwhile(context) && kind != MEMORY_DEVICE) {
		m = (struct allocation){ .bytes = bytes,
			.device = (int16_t)context->device,
			.host = kind == MEMORY_HOST };
		memory_account_new(&m);
		memory_account_free(&m, 0);
		return;
	}
	m = allocation_in(context, bytes, kind);
	allocated(key, &m);
	if (m.context != NO_CONTEXT && !context_lives(context, life))
		forget(key, m.context);
}

/* (address *, bytes, ...). Also for addresses of host memory. */
static void after_alloc(struct frame *frame, int status)
{
	const uint64_t *address = ARGUMENT(frame, 0, const uint64_t *);

	if (!status && address)
		memory_allocated(*address, ARGUMENT(frame, 1, size_t),
			(enum memory_kind)frame->hook->observer->memory);
}

/*
 * From a pool. The current one is of the stream's device, which need not be the current context's;
 * a given one may be of a third. So the driver is asked where it could be elsewhere.
 */
static void after_alloc_async(struct frame *frame, int status)
{
	const uint64_t *address = ARGUMENT(frame, 0, const uint64_t *);
	const struct observer *o = frame->hook->observer;
	const struct context *here, *there;
	struct allocation m;

	if (status || !address || capture_has(frame))
		return;
	here = context_current();
	there = stream_context(ARGUMENT(frame, o->stream, void *));
	m = allocation_in(there, ARGUMENT(frame, 1, size_t), MEMORY_DEVICE);
	if (o->pool_given || here != there)
		m.device = (int16_t)device_of(*address, m.device);
	allocated(*address, &m);
}

/* The interface before CUDA 3.2: addresses and sizes of 32 bits. */
static void after_alloc_v1(struct frame *frame, int status)
{
	const uint32_t *address = ARGUMENT(frame, 0, const uint32_t *);

	if (!status && address)
		memory_allocated(*address, ARGUMENT(frame, 1, uint32_t), MEMORY_CONTEXT);
}

/* cuMemAllocPitch(address *, pitch *, width, height, element size) */
static void after_alloc_pitch(struct frame *frame, int status)
{
	const uint64_t *address = ARGUMENT(frame, 0, const uint64_t *);
	const size_t *pitch = ARGUMENT(frame, 1, const size_t *);

	if (!status && address && pitch)
		memory_allocated(*address, *pitch * ARGUMENT(frame, 3, size_t), MEMORY_CONTEXT);
}

/* cuMemHostRegister(address, bytes, flags) pins memory that is there. */
static void after_register(struct frame *frame, int status)
{
	if (!status)
		memory_allocated(
			ARGUMENT(frame, 0, uint64_t), ARGUMENT(frame, 1, size_t), MEMORY_HOST);
}

void memory_before_free(struct frame *frame)
{
	struct handle_entry *entry;

	if (capture_is_on(frame))
		return;
	lock_take(LOCK_MEMORY);
	entry = handles_find(&table, ARGUMENT(frame, 0, uint64_t));
	if (entry) {
		note_of(frame)->freed = entry->memory;
		handles_remove(&table, entry);
	}
	lock_give(LOCK_MEMORY);
}

void memory_after_free(struct frame *frame, int status)
{
	const struct allocation *m = &note_of(frame)->freed;

	if (!m->known)
		return;
	if (status)
		remember(ARGUMENT(frame, 0, uint64_t), m);
	else
		memory_account_free(m, 1);
}

static bool ends_with_context(struct handle_entry *entry, void *number)
{
	if (entry->memory.context != *(unsigned *)number)
		return false;
	memory_account_free(&entry->memory, 0);
	return true;
}

void memory_context_ended(const struct context *context)
{
	unsigned number = context_number(context);

	lock_take(LOCK_MEMORY);
	handles_remove_if(&table, ends_with_context, &number);
	lock_give(LOCK_MEMORY);
}

void memory_forget(void)
{
	handles_forget(&table);
}

const struct observer memory_observers[] = {
	{ "cuMemAlloc", NULL, after_alloc_v1 },
	{ "cuMemAlloc_v2", NULL, after_alloc, .memory = MEMORY_CONTEXT },
	{ "cuMemAllocManaged", NULL, after_alloc, .memory = MEMORY_CONTEXT },
	{ "cuMemAllocPitch_v2", NULL, after_alloc_pitch },
	{ "cuMemAllocAsync", capture_before, after_alloc_async, .stream = 2, .dozes = true },
	{ "cuMemAllocFromPoolAsync", capture_before, after_alloc_async, .stream = 3, .dozes = true,
		.pool_given = true },
	{ "cuMemAllocHost_v2", NULL, after_alloc, .memory = MEMORY_HOST },
	{ "cuMemHostAlloc", NULL, after_alloc, .memory = MEMORY_HOST },
	{ "cuMemHostRegister", NULL, after_register },
	{ "cuMemHostRegister_v2", NULL, after_register },
	{ "cuMemFree", memory_before_free, memory_after_free },
	{ "cuMemFree_v2", memory_before_free, memory_after_free },
	{ "cuMemFreeAsync", memory_before_free, memory_after_free, .stream = 1 },
	{ "cuMemFreeHost", memory_before_free, memory_after_free },
	{ "cuMemHostUnregister", memory_before_free, memory_after_free },
	{ NULL },
};
