/* SPDX-License-Identifier: MIT */
/* A plugin of client-global: whoever loads it has to see to it that the driver can be found. */
#include <stddef.h>
#include <stdlib.h>

#include "kernels.h"

int cuInit(unsigned flags);
int cuDevicePrimaryCtxRetain(void *context, int device);
int cuCtxSetCurrent(void *context);
int cuModuleLoadData(void *module, const char *image);
int cuModuleGetFunction(void *function, void *module, const char *name);
int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
	unsigned bz, unsigned shared, void *stream, void **parameters, void **extra);
int cuCtxSynchronize(void);
int cudaRuntimeGetVersion(int *version);
int plugin_work(int kernels);

#ifdef PLUGIN_RUNTIME
int plugin_work(int kernels)
{
	int version = kernels;

	return cudaRuntimeGetVersion(&version);
}
#else
static int begin(void)
{
	void *context = NULL;

	return cuInit(0) | cuDevicePrimaryCtxRetain(&context, 0) | cuCtxSetCurrent(context);
}

/* Fewer than 0: so many, and it initialises the driver itself. */
int plugin_work(int kernels)
{
	void *module = NULL, *function = NULL, *none[] = { NULL };
	int status = kernels < 0 ? begin() : 0;

	kernels = abs(kernels);
	status |= cuModuleLoadData(&module, KERNELS_NOOP);
	status |= cuModuleGetFunction(&function, module, "sim_noop");
	for (int i = 0; i < kernels; i++)
		status |= cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, none, NULL);
	return status | cuCtxSynchronize();
}
#endif
