/* SPDX-License-Identifier: MIT */
/*
 * libframework.so: what TensorFlow and JAX do to run without CUDA. The library exports stubs that
 * carry the names of the driver and of cuDNN; each looks the real function up when it is first
 * called, in a library opened by name, and passes the call on. One call is to count once.
 */
#include <dlfcn.h>
#include <stdint.h>

#include "../sim/standins/include/sim_cudnn.h"
#include "../sim/standins/include/sim_driver.h"

enum { NOT_FOUND = 500 };

static void *real_function(const char *library, const char *name)
{
	void *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);

	return handle ? dlsym(handle, name) : NULL;
}

#define STUB(library, name, params, args)                                               \
	int name params                                                                 \
	{                                                                               \
		static int(*real) params;                                               \
                                                                                        \
		if (!real)                                                              \
			real = (int(*) params)(uintptr_t)real_function(library, #name); \
		return real ? real args : NOT_FOUND;                                    \
	}

STUB("libcuda.so.1", cuInit, (unsigned flags), (flags))
STUB("libcuda.so.1", cuDriverGetVersion, (int *version), (version))
STUB("libcuda.so.1", cuDeviceGetCount, (int *count), (count))
STUB("libcudnn.so.9", cudnnCreate, (void **handle), (handle))
STUB("libcudnn.so.9", cudnnDestroy, (void *handle), (handle))
