/* SPDX-License-Identifier: MIT */
/*
 * The stand-in runtime's own workings. It is compiled once for each SIM_CUDART_MAJOR as a shared
 * library, and once as an archive that the stand-in cuDNN and cuBLAS contain, as the real ones do.
 */
#ifndef RUNTIME_H
#define RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "include/sim_driver.h"
#include "include/sim_runtime.h"
#include "standin.h"

enum runtime_status { /* cudaError_t; most of its values are the driver's */
	RT_OK = 0,
	RT_INVALID_VALUE = 1,
	RT_INVALID_DIRECTION = 21, /* cudaErrorInvalidMemcpyDirection */
	RT_INSUFFICIENT_DRIVER = 35,
	RT_INVALID_FUNCTION = 98, /* cudaErrorInvalidDeviceFunction */
	RT_NO_DEVICE = 100,
	RT_INVALID_DEVICE = 101,
	RT_INVALID_HANDLE = 400,
	RT_SYMBOL_NOT_FOUND = 500,
	RT_NOT_READY = 600,
};

#define RT_DEVICES 64

/* Where the driver's functions are, once rt_start() or rt_look_up() succeeded. */
extern struct sim_driver rt_driver;

/* Finds libcuda and looks everything up in it, once. 0, or RT_INSUFFICIENT_DRIVER. */
int rt_look_up(void);
/* What cuGetProcAddress_v2 of the driver says; for cudaGetDriverEntryPoint. */
int rt_entry_point(
	const char *name, void **function, int version, unsigned long long flags, int *result);

/* Starts the driver, once. */
int rt_start(void);
/* Starts the driver and makes the primary context of this thread's device current. */
int rt_context(void);

/* The driver's handle of the kernel that was registered with this host address. */
int rt_kernel(const void *function, void **kernel);

/* Keeps a failure for cudaGetLastError, and returns the status. */
int rt_result(int status);

#ifndef STANDIN_SONAME
#define STANDIN_SONAME "static"
#endif

/* An exported function whose failure cudaGetLastError reports. */
#define RUNTIME(symbol, params, expression) STANDIN(symbol, params, rt_result(expression))

/* One that is a driver call in this thread's context. */
#define RUNTIME_DRIVER(symbol, params, driver_call) \
	RUNTIME(symbol, params, rt_context() ?: rt_driver.driver_call)

#endif
