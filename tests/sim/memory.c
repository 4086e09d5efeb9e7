/* SPDX-License-Identifier: MIT */
/* Device memory: the table of ranges, and plain allocations. */
#include "memory.h"
#include "capture.h"
#include "export.h"
#include "ledger.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void *tree; /* struct memory, by address */
static struct memory *list;
static uint64_t last_id;

/* Equal when they overlap: ranges in the tree never do, so a search for a byte finds its range. */
static int compare(const void *a, const void *b)
{
	const struct memory *one = a, *other = b;

	if (one->start + one->bytes <= other->start)
		return -1;
	return other->start + other->bytes <= one->start;
}

struct memory *memory_find(cu_pointer address)
{
	struct memory key = { .start = address, .bytes = 1 };
	struct memory **found = tfind(&key, &tree, compare);

	return found ? *found : NULL;
}

struct memory *memory_first(void)
{
	return list;
}

bool memory_covers(cu_pointer address, size_t bytes)
{
	cu_pointer end = address + bytes;

	if (end < address)
		return false;
	for (;;) {
		struct memory *memory = memory_find(address);

		if (!memory)
			return !bytes;
		address = memory->start + memory->bytes;
		if (address >= end)
			return true;
	}
}

struct memory *memory_enter(void *start, size_t bytes, enum memory_type type)
{
	struct memory *memory = calloc(1, sizeof(*memory)), **at;

	if (!memory)
		return NULL;
	memory->start = (uintptr_t)start;
	memory->bytes = bytes;
	memory->type = type;
	memory->id = ++last_id;
	memory->shared = -1;
	at = tsearch(memory, &tree, compare);
	if (!at || *at != memory) {
		free(memory);
		return NULL;
	}
	memory->next = list;
	if (list)
		list->previous = memory;
	list = memory;
	return memory;
}

void memory_leave(struct memory *memory)
{
	tdelete(memory, &tree, compare);
	if (memory->previous)
		memory->previous->next = memory->next;
	else
		list = memory->next;
	if (memory->next)
		memory->next->previous = memory->previous;
	if (memory->shared >= 0)
		close(memory->shared);
	free(memory);
}

void memory_count(const char *total)
{
	ledger_add(total, 1);
}

void memory_account(struct device *device, int64_t bytes, bool by_call)
{
	char live[32], peak[32];

	device->live += (size_t)bytes;
	if (by_call)
		memory_count(bytes > 0 ? "allocations" : "frees");
	if (bytes > 0)
		ledger_add("allocated_bytes", (uint64_t)bytes);
	snprintf(live, sizeof(live), "device%d.live_bytes", device->ordinal);
	snprintf(peak, sizeof(peak), "device%d.peak_bytes", device->ordinal);
	ledger_add_live(live, peak, bytes);
	ledger_add_live("live_bytes", "peak_bytes", bytes);
}

enum cu_status memory_new(
	struct device *device, size_t bytes, enum memory_type type, struct memory **memory)
{
	void *at;

	if (!bytes)
		return CU_ERROR_INVALID_VALUE;
	if (bytes > device->total - device->live)
		return CU_ERROR_OUT_OF_MEMORY;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);
	if (at == MAP_FAILED)
		return CU_ERROR_OUT_OF_MEMORY;
	*memory = memory_enter(at, bytes, type);
	if (!*memory) {
		munmap(at, bytes);
		return CU_ERROR_OUT_OF_MEMORY;
	}
	(*memory)->device = device;
	memory_account(device, (int64_t)bytes, true);
	return CU_OK;
}

void memory_free(struct memory *memory, bool by_call)
{
	if (memory->pool)
		memory->pool->used -= memory->bytes;
	memory_account(memory->device, -(int64_t)memory->bytes, by_call);
	munmap((void *)(uintptr_t)memory->start, memory->bytes);
	memory_leave(memory);
}

void memory_context_ended(struct context *context)
{
	struct memory *next;

	for (struct memory *memory = list; memory; memory = next) {
		next = memory->next;
		if (memory->context != context)
			continue;
		if (memory->type == MEMORY_DEVICE || memory->type == MEMORY_MANAGED) {
			memory_free(memory, false);
			continue;
		}
		if (memory->type == MEMORY_HOST)
			ledger_add_live(
				"host_live_bytes", "host_peak_bytes", -(int64_t)memory->bytes);
		if (memory->type != MEMORY_REGISTERED)
			munmap((void *)(uintptr_t)memory->start, memory->bytes);
		memory_leave(memory);
	}
}

static enum cu_status allocate(cu_pointer *address, size_t bytes, enum memory_type type)
{
	struct memory *memory;
	enum cu_status status = capture_forbids();

	if (!address)
		return CU_ERROR_INVALID_VALUE;
	if (status == CU_OK)
		status = memory_new(context_current()->device, bytes, type, &memory);
	if (status != CU_OK)
		return status;
	memory->context = context_current();
	*address = memory->start;
	return CU_OK;
}

FUNCTION(cuMemAlloc_v2, (cu_pointer * address, size_t bytes), (address, bytes))
{
	return allocate(address, bytes, MEMORY_DEVICE);
}

FUNCTION(cuMemAllocPitch_v2,
	(cu_pointer * address, size_t *pitch, size_t width, size_t height, unsigned element),
	(address, pitch, width, height, element))
{
	size_t row = (width + 511) & ~(size_t)511;
	enum cu_status status;

	if (!pitch || (element != 4 && element != 8 && element != 16))
		return CU_ERROR_INVALID_VALUE;
	status = allocate(address, row * height, MEMORY_DEVICE);
	if (status == CU_OK)
		*pitch = row;
	return status;
}

FUNCTION(cuMemAllocManaged, (cu_pointer * address, size_t bytes, unsigned flags),
	(address, bytes, flags))
{
	if (flags != 1 && flags != 2) /* attached to all, or to this host */
		return CU_ERROR_INVALID_VALUE;
	return allocate(address, bytes, MEMORY_MANAGED);
}

/* What cuMemFree and cuMemFreeAsync take: the start of an allocation of their kind. */
FUNCTION(cuMemFree_v2, (cu_pointer address), (address))
{
	struct memory *memory = memory_find(address);
	enum cu_status status = capture_forbids();

	if (status != CU_OK || !address)
		return status;
	if (memory && memory->start == address && memory->type == MEMORY_GRAPH)
		return CU_OK; /* the graph's next launch allocates it again */
	if (!memory || memory->start != address || memory->type > MEMORY_POOL)
		return CU_ERROR_INVALID_VALUE;
	status = context_synchronise(context_current()); /* it waits for the work in flight */
	if (status == CU_OK)
		memory_free(memory, true);
	return status;
}

FUNCTION(cuMemGetInfo_v2, (size_t * available, size_t *total), (available, total))
{
	struct device *device = context_current()->device;

	if (!available && !total)
		return CU_ERROR_INVALID_VALUE;
	if (available)
		*available = device->total - device->live;
	if (total)
		*total = device->total;
	return CU_OK;
}

FUNCTION(cuMemGetAddressRange_v2, (cu_pointer * start, size_t *bytes, cu_pointer address),
	(start, bytes, address))
{
	struct memory *memory = memory_find(address);

	if (!memory || memory->type == MEMORY_REGISTERED)
		return CU_ERROR_NOT_FOUND;
	if (start)
		*start = memory->start;
	if (bytes)
		*bytes = memory->bytes;
	return CU_OK;
}
