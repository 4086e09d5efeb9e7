/* SPDX-License-Identifier: MIT */
/* The stand-in runtime: memory and copies. */
#include <string.h>

#include "../../../preload/cuda/abi.h"
#include "runtime.h"

static uint64_t device_pointer(const void *memory)
{
	return (uint64_t)(uintptr_t)memory;
}

static int allocate(void **memory, size_t bytes)
{
	uint64_t address = 0;
	int status = rt_context();

	if (!status)
		status = memory ? rt_driver.cuMemAlloc_v2(&address, bytes) : RT_INVALID_VALUE;
	if (!status)
		*memory = (void *)(uintptr_t)address;
	return status;
}

static int allocate_managed(void **memory, size_t bytes, unsigned flags)
{
	uint64_t address = 0;
	int status = rt_context();

	if (!status)
		status = rt_driver.cuMemAllocManaged(&address, bytes, flags);
	if (!status)
		*memory = (void *)(uintptr_t)address;
	return status;
}

static int allocate_async(void **memory, size_t bytes, void *stream)
{
	uint64_t address = 0;
	int status = rt_context();

	if (!status)
		status = rt_driver.cuMemAllocAsync(&address, bytes, stream);
	if (!status)
		*memory = (void *)(uintptr_t)address;
	return status;
}

/* NULL is allowed: the usual way to make a runtime start without doing anything. */
static int release(void *memory)
{
	int status = rt_context();

	if (status || !memory)
		return status;
	return rt_driver.cuMemFree_v2(device_pointer(memory));
}

static int copy_plain(void *to, const void *from, size_t bytes, int kind, bool per_thread)
{
	const struct sim_driver *d = &rt_driver;
	uint64_t target = device_pointer(to), source = device_pointer(from);

	switch (kind) {
	case SIM_HOST_TO_HOST:
		memcpy(to, from, bytes);
		return RT_OK;
	case SIM_HOST_TO_DEVICE:
		return per_thread ? d->cuMemcpyHtoD_v2_ptds(target, from, bytes)
				  : d->cuMemcpyHtoD_v2(target, from, bytes);
	case SIM_DEVICE_TO_HOST:
		return per_thread ? d->cuMemcpyDtoH_v2_ptds(to, source, bytes)
				  : d->cuMemcpyDtoH_v2(to, source, bytes);
	case SIM_DEVICE_TO_DEVICE:
		return per_thread ? d->cuMemcpyDtoD_v2_ptds(target, source, bytes)
				  : d->cuMemcpyDtoD_v2(target, source, bytes);
	case SIM_COPY_DEFAULT:
		return per_thread ? d->cuMemcpy_ptds(target, source, bytes)
				  : d->cuMemcpy(target, source, bytes);
	default:
		return RT_INVALID_DIRECTION;
	}
}

static int copy(void *to, const void *from, size_t bytes, int kind, bool per_thread)
{
	int status = rt_context();

	return status || !bytes ? status : copy_plain(to, from, bytes, kind, per_thread);
}

static int copy_async(
	void *to, const void *from, size_t bytes, int kind, void *stream, bool per_thread)
{
	const struct sim_driver *d = &rt_driver;
	uint64_t target = device_pointer(to), source = device_pointer(from);
	int status = rt_context();

	if (status || !bytes)
		return status;
	switch (kind) {
	case SIM_HOST_TO_DEVICE:
		return per_thread ? d->cuMemcpyHtoDAsync_v2_ptsz(target, from, bytes, stream)
				  : d->cuMemcpyHtoDAsync_v2(target, from, bytes, stream);
	case SIM_DEVICE_TO_HOST:
		return per_thread ? d->cuMemcpyDtoHAsync_v2_ptsz(to, source, bytes, stream)
				  : d->cuMemcpyDtoHAsync_v2(to, source, bytes, stream);
	case SIM_DEVICE_TO_DEVICE:
		return per_thread ? d->cuMemcpyDtoDAsync_v2_ptsz(target, source, bytes, stream)
				  : d->cuMemcpyDtoDAsync_v2(target, source, bytes, stream);
	case SIM_HOST_TO_HOST:
	case SIM_COPY_DEFAULT:
		return per_thread ? d->cuMemcpyAsync_ptsz(target, source, bytes, stream)
				  : d->cuMemcpyAsync(target, source, bytes, stream);
	default:
		return RT_INVALID_DIRECTION;
	}
}

