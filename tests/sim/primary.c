/* SPDX-License-Identifier: MIT */
/* Primary contexts (the runtime's), and green ones. */
#include "context.h"
#include "export.h"

static enum cu_status retain_primary(struct device *device)
{
	if (!device->primary) {
		device->primary = context_new(device, device->primary_flags);
		if (!device->primary)
			return CU_ERROR_OUT_OF_MEMORY;
		device->primary->primary = true;
	}
	device->primary_count++;
	return CU_OK;
}

static void end_primary(struct device *device)
{
	if (device->primary)
		context_end(device->primary);
	device->primary = NULL;
}

static void release_primary(struct device *device)
{
	if (!--device->primary_count)
		end_primary(device);
}

FUNCTION(cuDevicePrimaryCtxRetain, (void **out, cu_device ordinal), (out, ordinal))
{
	struct device *device = device_get(ordinal);
	enum cu_status status;

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	status = retain_primary(device);
	if (status == CU_OK)
		*out = device->primary;
	return status;
}

FUNCTION(cuDevicePrimaryCtxRelease_v2, (cu_device ordinal), (ordinal))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!device->primary_count)
		return CU_ERROR_INVALID_CONTEXT;
	release_primary(device);
	return CU_OK;
}

ALIAS(cuDevicePrimaryCtxRelease, cuDevicePrimaryCtxRelease_v2, (cu_device ordinal), (ordinal))

/* The context is ended but stays retained: the next one to retain it gets a fresh one. */
FUNCTION(cuDevicePrimaryCtxReset_v2, (cu_device ordinal), (ordinal))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	end_primary(device);
	device->primary_count = 0;
	return CU_OK;
}

ALIAS(cuDevicePrimaryCtxReset, cuDevicePrimaryCtxReset_v2, (cu_device ordinal), (ordinal))

FUNCTION(cuDevicePrimaryCtxGetState, (cu_device ordinal, unsigned *flags, int *active),
	(ordinal, flags, active))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (flags)
		*flags = device->primary_flags;
	if (active)
		*active = device->primary != NULL;
	return CU_OK;
}

FUNCTION(cuDevicePrimaryCtxSetFlags_v2, (cu_device ordinal, unsigned flags), (ordinal, flags))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	device->primary_flags = flags;
	if (device->primary)
		device->primary->flags = flags;
	return CU_OK;
}

ALIAS(cuDevicePrimaryCtxSetFlags, cuDevicePrimaryCtxSetFlags_v2,
	(cu_device ordinal, unsigned flags), (ordinal, flags))

/*
 * Green contexts: a device's multiprocessors, divided. Nothing is divided here; a green context is
 * a context that remembers what it is. It keeps the primary one alive.
 */
struct resource { /* CUdevResource; the internal part is the driver's own */
	int type;
	unsigned char internal[92];
	union {
		unsigned sm_count;
		unsigned char bytes[48];
	};
};

FUNCTION(cuDeviceGetDevResource, (cu_device ordinal, struct resource *resource, int type),
	(ordinal, resource, type))
{
	if (!device_get(ordinal))
		return CU_ERROR_INVALID_DEVICE;
	if (!resource || type != 1)
		return CU_ERROR_INVALID_VALUE;
	*resource = (struct resource){ .type = type, .sm_count = 16 };
	return CU_OK;
}

FUNCTION(cuDevResourceGenerateDesc, (void **out, struct resource *resources, unsigned count),
	(out, resources, count))
{
	if (!out || !resources || !count)
		return CU_ERROR_INVALID_VALUE;
	*out = resources; /* any handle that is not NULL */
	return CU_OK;
}

FUNCTION(cuGreenCtxCreate, (void **out, void *description, cu_device ordinal, unsigned flags),
	(out, description, ordinal, flags))
{
	struct device *device = device_get(ordinal);
	struct green *green;

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!out || !description || flags > 1)
		return CU_ERROR_INVALID_VALUE;
	green = object_new(OBJECT_GREEN);
	if (!green)
		return CU_ERROR_OUT_OF_MEMORY;
	green->context = context_new(device, flags);
	if (!green->context || retain_primary(device) != CU_OK) {
		object_free(green);
		return CU_ERROR_OUT_OF_MEMORY;
	}
	green->context->green = green;
	green->primary_id = device->primary->id;
	*out = green;
	return CU_OK;
}

FUNCTION(cuGreenCtxDestroy, (void *handle), (handle))
{
	struct green *green = object_get(OBJECT_GREEN, handle);
	struct device *device = green ? green->context->device : NULL;

	if (!green)
		return CU_ERROR_INVALID_HANDLE;
	context_end(green->context);
	if (device->primary && device->primary->id == green->primary_id) /* it was not reset */
		release_primary(device);
	object_free(green);
	return CU_OK;
}

FUNCTION(cuCtxFromGreenCtx, (void **out, void *handle), (out, handle))
{
	struct green *green = object_get(OBJECT_GREEN, handle);

	if (!green)
		return CU_ERROR_INVALID_HANDLE;
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	*out = green->context;
	return CU_OK;
}
