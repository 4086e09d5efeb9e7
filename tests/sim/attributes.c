/* SPDX-License-Identifier: MIT */
/* What can be asked about a device besides its name. */
#include "export.h"
#include "state.h"

#include <string.h>

struct attribute {
	int number, value;
};

/* CUdevice_attribute, as a device of compute capability 9.0 might answer; the rest is 0. */
static const struct attribute attributes[] = {
	{ 1, 1024 },                       /* threads per block */
	{ 2, 1024 },                       /* block x */
	{ 3, 1024 },                       /* block y */
	{ 4, 64 },                         /* block z */
	{ 5, 2147483647 },                 /* grid x */
	{ 6, 65535 },                      /* grid y */
	{ 7, 65535 },                      /* grid z */
	{ 8, 49152 },                      /* shared memory per block */
	{ 9, 65536 },                      /* constant memory */
	{ 10, 32 },                        /* warp size */
	{ 11, 2147483647 }, { 12, 65536 }, /* registers per block */
	{ 13, 1000000 },                   /* clock, kHz */
	{ 14, 512 },                       /* texture alignment */
	{ 15, 1 },                         /* overlap */
	{ 16, 16 },                        /* multiprocessors */
	{ 19, 1 },                         /* can map host memory */
	{ 21, 131072 },                    /* textures: 1D width, 2D, 3D */
	{ 22, 131072 }, { 23, 65536 }, { 24, 16384 }, { 25, 16384 }, { 26, 16384 },
	{ 30, 512 },                          /* surface alignment */
	{ 31, 1 },                            /* concurrent kernels */
	{ 36, 1000000 },                      /* memory clock, kHz */
	{ 37, 512 },                          /* bus width */
	{ 38, 4194304 },                      /* L2 cache */
	{ 39, 2048 },                         /* threads per multiprocessor */
	{ 40, 2 },                            /* asynchronous engines */
	{ 41, 1 },                            /* unified addressing */
	{ 51, 32 },                           /* texture pitch alignment */
	{ 75, 9 },                            /* compute capability */
	{ 76, 0 }, { 78, 1 },                 /* stream priorities */
	{ 79, 1 }, { 80, 1 }, { 81, 102400 }, /* shared memory per multiprocessor */
	{ 82, 65536 },                        /* registers per multiprocessor */
	{ 83, 1 },                            /* managed memory */
	{ 89, 1 },                            /* concurrent managed access */
	{ 90, 1 },                            /* compute preemption */
	{ 95, 1 },                            /* cooperative launch */
	{ 96, 1 },                            /* cooperative launch on several devices */
	{ 97, 101376 },                       /* shared memory per block, if asked for */
	{ 99, 1 },                            /* host memory can be registered */
	{ 102, 1 },                           /* virtual memory management */
	{ 106, 32 },                          /* blocks per multiprocessor */
	{ 115, 1 },                           /* memory pools */
	{ 120, 1 },                           /* clusters */
	{ 126, 4 },                           /* memory synchronisation domains */
};

static int attribute_of(const struct device *device, int number)
{
	if (number == 33)
		return device->uuid.bytes[15] + 1; /* PCI bus */
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (attributes[i].number == number)
			return attributes[i].value;
	return 0;
}

FUNCTION(
	cuDeviceGetAttribute, (int *value, int number, cu_device ordinal), (value, number, ordinal))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!value || number <= 0 || number > 1000)
		return CU_ERROR_INVALID_VALUE;
	*value = attribute_of(device, number);
	return CU_OK;
}

FUNCTION(cuDeviceComputeCapability, (int *major, int *minor, cu_device ordinal),
	(major, minor, ordinal))
{
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!major || !minor)
		return CU_ERROR_INVALID_VALUE;
	*major = attribute_of(device, 75);
	*minor = attribute_of(device, 76);
	return CU_OK;
}

