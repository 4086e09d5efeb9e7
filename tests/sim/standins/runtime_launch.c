/* SPDX-License-Identifier: MIT */
/*
 * The stand-in runtime: kernels, as nvcc's programs know them. A constructor of the program
 * registers an image and the host address that stands for each kernel; nothing is loaded before
 * the first launch. Since 12.0 the image becomes a library and what is launched is its CUkernel.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime.h"

struct image {
	const struct sim_fat_binary *wrapper;
	void *module; /* a library since 12.0 */
};

struct kernel {
	struct kernel *next;
	struct image *image;
	const void *host_function;
	const char *name;
	void *handle;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kernel *kernels;

#if SIM_CUDART_MAJOR >= 12
static int load(struct image *image)
{
	return rt_driver.cuLibraryLoadData(
		&image->module, image->wrapper->data, NULL, NULL, 0, NULL, NULL, 0);
}

static int find(struct kernel *kernel)
{
	return rt_driver.cuLibraryGetKernel(&kernel->handle, kernel->image->module, kernel->name);
}

static void unload(struct image *image)
{
	rt_driver.cuLibraryUnload(image->module);
}
#else
static int load(struct image *image)
{
	return rt_driver.cuModuleLoadData(&image->module, image->wrapper->data);
}

static int find(struct kernel *kernel)
{
	return rt_driver.cuModuleGetFunction(&kernel->handle, kernel->image->module, kernel->name);
}

static void unload(struct image *image)
{
	rt_driver.cuModuleUnload(image->module);
}
#endif

static int resolve(const void *function, void **handle)
{
	struct kernel *kernel;
	int status = RT_OK;

	for (kernel = kernels; kernel && kernel->host_function != function;)
		kernel = kernel->next;
	if (!kernel)
		return RT_INVALID_FUNCTION;
	if (!kernel->image->module)
		status = load(kernel->image);
	if (!status && !kernel->handle)
		status = find(kernel);
	*handle = kernel->handle;
	return status;
}

int rt_kernel(const void *function, void **kernel)
{
	int status = rt_context();

	if (status)
		return status;
	pthread_mutex_lock(&lock);
	status = resolve(function, kernel);
	pthread_mutex_unlock(&lock);
	return status;
}

static int launch_handle(void *kernel, struct sim_dim3 grid, struct sim_dim3 block, void **params,
	size_t shared, void *stream, bool per_thread)
{
	int(*driver) SIM_LAUNCH;
	int status = rt_context();

	if (status)
		return status;
	driver = per_thread ? rt_driver.cuLaunchKernel_ptsz : rt_driver.cuLaunchKernel;
	return driver(kernel, grid.x, grid.y, grid.z, block.x, block.y, block.z, (unsigned)shared,
		stream, params, NULL);
}

static int launch(const void *function, struct sim_dim3 grid, struct sim_dim3 block, void **params,
	size_t shared, void *stream, bool per_thread)
{
	void *kernel = NULL;
	int status = rt_kernel(function, &kernel);

	if (status)
		return status;
	return launch_handle(kernel, grid, block, params, shared, stream, per_thread);
}

RUNTIME(cudaLaunchKernel,
	(const void *function, struct sim_dim3 grid, struct sim_dim3 block, void **params,
		size_t shared, void *stream),
	launch(function, grid, block, params, shared, stream, false))
RUNTIME(cudaLaunchKernel_ptsz,
	(const void *function, struct sim_dim3 grid, struct sim_dim3 block, void **params,
		size_t shared, void *stream),
	launch(function, grid, block, params, shared, stream, true))

#if SIM_CUDART_MAJOR >= 13
RUNTIME(__cudaGetKernel, (void **kernel, const void *function), rt_kernel(function, kernel))
RUNTIME(__cudaLaunchKernel,
	(void *kernel, struct sim_dim3 grid, struct sim_dim3 block, void **params, size_t shared,
		void *stream),
	launch_handle(kernel, grid, block, params, shared, stream, false))
#endif

void **__cudaRegisterFatBinary(void *wrapper)
{
	struct image *image = calloc(1, sizeof(*image));

	(void)standin_enter(STANDIN_SONAME, "__cudaRegisterFatBinary");
	if (!image)
		abort();
	image->wrapper = wrapper;
	if (image->wrapper->magic != SIM_FAT_BINARY_MAGIC)
		abort();
	return (void **)image;
}

void __cudaRegisterFatBinaryEnd(void **handle)
{
	(void)standin_enter(STANDIN_SONAME, "__cudaRegisterFatBinaryEnd");
	(void)handle;
}

void __cudaRegisterFunction(void **handle, const char *host_function, char *device_function,
	const char *device_name, int thread_limit, void *thread, void *block, void *block_dim,
	void *grid_dim, int *warp_size)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));

	(void)standin_enter(STANDIN_SONAME, "__cudaRegisterFunction");
	(void)device_function, (void)thread_limit, (void)thread, (void)block, (void)block_dim;
	(void)grid_dim, (void)warp_size;
	if (!kernel)
		abort();
	kernel->image = (struct image *)handle;
	kernel->host_function = host_function;
	kernel->name = device_name;
	pthread_mutex_lock(&lock);
	kernel->next = kernels;
	kernels = kernel;
	pthread_mutex_unlock(&lock);
}

void __cudaUnregisterFatBinary(void **handle)
{
	struct image *image = (struct image *)handle;
	struct kernel **link;

	(void)standin_enter(STANDIN_SONAME, "__cudaUnregisterFatBinary");
	pthread_mutex_lock(&lock);
	for (link = &kernels; *link;) {
		struct kernel *kernel = *link;

		if (kernel->image != image) {
			link = &kernel->next;
			continue;
		}
		*link = kernel->next;
		free(kernel);
	}
	pthread_mutex_unlock(&lock);
	if (image->module)
		unload(image);
	free(image);
}
