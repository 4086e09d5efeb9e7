/* SPDX-License-Identifier: MIT */
/*
 * Linear regression on the GPU, for train.R, which calls the functions at the end by .C().
 *
 * It reaches the driver as frameworks do: dlopen, one dlsym, then everything by cuGetProcAddress.
 * So it is built without a CUDA toolkit and runs without a driver, where gpu_open() says "no GPU".
 */
#include "kernels.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* From cuda.h, whose types these are by size: CUdevice, CUdeviceptr, and handles. */
typedef int device_t;
typedef unsigned long long address_t;
typedef void *handle_t;

static struct driver {
	int (*init)(unsigned flags);
	int (*device_count)(int *count);
	int (*device)(device_t *device, int ordinal);
	int (*device_name)(char *name, int length, device_t device);
	int (*retain)(handle_t *context, device_t device);
	int (*release)(device_t device);
	int (*set_context)(handle_t context);
	int (*allocate)(address_t *address, size_t bytes);
	int (*release_memory)(address_t address);
	int (*to_device)(address_t to, const void *from, size_t bytes);
	int (*to_host)(void *to, address_t from, size_t bytes);
	int (*load)(handle_t *module, const void *image);
	int (*unload)(handle_t module);
	int (*function)(handle_t *function, handle_t module, const char *name);
	int (*launch)(handle_t function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
		unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
		handle_t stream, void **params, void **extra);
	int (*error_name)(int status, const char **name);
} driver;

#define SLOT(member) offsetof(struct driver, member)

/* By which name and since which driver version each is found; and the name that dlsym knows. */
static const struct entry {
	const char *name;
	int version;
	const char *symbol;
	size_t slot;
} entries[] = {
	{ "cuInit", 2000, "cuInit", SLOT(init) },
	{ "cuDeviceGetCount", 2000, "cuDeviceGetCount", SLOT(device_count) },
	{ "cuDeviceGet", 2000, "cuDeviceGet", SLOT(device) },
	{ "cuDeviceGetName", 2000, "cuDeviceGetName", SLOT(device_name) },
	{ "cuDevicePrimaryCtxRetain", 7000, "cuDevicePrimaryCtxRetain", SLOT(retain) },
	{ "cuDevicePrimaryCtxRelease", 11000, "cuDevicePrimaryCtxRelease_v2", SLOT(release) },
	{ "cuCtxSetCurrent", 4000, "cuCtxSetCurrent", SLOT(set_context) },
	{ "cuMemAlloc", 3020, "cuMemAlloc_v2", SLOT(allocate) },
	{ "cuMemFree", 3020, "cuMemFree_v2", SLOT(release_memory) },
	{ "cuMemcpyHtoD", 3020, "cuMemcpyHtoD_v2", SLOT(to_device) },
	{ "cuMemcpyDtoH", 3020, "cuMemcpyDtoH_v2", SLOT(to_host) },
	{ "cuModuleLoadData", 2000, "cuModuleLoadData", SLOT(load) },
	{ "cuModuleUnload", 2000, "cuModuleUnload", SLOT(unload) },
	{ "cuModuleGetFunction", 2000, "cuModuleGetFunction", SLOT(function) },
	{ "cuLaunchKernel", 4000, "cuLaunchKernel", SLOT(launch) },
	{ "cuGetErrorName", 6000, "cuGetErrorName", SLOT(error_name) },
};

static const char kernels_ptx[] = KERNELS_PTX;

enum kernel { GRADIENT, STEP, LOSS, KERNELS };

static const char *const kernel_names[KERNELS] = {
	[GRADIENT] = "gpuspy_example_gradient",
	[STEP] = "gpuspy_example_step",
	[LOSS] = "gpuspy_example_loss",
};

enum buffer { X, Y, WEIGHTS, GRADIENTS, LOSSES, BUFFERS };

static struct training {
	device_t device;
	handle_t context, module;
	handle_t kernels[KERNELS];
	address_t buffers[BUFFERS];
	int rows, columns;
} training;

/* cuGetProcAddress, in its second form since CUDA 12.0 and its first since 11.3. */
struct lookup {
	void *library;
	int (*v2)(const char *name, void **found, int version, uint64_t flags, int *how);
	int (*v1)(const char *name, void **found, int version, uint64_t flags);
};

static bool start_lookup(struct lookup *lookup)
{
	lookup->library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!lookup->library)
		return false;
	*(void **)&lookup->v2 = dlsym(lookup->library, "cuGetProcAddress_v2");
	if (!lookup->v2)
		*(void **)&lookup->v1 = dlsym(lookup->library, "cuGetProcAddress");
	return true;
}

static void *find(const struct lookup *lookup, const struct entry *entry)
{
	void *found = NULL;
	int status, how;

	if (lookup->v2)
		status = lookup->v2(entry->name, &found, entry->version, 0, &how);
	else if (lookup->v1)
		status = lookup->v1(entry->name, &found, entry->version, 0);
	else
		return dlsym(lookup->library, entry->symbol);
	return status ? NULL : found;
}

