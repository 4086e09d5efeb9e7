/* SPDX-License-Identifier: MIT */
/* cuInit and the devices. */
#include "export.h"
#include "memory.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

static struct device devices[DEVICES_MAX];
static int device_count;
static pid_t ready_in; /* the process whose cuInit succeeded */

uint64_t sim_setting(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

bool driver_ready(void)
{
	return ready_in == getpid();
}

int driver_version(void)
{
	return (int)sim_setting("SIM_VERSION", 13050);
}

struct device *device_get(cu_device ordinal)
{
	return ordinal >= 0 && ordinal < device_count ? &devices[ordinal] : NULL;
}

struct pool *device_default_pool(struct device *device)
{
	if (!device->default_pool) {
		struct pool *pool = object_new(OBJECT_POOL);

		if (!pool)
			return NULL;
		pool->device = device;
		pool->built_in = true;
		device->default_pool = device->pool = pool;
	}
	return device->default_pool;
}

/* The same machine always has the same devices. */
static void make_uuid(struct cu_uuid *uuid, int physical)
{
	static const char start[] = "gpuspy simulated";

	memcpy(uuid->bytes, start, sizeof(uuid->bytes));
	uuid->bytes[15] = (unsigned char)physical;
}

static void uuid_text(char *text, size_t size, const struct cu_uuid *uuid)
{
	const unsigned char *b = uuid->bytes;

	snprintf(text, size,
		"GPU-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
		b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
		b[14], b[15]);
}

/* One entry of CUDA_VISIBLE_DEVICES: an index or the beginning of a UUID; -1: no such device. */
static int visible_entry(const char *entry, int physical_count)
{
	struct cu_uuid uuid;
	char text[48], *end;
	int found = -1;
	long index = strtol(entry, &end, 10);

	if (end != entry)
		return *end == '\0' && index >= 0 && index < physical_count ? (int)index : -1;
	if (strncasecmp(entry, "GPU-", 4) != 0)
		return -1;
	for (int i = 0; i < physical_count; i++) {
		make_uuid(&uuid, i);
		uuid_text(text, sizeof(text), &uuid);
		if (strncasecmp(text, entry, strlen(entry)) != 0)
			continue;
		if (found >= 0)
			return -1;
		found = i;
	}
	return found;
}

/* CUDA_VISIBLE_DEVICES: what follows a wrong or repeated entry is not seen either. */
static int visible_devices(int physical[DEVICES_MAX], int physical_count)
{
	const char *value = getenv("CUDA_VISIBLE_DEVICES");
	char list[1024], *next = list, *entry;
	int count = 0;

	if (!value) {
		for (; count < physical_count; count++)
			physical[count] = count;
		return count;
	}
	snprintf(list, sizeof(list), "%s", value);
	while ((entry = strsep(&next, ",")) && count < DEVICES_MAX) {
		int index = visible_entry(entry + strspn(entry, " "), physical_count);

		for (int i = 0; i < count; i++)
			if (physical[i] == index)
				index = -1;
		if (index < 0)
			break;
		physical[count++] = index;
	}
	return count;
}

static void make_device(int ordinal, int physical)
{
	struct device *device = &devices[ordinal];

	device->ordinal = ordinal;
	device->total = sim_setting("SIM_MEMORY", 16ull << 30);
	snprintf(device->name, sizeof(device->name), "Simulated GPU %d", physical);
	make_uuid(&device->uuid, physical);
}

/*
 * Genuine drivers keep their device files open from cuInit on, and map parts of them. A file in
 * memory with a name to know it by stands for those.
 */
static void open_device_file(void)
{
	int file = memfd_create("gpuspy-simulated-device", MFD_CLOEXEC);

	if (file >= 0) /* it stays empty, for a limit on file sizes would be a signal */
		mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
}

FUNCTION(cuInit, (unsigned flags), (flags))
{
	enum cu_status status = (enum cu_status)sim_setting("SIM_INIT", CU_OK);
	int physical[DEVICES_MAX], all = (int)sim_setting("SIM_DEVICES", 1);

	if (flags)
		return CU_ERROR_INVALID_VALUE;
	if (ready_in) /* A child of a process that used the driver cannot use it. */
		return driver_ready() ? CU_OK : CU_ERROR_NOT_INITIALIZED;
	if (status != CU_OK)
		return status;
	device_count = visible_devices(physical, all < DEVICES_MAX ? all : DEVICES_MAX);
	if (!device_count)
		return CU_ERROR_NO_DEVICE;
	for (int i = 0; i < device_count; i++)
		make_device(i, physical[i]);
	ready_in = getpid();
	open_device_file();
	return CU_OK;
}

FUNCTION(cuDriverGetVersion, (int *version), (version))
{
	if (!version)
		return CU_ERROR_INVALID_VALUE;
	*version = driver_version();
	return CU_OK;
}

FUNCTION(cuDeviceGetCount, (int *count), (count))
{
	if (!count)
		return CU_ERROR_INVALID_VALUE;
	*count = device_count;
	return CU_OK;
}

FUNCTION(cuDeviceGet, (cu_device * device, int ordinal), (device, ordinal))
{
	if (!device)
		return CU_ERROR_INVALID_VALUE;
	if (!device_get(ordinal))
		return CU_ERROR_INVALID_DEVICE;
	*device = ordinal;
	return CU_OK;
}

FUNCTION(cuDeviceGetName, (char *name, int size, cu_device ordinal), (name, size, ordinal))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!name || size <= 0)
		return CU_ERROR_INVALID_VALUE;
	snprintf(name, (size_t)size, "%s", device->name);
	return CU_OK;
}

FUNCTION(cuDeviceGetUuid, (struct cu_uuid * uuid, cu_device ordinal), (uuid, ordinal))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!uuid)
		return CU_ERROR_INVALID_VALUE;
	*uuid = device->uuid;
	return CU_OK;
}

ALIAS(cuDeviceGetUuid_v2, cuDeviceGetUuid, (struct cu_uuid * uuid, cu_device ordinal),
	(uuid, ordinal))

FUNCTION(cuDeviceTotalMem_v2, (size_t * bytes, cu_device ordinal), (bytes, ordinal))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!bytes)
		return CU_ERROR_INVALID_VALUE;
	*bytes = device->total;
	return CU_OK;
}

FUNCTION(cuDeviceGetPCIBusId, (char *id, int size, cu_device ordinal), (id, size, ordinal))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!id || size < 13)
		return CU_ERROR_INVALID_VALUE;
	snprintf(id, (size_t)size, "0000:%02x:00.0", device->uuid.bytes[15] + 1u);
	return CU_OK;
}

FUNCTION(cuDeviceGetByPCIBusId, (cu_device * ordinal, const char *id), (ordinal, id))
{
	unsigned bus;

	if (!ordinal || !id)
		return CU_ERROR_INVALID_VALUE;
	if (sscanf(id, "%*x:%x:", &bus) == 1)
		for (int i = 0; i < device_count; i++)
			if (devices[i].uuid.bytes[15] + 1u == bus) {
				*ordinal = i;
				return CU_OK;
			}
	return CU_ERROR_INVALID_DEVICE;
}