/* CUdevprop: numbers of attributes in the order of its ints. */
FUNCTION(cuDeviceGetProperties, (int *properties, cu_device ordinal), (properties, ordinal))
{
	static const int order[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };
	struct device *device = device_get(ordinal);

	if (!device)
		return CU_ERROR_INVALID_DEVICE;
	if (!properties)
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		properties[i] = attribute_of(device, order[i]);
	return CU_OK;
}

FUNCTION(cuDeviceCanAccessPeer, (int *can, cu_device ordinal, cu_device peer), (can, ordinal, peer))
{
	if (!device_get(ordinal) || !device_get(peer))
		return CU_ERROR_INVALID_DEVICE;
	if (!can)
		return CU_ERROR_INVALID_VALUE;
	*can = ordinal != peer;
	return CU_OK;
}

FUNCTION(cuDeviceGetP2PAttribute, (int *value, int number, cu_device from, cu_device to),
	(value, number, from, to))
{
	if (!device_get(from) || !device_get(to) || from == to)
		return CU_ERROR_INVALID_DEVICE;
	if (!value || number < 1 || number > 5)
		return CU_ERROR_INVALID_VALUE;
	*value = number != 1; /* all but the performance rank, of which 0 is the best */
	return CU_OK;
}

FUNCTION(cuDeviceGetTexture1DLinearMaxWidth,
	(size_t * width, unsigned format, unsigned channels, cu_device ordinal),
	(width, format, channels, ordinal))
{
	if (!device_get(ordinal))
		return CU_ERROR_INVALID_DEVICE;
	if (!width || !format || !channels)
		return CU_ERROR_INVALID_VALUE;
	*width = 1u << 28;
	return CU_OK;
}

FUNCTION(cuDeviceGetExecAffinitySupport, (int *value, int type, cu_device ordinal),
	(value, type, ordinal))
{
	if (!device_get(ordinal))
		return CU_ERROR_INVALID_DEVICE;
	if (!value || type)
		return CU_ERROR_INVALID_VALUE;
	*value = 0;
	return CU_OK;
}

FUNCTION(cuDeviceGraphMemTrim, (cu_device ordinal), (ordinal))
{
	return device_get(ordinal) ? CU_OK : CU_ERROR_INVALID_DEVICE;
}

/* Nothing is kept for graphs, so all four figures are 0 and setting the high marks to 0 is right.
 */
FUNCTION(cuDeviceGetGraphMemAttribute, (cu_device ordinal, int number, void *value),
	(ordinal, number, value))
{
	if (!device_get(ordinal))
		return CU_ERROR_INVALID_DEVICE;
	if (!value || number < 0 || number > 3)
		return CU_ERROR_INVALID_VALUE;
	memset(value, 0, sizeof(uint64_t));
	return CU_OK;
}

FUNCTION(cuDeviceSetGraphMemAttribute, (cu_device ordinal, int number, void *value),
	(ordinal, number, value))
{
	if (!device_get(ordinal))
		return CU_ERROR_INVALID_DEVICE;
	return value && number >= 0 && number <= 3 ? CU_OK : CU_ERROR_INVALID_VALUE;
}

FUNCTION(cuFlushGPUDirectRDMAWrites, (int target, int scope), (target, scope))
{
	return !target && (scope == 100 || scope == 200) ? CU_OK : CU_ERROR_INVALID_VALUE;
}

/* No fabric joins these devices to others. */
FUNCTION(cuDeviceGetCliqueCount, (size_t * count, cu_device ordinal), (count, ordinal))
{
	if (!device_get(ordinal))
		return CU_ERROR_INVALID_DEVICE;
	if (!count)
		return CU_ERROR_INVALID_VALUE;
	*count = 0;
	return CU_OK;
}

FUNCTION(cuDeviceGetCliqueInfo, (void *info, size_t *count, cu_device ordinal),
	(info, count, ordinal))
{
	(void)info;
	return body_cuDeviceGetCliqueCount(count, ordinal);
}