static struct cu_copy_side_3d side_3d(
	const struct sim_pitched *memory, const struct sim_extent *position, bool on_device)
{
	struct cu_copy_side_3d side = {
		.x = position->a,
		.y = position->b,
		.z = position->c,
		.memory_type = on_device ? CU_MEMORY_DEVICE : CU_MEMORY_HOST,
		.pitch = memory->pitch,
		.height = memory->height,
	};

	if (on_device)
		side.device = device_pointer(memory->memory);
	else
		side.host = memory->memory;
	return side;
}

/* Between pitched memory only: this runtime has no arrays. */
static int copy_3d(const struct sim_copy_3d *params)
{
	struct cu_copy_3d copy;
	int kind, status = rt_context();

	if (status)
		return status;
	if (!params || params->from_array || params->to_array)
		return RT_INVALID_VALUE;
	kind = params->kind;
	copy = (struct cu_copy_3d){
		.from = side_3d(&params->from, &params->from_position,
			kind == SIM_DEVICE_TO_HOST || kind == SIM_DEVICE_TO_DEVICE),
		.to = side_3d(&params->to, &params->to_position,
			kind == SIM_HOST_TO_DEVICE || kind == SIM_DEVICE_TO_DEVICE),
		.width = params->extent.a,
		.height = params->extent.b,
		.depth = params->extent.c,
	};
	return rt_driver.cuMemcpy3D_v2(&copy);
}

RUNTIME(cudaMalloc, (void **memory, size_t bytes), allocate(memory, bytes))
RUNTIME(cudaMallocManaged, (void **memory, size_t bytes, unsigned flags),
	allocate_managed(memory, bytes, flags))
RUNTIME(cudaMallocAsync, (void **memory, size_t bytes, void *stream),
	allocate_async(memory, bytes, stream))
RUNTIME_DRIVER(cudaMallocHost, (void **memory, size_t bytes), cuMemHostAlloc(memory, bytes, 0))
RUNTIME(cudaFree, (void *memory), release(memory))
RUNTIME_DRIVER(
	cudaFreeAsync, (void *memory, void *stream), cuMemFreeAsync(device_pointer(memory), stream))
RUNTIME_DRIVER(cudaFreeHost, (void *memory), cuMemFreeHost(memory))
RUNTIME_DRIVER(
	cudaMemGetInfo, (size_t * free_bytes, size_t *total), cuMemGetInfo_v2(free_bytes, total))
RUNTIME(cudaMemcpy, (void *to, const void *from, size_t bytes, int kind),
	copy(to, from, bytes, kind, false))
RUNTIME(cudaMemcpy_ptds, (void *to, const void *from, size_t bytes, int kind),
	copy(to, from, bytes, kind, true))
RUNTIME(cudaMemcpyAsync, (void *to, const void *from, size_t bytes, int kind, void *stream),
	copy_async(to, from, bytes, kind, stream, false))
RUNTIME(cudaMemcpyAsync_ptsz, (void *to, const void *from, size_t bytes, int kind, void *stream),
	copy_async(to, from, bytes, kind, stream, true))
RUNTIME(cudaMemcpy3D, (const struct sim_copy_3d *params), copy_3d(params))
RUNTIME_DRIVER(cudaMemset, (void *to, int value, size_t bytes),
	cuMemsetD8_v2(device_pointer(to), (unsigned char)value, bytes))
RUNTIME_DRIVER(cudaMemsetAsync, (void *to, int value, size_t bytes, void *stream),
	cuMemsetD8Async(device_pointer(to), (unsigned char)value, bytes, stream))
