/* SPDX-License-Identifier: MIT */
/* What a pointer is, and advice about it. */
#include "export.h"
#include "memory.h"

#include <string.h>

/* The answer as up to eight bytes; 0 bytes: not known for this pointer. */
static size_t answer(const struct memory *memory, cu_pointer address, int number, uint64_t *value)
{
	bool host = memory && memory->type >= MEMORY_HOST;

	*value = 0;
	if (number == CU_POINTER_IS_MANAGED) {
		*value = memory && memory->type == MEMORY_MANAGED;
		return sizeof(unsigned);
	}
	if (number == CU_POINTER_MAPPED) {
		*value = memory != NULL;
		return sizeof(unsigned);
	}
	if (!memory)
		return 0;
	switch (number) {
	case CU_POINTER_CONTEXT:
		*value = (uintptr_t)memory->context;
		return sizeof(void *);
	case CU_POINTER_MEMORY_TYPE:
		*value = host ? CU_MEMORY_HOST : CU_MEMORY_DEVICE;
		return sizeof(unsigned);
	case CU_POINTER_DEVICE_POINTER:
		*value = address;
		return sizeof(cu_pointer);
	case CU_POINTER_HOST_POINTER:
		*value = address;
		return host || memory->type == MEMORY_MANAGED ? sizeof(void *) : 0;
	case CU_POINTER_SYNC_MEMOPS:
		return sizeof(unsigned);
	case CU_POINTER_BUFFER_ID:
		*value = memory->id;
		return sizeof(uint64_t);
	case CU_POINTER_DEVICE_ORDINAL:
		*value = (unsigned)(memory->device ? memory->device->ordinal : 0);
		return sizeof(int);
	case CU_POINTER_RANGE_START:
		*value = memory->start;
		return sizeof(cu_pointer);
	case CU_POINTER_RANGE_SIZE:
		*value = memory->bytes;
		return sizeof(size_t);
	case CU_POINTER_MEMPOOL:
		*value = (uintptr_t)memory->pool;
		return sizeof(void *);
	default:
		return 0;
	}
}

FUNCTION(cuPointerGetAttribute, (void *out, int number, cu_pointer address), (out, number, address))
{
	uint64_t value;
	size_t size;

	if (!out || number < 1 || number > 21)
		return CU_ERROR_INVALID_VALUE;
	size = answer(memory_find(address), address, number, &value);
	memcpy(out, &value, size);
	return size ? CU_OK : CU_ERROR_INVALID_VALUE;
}

/* Here an unknown pointer is no error: what cannot be told is 0 (CUDA 8 and later). */
FUNCTION(cuPointerGetAttributes, (unsigned count, int *numbers, void **out, cu_pointer address),
	(count, numbers, out, address))
{
	uint64_t value;

	if (!numbers || !out)
		return CU_ERROR_INVALID_VALUE;
	for (unsigned i = 0; i < count; i++) {
		size_t size = answer(memory_find(address), address, numbers[i], &value);

		if (numbers[i] == CU_POINTER_DEVICE_ORDINAL && !size) {
			value = (unsigned)-2; /* as the real one */
			size = sizeof(int);
		}
		memcpy(out[i], &value, size ? size : sizeof(unsigned));
	}
	return CU_OK;
}

FUNCTION(cuPointerSetAttribute, (const void *value, int number, cu_pointer address),
	(value, number, address))
{
	if (!value || number != CU_POINTER_SYNC_MEMOPS || !memory_find(address))
		return CU_ERROR_INVALID_VALUE;
	return CU_OK;
}

static enum cu_status managed(cu_pointer address, size_t bytes)
{
	struct memory *memory = memory_find(address);

	if (!bytes || !memory || memory->type != MEMORY_MANAGED || !memory_covers(address, bytes))
		return CU_ERROR_INVALID_VALUE;
	return CU_OK;
}

