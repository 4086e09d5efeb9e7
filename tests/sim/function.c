/* SPDX-License-Identifier: MIT */
/* What a function or a kernel may be asked or told, and occupancy. */
#include "export.h"
#include "module.h"

enum { ATTRIBUTES = 16 };

static int attribute_of(int number, const int *set)
{
	/* threads, then what the code needs: registers, PTX and binary version */
	static const int built_in[ATTRIBUTES] = { 1024, 0, 0, 0, 32, 90, 90 };

	return set && set[number] ? set[number] : built_in[number];
}

FUNCTION(cuFuncGetAttribute, (int *value, int number, void *handle), (value, number, handle))
{
	struct function *function = object_get(OBJECT_FUNCTION, handle);
	struct context *context = NULL;

	if (!value || number < 0 || number >= ATTRIBUTES)
		return CU_ERROR_INVALID_VALUE;
	if (!launchable(handle, &context))
		return CU_ERROR_INVALID_HANDLE;
	*value = attribute_of(number, function ? function->attributes : NULL);
	return CU_OK;
}

FUNCTION(cuFuncSetAttribute, (void *handle, int number, int value), (handle, number, value))
{
	struct function *function = object_get(OBJECT_FUNCTION, handle);
	struct context *context = NULL;

	if (!launchable(handle, &context))
		return CU_ERROR_INVALID_HANDLE;
	if (number < 8 || number >= ATTRIBUTES) /* the first eight can only be read */
		return CU_ERROR_INVALID_VALUE;
	if (function)
		function->attributes[number] = value;
	return CU_OK;
}

FUNCTION(cuKernelGetAttribute, (int *value, int number, void *handle, cu_device device),
	(value, number, handle, device))
{
	if (!value || number < 0 || number >= ATTRIBUTES)
		return CU_ERROR_INVALID_VALUE;
	if (!object_get(OBJECT_KERNEL, handle))
		return CU_ERROR_INVALID_HANDLE;
	if (!device_get(device))
		return CU_ERROR_INVALID_DEVICE;
	*value = attribute_of(number, NULL);
	return CU_OK;
}

FUNCTION(cuKernelSetAttribute, (int number, int value, void *handle, cu_device device),
	(number, value, handle, device))
{
	(void)value;
	if (!object_get(OBJECT_KERNEL, handle))
		return CU_ERROR_INVALID_HANDLE;
	if (!device_get(device))
		return CU_ERROR_INVALID_DEVICE;
	return number < 8 || number >= ATTRIBUTES ? CU_ERROR_INVALID_VALUE : CU_OK;
}

static enum cu_status accept(void *handle, unsigned setting, unsigned most)
{
	struct context *context = NULL;

	if (!launchable(handle, &context))
		return CU_ERROR_INVALID_HANDLE;
	return setting <= most ? CU_OK : CU_ERROR_INVALID_VALUE;
}

FUNCTION(cuFuncSetCacheConfig, (void *function, unsigned config), (function, config))
{
	return accept(function, config, 3);
}

FUNCTION(cuFuncSetSharedMemConfig, (void *function, unsigned config), (function, config))
{
	return accept(function, config, 2);
}

FUNCTION(cuKernelSetCacheConfig, (void *kernel, unsigned config, cu_device device),
	(kernel, config, device))
{
	return device_get(device) ? accept(kernel, config, 3) : CU_ERROR_INVALID_DEVICE;
}

FUNCTION(cuFuncGetModule, (void **out, void *handle), (out, handle))
{
	struct function *function = object_get(OBJECT_FUNCTION, handle);

	if (!function)
		return CU_ERROR_INVALID_HANDLE;
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	*out = function->module;
	return CU_OK;
}

/* Not of a CUkernel cast to a CUfunction, which a real driver need not survive. */
FUNCTION(cuFuncGetName, (const char **name, void *handle), (name, handle))
{
	const struct function *function = object_get(OBJECT_FUNCTION, handle);

	if (!function)
		return CU_ERROR_INVALID_HANDLE;
	if (!name)
		return CU_ERROR_INVALID_VALUE;
	*name = function->kernel->name;
	return CU_OK;
}

static enum cu_status param_info(void *handle, size_t index, size_t *offset, size_t *size)
{
	struct context *context = NULL;
	const struct image_kernel *kernel = launchable(handle, &context);

	if (!kernel)
		return CU_ERROR_INVALID_HANDLE;
	if (!offset || index >= kernel->param_count)
		return CU_ERROR_INVALID_VALUE;
	*offset = kernel->params[index].offset;
	if (size)
		*size = kernel->params[index].size;
	return CU_OK;
}

FUNCTION(cuFuncGetParamInfo, (void *function, size_t index, size_t *offset, size_t *size),
	(function, index, offset, size))
{
	return param_info(function, index, offset, size);
}

