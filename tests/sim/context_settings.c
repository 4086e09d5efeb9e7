/* SPDX-License-Identifier: MIT */
/* What a context may be asked or told, and access to other devices' memory. */
#include "export.h"
#include "state.h"

FUNCTION(cuCtxGetFlags, (unsigned *flags), (flags))
{
	if (!flags)
		return CU_ERROR_INVALID_VALUE;
	*flags = context_current()->flags;
	return CU_OK;
}

FUNCTION(cuCtxSetFlags, (unsigned flags), (flags))
{
	context_current()->flags = flags;
	return CU_OK;
}

FUNCTION(cuCtxGetId, (void *handle, unsigned long long *id), (handle, id))
{
	struct context *context = handle ? object_get(OBJECT_CONTEXT, handle) : context_current();

	if (!context)
		return CU_ERROR_CONTEXT_IS_DESTROYED;
	if (!id)
		return CU_ERROR_INVALID_VALUE;
	*id = context->id;
	return CU_OK;
}

FUNCTION(cuCtxGetApiVersion, (void *handle, unsigned *version), (handle, version))
{
	struct context *context = handle ? object_get(OBJECT_CONTEXT, handle) : context_current();

	if (!context)
		return CU_ERROR_INVALID_CONTEXT;
	if (!version)
		return CU_ERROR_INVALID_VALUE;
	*version = context->version;
	return CU_OK;
}

FUNCTION(cuCtxGetLimit, (size_t * value, unsigned limit), (value, limit))
{
	if (!value)
		return CU_ERROR_INVALID_VALUE;
	if (limit >= LIMITS)
		return CU_ERROR_UNSUPPORTED_LIMIT;
	*value = context_current()->limits[limit];
	return CU_OK;
}

FUNCTION(cuCtxSetLimit, (unsigned limit, size_t value), (limit, value))
{
	if (limit >= LIMITS)
		return CU_ERROR_UNSUPPORTED_LIMIT;
	context_current()->limits[limit] = value;
	return CU_OK;
}

FUNCTION(cuCtxGetCacheConfig, (unsigned *config), (config))
{
	if (!config)
		return CU_ERROR_INVALID_VALUE;
	*config = context_current()->cache;
	return CU_OK;
}

FUNCTION(cuCtxSetCacheConfig, (unsigned config), (config))
{
	context_current()->cache = config;
	return config <= 3 ? CU_OK : CU_ERROR_INVALID_VALUE;
}

FUNCTION(cuCtxGetSharedMemConfig, (unsigned *config), (config))
{
	if (!config)
		return CU_ERROR_INVALID_VALUE;
	*config = context_current()->shared;
	return CU_OK;
}

FUNCTION(cuCtxSetSharedMemConfig, (unsigned config), (config))
{
	context_current()->shared = config;
	return config <= 2 ? CU_OK : CU_ERROR_INVALID_VALUE;
}

FUNCTION(cuCtxGetStreamPriorityRange, (int *least, int *greatest), (least, greatest))
{
	if (least)
		*least = 0;
	if (greatest)
		*greatest = -5;
	return CU_OK;
}

FUNCTION(cuCtxResetPersistingL2Cache, (void), ())
{
	return CU_OK;
}

FUNCTION(cuCtxEnablePeerAccess, (void *handle, unsigned flags), (handle, flags))
{
	struct context *peer = object_get(OBJECT_CONTEXT, handle), *context = context_current();
	uint64_t bit;

	if (!peer)
		return CU_ERROR_INVALID_CONTEXT;
	if (flags || peer->device == context->device)
		return CU_ERROR_INVALID_VALUE;
	bit = 1ull << peer->device->ordinal;
	if (context->peers & bit)
		return CU_ERROR_PEER_ACCESS_ALREADY_ENABLED;
	context->peers |= bit;
	return CU_OK;
}

FUNCTION(cuCtxDisablePeerAccess, (void *handle), (handle))
{
	struct context *peer = object_get(OBJECT_CONTEXT, handle), *context = context_current();

	if (!peer)
		return CU_ERROR_INVALID_CONTEXT;
	if (!(context->peers & 1ull << peer->device->ordinal))
		return CU_ERROR_PEER_ACCESS_NOT_ENABLED;
	context->peers &= ~(1ull << peer->device->ordinal);
	return CU_OK;
}

FUNCTION(cuProfilerStart, (void), ())
{
	return CU_OK;
}

FUNCTION(cuProfilerStop, (void), ())
{
	return CU_OK;
}