FUNCTION(cuMemAdvise, (cu_pointer address, size_t bytes, int advice, cu_device device),
	(address, bytes, advice, device))
{
	(void)device; /* -1 is the host */
	return advice < 1 || advice > 6 ? CU_ERROR_INVALID_VALUE : managed(address, bytes);
}

FUNCTION(cuMemAdvise_v2,
	(cu_pointer address, size_t bytes, int advice, struct cu_location location),
	(address, bytes, advice, location))
{
	(void)location;
	return advice < 1 || advice > 6 ? CU_ERROR_INVALID_VALUE : managed(address, bytes);
}

FUNCTION_PTSZ(cuMemPrefetchAsync,
	(cu_pointer address, size_t bytes, cu_device device, void *stream),
	(address, bytes, device, stream))
{
	if (!stream_get(stream))
		return CU_ERROR_INVALID_HANDLE;
	return device != -1 && !device_get(device) ? CU_ERROR_INVALID_DEVICE
						   : managed(address, bytes);
}

FUNCTION_PTSZ(cuMemPrefetchAsync_v2,
	(cu_pointer address, size_t bytes, struct cu_location location, unsigned flags,
		void *stream),
	(address, bytes, location, flags, stream))
{
	if (!stream_get(stream))
		return CU_ERROR_INVALID_HANDLE;
	if (location.type == CU_LOCATION_DEVICE && !device_get(location.id))
		return CU_ERROR_INVALID_DEVICE;
	return flags ? CU_ERROR_INVALID_VALUE : managed(address, bytes);
}

/* The batches take lists of ranges; discarding leaves what it likes in them. */
static enum cu_status all_managed(
	const cu_pointer *addresses, const size_t *sizes, size_t count, void *stream)
{
	enum cu_status status = stream_get(stream) ? CU_OK : CU_ERROR_INVALID_HANDLE;

	if (!addresses || !sizes || !count)
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; status == CU_OK && i < count; i++)
		status = managed(addresses[i], sizes[i]);
	return status;
}

FUNCTION_PTSZ(cuMemPrefetchBatchAsync,
	(const cu_pointer *addresses, const size_t *sizes, size_t count,
		const struct cu_location *locations, const size_t *indices, size_t location_count,
		unsigned long long flags, void *stream),
	(addresses, sizes, count, locations, indices, location_count, flags, stream))
{
	if (!locations || !indices || !location_count || location_count > count || flags)
		return CU_ERROR_INVALID_VALUE;
	return all_managed(addresses, sizes, count, stream);
}

FUNCTION_PTSZ(cuMemDiscardAndPrefetchBatchAsync,
	(const cu_pointer *addresses, const size_t *sizes, size_t count,
		const struct cu_location *locations, const size_t *indices, size_t location_count,
		unsigned long long flags, void *stream),
	(addresses, sizes, count, locations, indices, location_count, flags, stream))
{
	if (!locations || !indices || !location_count || location_count > count || flags)
		return CU_ERROR_INVALID_VALUE;
	return all_managed(addresses, sizes, count, stream);
}

FUNCTION_PTSZ(cuMemDiscardBatchAsync,
	(const cu_pointer *addresses, const size_t *sizes, size_t count, unsigned long long flags,
		void *stream),
	(addresses, sizes, count, flags, stream))
{
	return flags ? CU_ERROR_INVALID_VALUE : all_managed(addresses, sizes, count, stream);
}

FUNCTION(cuMemGetLocationInfo,
	(cu_pointer address, size_t bytes, size_t summary, size_t sampling,
		struct cu_location *location),
	(address, bytes, summary, sampling, location))
{
	const struct memory *memory = memory_find(address);

	(void)summary, (void)sampling;
	if (!memory || !bytes || !location)
		return CU_ERROR_INVALID_VALUE;
	location->type = memory->device ? CU_LOCATION_DEVICE : CU_LOCATION_HOST;
	location->id = memory->device ? memory->device->ordinal : 0;
	return CU_OK;
}
