/* SPDX-License-Identifier: MIT */
/* Pinned host memory. */
#include "capture.h"
#include "export.h"
#include "ledger.h"
#include "memory.h"

#include <sys/mman.h>

static enum cu_status allocate(void **out, size_t bytes, unsigned flags)
{
	enum cu_status status = capture_forbids();
	struct memory *memory;
	void *at;

	if (!out || !bytes)
		return CU_ERROR_INVALID_VALUE;
	if (status != CU_OK)
		return status;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);
	if (at == MAP_FAILED)
		return CU_ERROR_OUT_OF_MEMORY;
	memory = memory_enter(at, bytes, MEMORY_HOST);
	if (!memory) {
		munmap(at, bytes);
		return CU_ERROR_OUT_OF_MEMORY;
	}
	memory->context = context_current();
	memory->device = memory->context->device;
	memory->flags = flags;
	ledger_add("host_allocations", 1);
	ledger_add_live("host_live_bytes", "host_peak_bytes", (int64_t)bytes);
	*out = at;
	return CU_OK;
}

FUNCTION(cuMemAllocHost_v2, (void **out, size_t bytes), (out, bytes))
{
	return allocate(out, bytes, 0);
}

FUNCTION(cuMemHostAlloc, (void **out, size_t bytes, unsigned flags), (out, bytes, flags))
{
	return flags > 15 ? CU_ERROR_INVALID_VALUE : allocate(out, bytes, flags);
}

FUNCTION(cuMemFreeHost, (void *at), (at))
{
	struct memory *memory = memory_find((uintptr_t)at);
	enum cu_status status = capture_forbids();

	if (status != CU_OK)
		return status;
	if (!memory || memory->start != (uintptr_t)at || memory->type != MEMORY_HOST)
		return CU_ERROR_INVALID_VALUE;
	ledger_add("host_frees", 1);
	ledger_add_live("host_live_bytes", "host_peak_bytes", -(int64_t)memory->bytes);
	munmap(at, memory->bytes);
	memory_leave(memory);
	return CU_OK;
}

FUNCTION(cuMemHostRegister_v2, (void *at, size_t bytes, unsigned flags), (at, bytes, flags))
{
	struct memory *memory;

	if (!at || !bytes)
		return CU_ERROR_INVALID_VALUE;
	memory = memory_enter(at, bytes, MEMORY_REGISTERED);
	if (!memory)
		return CU_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
	memory->context = context_current();
	memory->device = memory->context->device;
	memory->flags = flags;
	return CU_OK;
}

ALIAS(cuMemHostRegister, cuMemHostRegister_v2, (void *at, size_t bytes, unsigned flags),
	(at, bytes, flags))

FUNCTION(cuMemHostUnregister, (void *at), (at))
{
	struct memory *memory = memory_find((uintptr_t)at);

	if (!at)
		return CU_ERROR_INVALID_VALUE;
	if (!memory || memory->start != (uintptr_t)at || memory->type != MEMORY_REGISTERED)
		return CU_ERROR_HOST_MEMORY_NOT_REGISTERED;
	memory_leave(memory);
	return CU_OK;
}

FUNCTION(cuMemHostGetDevicePointer_v2, (cu_pointer * address, void *at, unsigned flags),
	(address, at, flags))
{
	struct memory *memory = memory_find((uintptr_t)at);

	if (!address || flags || !memory || memory->type < MEMORY_HOST)
		return CU_ERROR_INVALID_VALUE;
	*address = (uintptr_t)at;
	return CU_OK;
}

FUNCTION(cuMemHostGetFlags, (unsigned *flags, void *at), (flags, at))
{
	struct memory *memory = memory_find((uintptr_t)at);

	if (!flags || !memory || memory->type < MEMORY_HOST)
		return CU_ERROR_INVALID_VALUE;
	*flags = memory->flags;
	return CU_OK;
}
