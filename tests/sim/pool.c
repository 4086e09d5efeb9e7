/* SPDX-License-Identifier: MIT */
/* Stream-ordered allocation, from pools. */
#include "capture.h"
#include "export.h"
#include "graph.h"
#include "memory.h"

enum { /* CUmemPool_attribute */
	POOL_THRESHOLD = 4,
	POOL_RESERVED,
	POOL_RESERVED_HIGH,
	POOL_USED,
	POOL_USED_HIGH,
};

static enum cu_status allocate(
	cu_pointer *address, size_t bytes, struct pool *pool, struct stream *stream)
{
	struct memory *memory;
	enum cu_status status;

	if (!address || !pool || !pool->device)
		return CU_ERROR_INVALID_VALUE;
	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (stream->capture) {
		struct work work = { .type = CU_NODE_MEM_ALLOC, .alloc.bytes = bytes };

		work.alloc.pool.location.id = pool->device->ordinal;
		status = capture_add(stream, &work);
		if (status == CU_OK)
			*address = stream->tail.all[0]->work.alloc.address;
		return status;
	}
	status = memory_new(pool->device, bytes, MEMORY_POOL, &memory);
	if (status != CU_OK)
		return status;
	memory->pool = pool;
	pool->used += bytes;
	if (pool->used > pool->used_high)
		pool->used_high = pool->used;
	stream_touched(stream);
	*address = memory->start;
	return CU_OK;
}

FUNCTION_PTSZ(cuMemAllocAsync, (cu_pointer * address, size_t bytes, void *stream),
	(address, bytes, stream))
{
	const struct stream *of = stream_get(stream);

	if (!of)
		return CU_ERROR_INVALID_HANDLE;
	device_default_pool(of->context->device);
	return allocate(address, bytes, of->context->device->pool, stream_get(stream));
}

FUNCTION_PTSZ(cuMemAllocFromPoolAsync,
	(cu_pointer * address, size_t bytes, void *pool, void *stream),
	(address, bytes, pool, stream))
{
	return allocate(address, bytes, object_get(OBJECT_POOL, pool), stream_get(stream));
}

FUNCTION_PTSZ(cuMemFreeAsync, (cu_pointer address, void *handle), (address, handle))
{
	struct work work = { .type = CU_NODE_MEM_FREE, .free = address };
	struct memory *memory = memory_find(address);
	struct stream *stream = stream_get(handle);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (stream->capture)
		return capture_add(stream, &work);
	if (!address || (memory && memory->start == address && memory->type == MEMORY_GRAPH))
		return CU_OK;
	if (!memory || memory->start != address || memory->type > MEMORY_POOL)
		return CU_ERROR_INVALID_VALUE;
	memory_free(memory, true);
	stream_touched(stream);
	return CU_OK;
}

FUNCTION(cuMemPoolCreate, (void **out, const struct cu_pool_properties *properties),
	(out, properties))
{
	struct pool *pool;

	if (!out || !properties || properties->type != CU_ALLOCATION_PINNED)
		return CU_ERROR_INVALID_VALUE;
	if (properties->location.type == CU_LOCATION_DEVICE && !device_get(properties->location.id))
		return CU_ERROR_INVALID_DEVICE;
	pool = object_new(OBJECT_POOL);
	if (!pool)
		return CU_ERROR_OUT_OF_MEMORY;
	if (properties->location.type == CU_LOCATION_DEVICE)
		pool->device = device_get(properties->location.id);
	*out = pool;
	return CU_OK;
}

/* What is still allocated from it stays, and may be freed later. */
FUNCTION(cuMemPoolDestroy, (void *handle), (handle))
{
	struct pool *pool = object_get(OBJECT_POOL, handle);
	cu_device ordinal = 0;

	if (!pool || pool->built_in)
		return CU_ERROR_INVALID_VALUE;
	for (struct memory *memory = memory_first(); memory; memory = memory->next)
		if (memory->pool == pool)
			memory->pool = NULL;
	for (struct device *device; (device = device_get(ordinal)); ordinal++)
		if (device->pool == pool)
			device->pool = device->default_pool;
	object_free(pool);
	return CU_OK;
}

/* Nothing is kept back after a free, so there is nothing to trim. */
FUNCTION(cuMemPoolTrimTo, (void *handle, size_t keep), (handle, keep))
{
	(void)keep;
	return object_get(OBJECT_POOL, handle) ? CU_OK : CU_ERROR_INVALID_VALUE;
}