FUNCTION(cuKernelGetParamInfo, (void *kernel, size_t index, size_t *offset, size_t *size),
	(kernel, index, offset, size))
{
	return param_info(kernel, index, offset, size);
}

static enum cu_status param_count(void *handle, size_t *count)
{
	struct context *context = NULL;
	const struct image_kernel *kernel = launchable(handle, &context);

	if (!kernel)
		return CU_ERROR_INVALID_HANDLE;
	if (!count)
		return CU_ERROR_INVALID_VALUE;
	*count = kernel->param_count;
	return CU_OK;
}

FUNCTION(cuFuncGetParamCount, (void *function, size_t *count), (function, count))
{
	return param_count(function, count);
}

FUNCTION(cuKernelGetParamCount, (void *kernel, size_t *count), (kernel, count))
{
	return param_count(kernel, count);
}

FUNCTION(cuFuncIsLoaded, (int *state, void *handle), (state, handle))
{
	struct context *context = NULL;

	if (!launchable(handle, &context))
		return CU_ERROR_INVALID_HANDLE;
	if (!state)
		return CU_ERROR_INVALID_VALUE;
	*state = 1;
	return CU_OK;
}

FUNCTION(cuFuncLoad, (void *handle), (handle))
{
	return accept(handle, 0, 0);
}

/* Occupancy, for a device that holds 2048 threads a multiprocessor and has 16 of them. */
static enum cu_status active_blocks(int *blocks, void *handle, int block_size)
{
	if (accept(handle, 0, 0) != CU_OK)
		return CU_ERROR_INVALID_HANDLE;
	if (!blocks || block_size <= 0)
		return CU_ERROR_INVALID_VALUE;
	*blocks = block_size > 1024 ? 0 : 2048 / block_size > 32 ? 32 : 2048 / block_size;
	return CU_OK;
}

FUNCTION(cuOccupancyMaxActiveBlocksPerMultiprocessor,
	(int *blocks, void *function, int block_size, size_t shared_bytes),
	(blocks, function, block_size, shared_bytes))
{
	(void)shared_bytes;
	return active_blocks(blocks, function, block_size);
}

FUNCTION(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags,
	(int *blocks, void *function, int block_size, size_t shared_bytes, unsigned flags),
	(blocks, function, block_size, shared_bytes, flags))
{
	(void)shared_bytes;
	return flags > 1 ? CU_ERROR_INVALID_VALUE : active_blocks(blocks, function, block_size);
}

static enum cu_status best_block(int *grid_size, int *block_size, void *handle, int limit)
{
	if (accept(handle, 0, 0) != CU_OK)
		return CU_ERROR_INVALID_HANDLE;
	if (!grid_size || !block_size || limit < 0)
		return CU_ERROR_INVALID_VALUE;
	*block_size = limit && limit < 1024 ? limit : 1024;
	*grid_size = 16 * (2048 / *block_size);
	return CU_OK;
}

FUNCTION(cuOccupancyMaxPotentialBlockSize,
	(int *grid_size, int *block_size, void *function, void *shared_of, size_t shared_bytes,
		int limit),
	(grid_size, block_size, function, shared_of, shared_bytes, limit))
{
	(void)shared_of, (void)shared_bytes;
	return best_block(grid_size, block_size, function, limit);
}

FUNCTION(cuOccupancyMaxPotentialBlockSizeWithFlags,
	(int *grid_size, int *block_size, void *function, void *shared_of, size_t shared_bytes,
		int limit, unsigned flags),
	(grid_size, block_size, function, shared_of, shared_bytes, limit, flags))
{
	(void)shared_of, (void)shared_bytes;
	return flags > 1 ? CU_ERROR_INVALID_VALUE
			 : best_block(grid_size, block_size, function, limit);
}

FUNCTION(cuOccupancyAvailableDynamicSMemPerBlock,
	(size_t * bytes, void *function, int blocks, int block_size),
	(bytes, function, blocks, block_size))
{
	if (accept(function, 0, 0) != CU_OK)
		return CU_ERROR_INVALID_HANDLE;
	if (!bytes || blocks <= 0 || block_size <= 0)
		return CU_ERROR_INVALID_VALUE;
	*bytes = (size_t)(102400 / blocks > 49152 ? 49152 : 102400 / blocks);
	return CU_OK;
}

FUNCTION(cuOccupancyMaxPotentialClusterSize,
	(int *size, void *function, const struct cu_launch_config *config),
	(size, function, config))
{
	if (!size || !config)
		return CU_ERROR_INVALID_VALUE;
	*size = 8;
	return accept(function, 0, 0);
}

FUNCTION(cuOccupancyMaxActiveClusters,
	(int *count, void *function, const struct cu_launch_config *config),
	(count, function, config))
{
	if (!count || !config)
		return CU_ERROR_INVALID_VALUE;
	*count = 2;
	return accept(function, 0, 0);
}
