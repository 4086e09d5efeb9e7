/* SPDX-License-Identifier: MIT */
/*
 * A libcuda.so.1 as WSL has it: it opens the driver proper, looks the same names up in that handle,
 * and passes every call on. One call of the program's is one call.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#include "../sim/standins/include/sim_driver.h"

static void *look_up(const char *name)
{
	static void *handle;

	if (!handle)
		handle = dlopen("libcuda.so.1.1", RTLD_NOW | RTLD_LOCAL);
	return handle ? dlsym(handle, name) : NULL;
}

#define PASS_ON(name, params, args)                                      \
	int name params                                                  \
	{                                                                \
		static int(*real) params;                                \
                                                                         \
		if (!real)                                               \
			real = (int(*) params)(uintptr_t)look_up(#name); \
		if (!real || real == name)                               \
			abort();                                         \
		return real args;                                        \
	}

PASS_ON(cuInit, (unsigned flags), (flags))
PASS_ON(cuDevicePrimaryCtxRetain, (void **context, int device), (context, device))
PASS_ON(cuCtxSetCurrent, (void *context), (context))
PASS_ON(cuCtxGetCurrent, (void **context), (context))
PASS_ON(cuCtxSynchronize, (void), ())
PASS_ON(cuMemAlloc_v2, (uint64_t * address, size_t bytes), (address, bytes))
PASS_ON(cuMemFree_v2, (uint64_t address), (address))
PASS_ON(cuModuleLoadData, (void **module, const void *image), (module, image))
PASS_ON(cuModuleGetFunction, (void **function, void *module, const char *name),
	(function, module, name))
PASS_ON(cuLaunchKernel,
	(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
		unsigned bz, unsigned shared, void *stream, void **params, void **extra),
	(function, gx, gy, gz, bx, by, bz, shared, stream, params, extra))
PASS_ON(cuStreamCreate, (void **stream, unsigned flags), (stream, flags))
PASS_ON(cuStreamBeginCapture_v2, (void *stream, int mode), (stream, mode))
PASS_ON(cuStreamEndCapture, (void *stream, void **graph), (stream, graph))
PASS_ON(cuStreamSynchronize, (void *stream), (stream))
PASS_ON(cuGraphDestroy, (void *graph), (graph))