FUNCTION(cuMemPoolGetAttribute, (void *handle, int number, void *value), (handle, number, value))
{
	struct pool *pool = object_get(OBJECT_POOL, handle);

	if (!pool || !value || number < 1 || number > POOL_USED_HIGH)
		return CU_ERROR_INVALID_VALUE;
	if (number < POOL_THRESHOLD)
		*(int *)value = !pool->options[number]; /* all are on at first */
	else if (number == POOL_THRESHOLD)
		*(uint64_t *)value = pool->threshold;
	else if (number == POOL_RESERVED_HIGH || number == POOL_USED_HIGH)
		*(uint64_t *)value = pool->used_high;
	else
		*(uint64_t *)value = pool->used;
	return CU_OK;
}

FUNCTION(cuMemPoolSetAttribute, (void *handle, int number, void *value), (handle, number, value))
{
	struct pool *pool = object_get(OBJECT_POOL, handle);

	if (!pool || !value || number < 1 || number > POOL_USED_HIGH)
		return CU_ERROR_INVALID_VALUE;
	if (number < POOL_THRESHOLD)
		pool->options[number] = !*(int *)value;
	else if (number == POOL_THRESHOLD)
		pool->threshold = *(uint64_t *)value;
	else if ((number == POOL_RESERVED_HIGH || number == POOL_USED_HIGH) && !*(uint64_t *)value)
		pool->used_high = pool->used;
	else
		return CU_ERROR_INVALID_VALUE;
	return CU_OK;
}

FUNCTION(cuMemPoolSetAccess, (void *handle, const struct cu_access *access, size_t count),
	(handle, access, count))
{
	if (!object_get(OBJECT_POOL, handle) || (count && !access))
		return CU_ERROR_INVALID_VALUE;
	return CU_OK;
}

FUNCTION(cuMemPoolGetAccess, (int *flags, void *handle, struct cu_location *location),
	(flags, handle, location))
{
	if (!flags || !location || !object_get(OBJECT_POOL, handle))
		return CU_ERROR_INVALID_VALUE;
	*flags = 3;
	return CU_OK;
}

FUNCTION(cuDeviceGetDefaultMemPool, (void **out, cu_device ordinal), (out, ordinal))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	*out = device_default_pool(device);
	return CU_OK;
}

FUNCTION(cuDeviceGetMemPool, (void **out, cu_device ordinal), (out, ordinal))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	device_default_pool(device);
	*out = device->pool;
	return CU_OK;
}

FUNCTION(cuDeviceSetMemPool, (cu_device ordinal, void *handle), (ordinal, handle))
{
	struct device *device = device_get(ordinal);
	struct pool *pool = object_get(OBJECT_POOL, handle);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!pool || pool->device != device)
		return CU_ERROR_INVALID_VALUE;
	device_default_pool(device);
	device->pool = pool;
	return CU_OK;
}

/* The same by location (CUDA 13). */
static struct device *located(const struct cu_location *location)
{
	return location && location->type == CU_LOCATION_DEVICE ? device_get(location->id) : NULL;
}

FUNCTION(cuMemGetDefaultMemPool, (void **out, struct cu_location *location, int type),
	(out, location, type))
{
	struct device *device = located(location);

	if (!out || !device || type != CU_ALLOCATION_PINNED)
		return CU_ERROR_INVALID_VALUE;
	*out = device_default_pool(device);
	return CU_OK;
}

FUNCTION(cuMemGetMemPool, (void **out, struct cu_location *location, int type),
	(out, location, type))
{
	struct device *device = located(location);

	if (!out || !device || type != CU_ALLOCATION_PINNED)
		return CU_ERROR_INVALID_VALUE;
	device_default_pool(device);
	*out = device->pool;
	return CU_OK;
}

FUNCTION(cuMemSetMemPool, (struct cu_location * location, int type, void *handle),
	(location, type, handle))
{
	struct device *device = located(location);
	struct pool *pool = object_get(OBJECT_POOL, handle);

	if (!pool || !device || pool->device != device || type != CU_ALLOCATION_PINNED)
		return CU_ERROR_INVALID_VALUE;
	device_default_pool(device);
	device->pool = pool;
	return CU_OK;
}