static bool find_driver(void)
{
	struct lookup lookup = { 0 };

	if (!start_lookup(&lookup))
		return false;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		void *found = find(&lookup, &entries[i]);

		if (!found)
			return false;
		memcpy((char *)&driver + entries[i].slot, &found, sizeof(found));
	}
	return true;
}

static bool open_device(void)
{
	int count = 0;

	return !driver.init(0) && !driver.device_count(&count) && count > 0 &&
	       !driver.device(&training.device, 0) &&
	       !driver.retain(&training.context, training.device) &&
	       !driver.set_context(training.context);
}

static bool load_kernels(void)
{
	if (driver.load(&training.module, kernels_ptx))
		return false;
	for (int i = 0; i < KERNELS; i++)
		if (driver.function(&training.kernels[i], training.module, kernel_names[i]))
			return false;
	return true;
}

static bool reserve(enum buffer buffer, size_t count, const double *values)
{
	float *floats = calloc(count, sizeof(*floats));
	bool good = floats && !driver.allocate(&training.buffers[buffer], count * sizeof(*floats));

	for (size_t i = 0; good && values && i < count; i++)
		floats[i] = (float)values[i];
	good = good && !driver.to_device(training.buffers[buffer], floats, count * sizeof(*floats));
	free(floats);
	return good;
}

static bool reserve_all(const double *x, const double *y)
{
	size_t rows = (size_t)training.rows, columns = (size_t)training.columns;

	return reserve(X, rows * columns, x) && reserve(Y, rows, y) &&
	       reserve(WEIGHTS, columns, NULL) && reserve(GRADIENTS, columns, NULL) &&
	       reserve(LOSSES, 1, NULL);
}

static int launch(enum kernel kernel, unsigned threads, void **params)
{
	const unsigned block = 64;

	return driver.launch(training.kernels[kernel], (threads + block - 1) / block, 1, 1, block,
		1, 1, 0, NULL, params, NULL);
}

/* The parameters that the gradient and the loss share: where the result goes, then the model. */
static int launch_on_model(enum kernel kernel, enum buffer out, unsigned threads)
{
	address_t *buffers = training.buffers;
	void *params[] = { &buffers[out], &buffers[X], &buffers[Y], &buffers[WEIGHTS],
		&training.rows, &training.columns };

	return launch(kernel, threads, params);
}

static int descend(float rate)
{
	address_t *buffers = training.buffers;
	void *params[] = { &buffers[WEIGHTS], &buffers[GRADIENTS], &rate, &training.columns };

	return launch(STEP, (unsigned)training.columns, params);
}

/* The rest is for .C(), to which every argument is a pointer to the first element of a vector. */
void gpu_close(void);
void gpu_open(const double *x, const double *y, const int *rows, const int *columns, char **name,
	int *opened);
void gpu_train(const int *epochs, const double *rate, double *loss, int *launched, int *status);
void gpu_error(const int *status, char **name);

void gpu_close(void)
{
	for (int i = 0; i < BUFFERS; i++)
		if (training.buffers[i])
			driver.release_memory(training.buffers[i]);
	if (training.module)
		driver.unload(training.module);
	if (training.context)
		driver.release(training.device);
	memset(&training, 0, sizeof(training));
}

/* name: room for the device's name, 255 characters. opened: 1 or, without a usable GPU, 0. */
void gpu_open(const double *x, const double *y, const int *rows, const int *columns, char **name,
	int *opened)
{
	training.rows = *rows;
	training.columns = *columns;
	*opened = find_driver() && open_device() && load_kernels() && reserve_all(x, y) &&
		  !driver.device_name(*name, 256, training.device);
	if (!*opened)
		gpu_close();
}

/* Trains further, and gives the loss after it, how many kernels that took, and CUDA's status. */
void gpu_train(const int *epochs, const double *rate, double *loss, int *launched, int *status)
{
	float value = 0;
	int wrong = 0;

	for (int epoch = 0; !wrong && epoch < *epochs; epoch++) {
		wrong = launch_on_model(GRADIENT, GRADIENTS, (unsigned)training.columns);
		*launched += !wrong;
		wrong = wrong ? wrong : descend((float)*rate);
		*launched += !wrong;
	}
	wrong = wrong ? wrong : launch_on_model(LOSS, LOSSES, 1);
	*launched += !wrong;
	wrong = wrong ? wrong : driver.to_host(&value, training.buffers[LOSSES], sizeof(value));
	*loss = value;
	*status = wrong;
}

/* name: room for 255 characters. */
void gpu_error(const int *status, char **name)
{
	const char *found = NULL;

	if (driver.error_name(*status, &found) || !found)
		found = "unknown error";
	strncpy(*name, found, 255);
}
