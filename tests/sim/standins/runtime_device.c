/* SPDX-License-Identifier: MIT */
/* The stand-in runtime: start, devices, contexts, versions, errors. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "runtime.h"

#if SIM_CUDART_MAJOR == 11
#define RUNTIME_VERSION 11080
#elif SIM_CUDART_MAJOR == 12
#define RUNTIME_VERSION 12090
#else
#define RUNTIME_VERSION 13000
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int start_status;
static int device_count;
static void *primary[RT_DEVICES];

/* In the static TLS block, as in ../state.h. */
#define STATIC_TLS __attribute__((tls_model("initial-exec")))
static __thread int this_device STATIC_TLS;
static __thread void *this_context STATIC_TLS;
static __thread int last_error STATIC_TLS;

static void start_once(void)
{
	int version = 0;

	start_status = rt_look_up();
	if (start_status)
		return;
	start_status = rt_driver.cuInit(0);
	if (start_status)
		return;
	/* Within a major every driver will do that is of this major or later. */
	start_status = rt_driver.cuDriverGetVersion(&version);
	if (!start_status && version < SIM_CUDART_MAJOR * 1000)
		start_status = RT_INSUFFICIENT_DRIVER;
	if (!start_status)
		start_status = rt_driver.cuDeviceGetCount(&device_count);
	if (!start_status && device_count == 0)
		start_status = RT_NO_DEVICE;
}

int rt_start(void)
{
	pthread_once(&once, start_once);
	return start_status;
}

static int retain(int ordinal, void **context)
{
	int status = RT_OK;
	int device;

	pthread_mutex_lock(&lock);
	if (!primary[ordinal]) {
		status = rt_driver.cuDeviceGet(&device, ordinal);
		if (!status)
			status = rt_driver.cuDevicePrimaryCtxRetain(&primary[ordinal], device);
	}
	*context = primary[ordinal];
	pthread_mutex_unlock(&lock);
	return status;
}

int rt_context(void)
{
	void *context;
	int status = rt_start();

	if (status)
		return status;
	status = retain(this_device, &context);
	if (status || context == this_context)
		return status;
	status = rt_driver.cuCtxSetCurrent(context);
	if (!status)
		this_context = context;
	return status;
}

int rt_result(int status)
{
	if (status && status != RT_NOT_READY)
		last_error = status;
	return status;
}

static int get_count(int *count)
{
	int status = rt_start();

	if (!count)
		return RT_INVALID_VALUE;
	if (!status)
		*count = device_count;
	return status;
}

static int set_device(int device)
{
	int status = rt_start();

	if (status)
		return status;
	if (device < 0 || device >= device_count || device >= RT_DEVICES)
		return RT_INVALID_DEVICE;
	this_device = device;
	/* Since 12.0 this makes the context; before it is left to the first call that needs one. */
	return SIM_CUDART_MAJOR >= 12 ? rt_context() : RT_OK;
}

static int get_device(int *device)
{
	int status = rt_start();

	if (!status)
		*device = this_device;
	return status;
}

static int get_runtime_version(int *version)
{
	*version = RUNTIME_VERSION;
	return RT_OK;
}

/* The only question about the driver that has an answer without one: 0. */
static int get_driver_version(int *version)
{
	*version = 0;
	return rt_look_up() ? RT_OK : rt_driver.cuDriverGetVersion(version);
}

static int take_last_error(void)
{
	int status = last_error;

	last_error = RT_OK;
	return status;
}

static int get_properties(struct sim_properties *properties, int device)
{
	int status = rt_start();
	int handle = 0;

	memset(properties, 0, sizeof(*properties));
	if (!status)
		status = rt_driver.cuDeviceGet(&handle, device);
	if (!status)
		status = rt_driver.cuDeviceGetName(
			properties->name, (int)sizeof(properties->name), handle);
	if (!status)
		status = rt_driver.cuDeviceTotalMem_v2(&properties->total_memory, handle);
	return status;
}

static const struct {
	int status;
	const char *name, *text;
} errors[] = {
	{ RT_OK, "cudaSuccess", "no error" },
	{ RT_INVALID_VALUE, "cudaErrorInvalidValue", "invalid argument" },
	{ 2, "cudaErrorMemoryAllocation", "out of memory" },
	{ 3, "cudaErrorInitializationError", "initialization error" },
	{ RT_INSUFFICIENT_DRIVER, "cudaErrorInsufficientDriver",
		"CUDA driver version is insufficient for CUDA runtime version" },
	{ RT_NO_DEVICE, "cudaErrorNoDevice", "no CUDA-capable device is detected" },
	{ RT_NOT_READY, "cudaErrorNotReady", "device not ready" },
	{ 700, "cudaErrorIllegalAddress", "an illegal memory access was encountered" },
};

static const char *error_word(int status, bool name)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].status == status)
			return name ? errors[i].name : errors[i].text;
	return name ? "cudaErrorUnknown" : "unknown error";
}

RUNTIME(cudaGetDeviceCount, (int *count), get_count(count))
RUNTIME(cudaSetDevice, (int device), set_device(device))
RUNTIME(cudaGetDevice, (int *device), get_device(device))
RUNTIME(cudaRuntimeGetVersion, (int *version), get_runtime_version(version))
RUNTIME(cudaDriverGetVersion, (int *version), get_driver_version(version))
RUNTIME_DRIVER(cudaDeviceSynchronize, (void), cuCtxSynchronize())
STANDIN(cudaGetLastError, (void), take_last_error())
STANDIN(cudaPeekAtLastError, (void), last_error)
STANDIN_VALUE(const char *, cudaGetErrorName, (int status), error_word(status, true))
STANDIN_VALUE(const char *, cudaGetErrorString, (int status), error_word(status, false))
#if SIM_CUDART_MAJOR == 12
RUNTIME(cudaGetDeviceProperties_v2, (struct sim_properties * properties, int device),
	get_properties(properties, device))
#else
RUNTIME(cudaGetDeviceProperties, (struct sim_properties * properties, int device),
	get_properties(properties, device))
#endif

RUNTIME(cudaGetDriverEntryPoint,
	(const char *name, void **function, unsigned long long flags, int *result),
	rt_entry_point(name, function, RUNTIME_VERSION, flags, result))
#if SIM_CUDART_MAJOR >= 12
RUNTIME(cudaGetDriverEntryPointByVersion,
	(const char *name, void **function, unsigned version, unsigned long long flags,
		int *result),
	rt_entry_point(name, function, (int)version, flags, result))
#endif
