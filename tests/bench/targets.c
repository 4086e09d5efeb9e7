/* SPDX-License-Identifier: MIT */
/*
 * The cheapest functions that a hook can stand before: what is measured is the hook. Built as
 * libcuda.so.1 and as libcudnn.so.9, whose names decide which hook a function gets.
 */
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

#ifdef BENCH_DRIVER
EXPORT int cuInit(unsigned flags);
EXPORT int cuCtxGetFlags(unsigned *flags);
EXPORT int cuCtxGetCurrent(void **context);
EXPORT int cuCtxGetDevice(int *device);
EXPORT int cuFuncGetName(const char **name, void *function);
EXPORT int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
	unsigned by, unsigned bz, unsigned shared, void *stream, void **params, void **extra);

int cuInit(unsigned flags)
{
	return (int)flags;
}

int cuCtxGetFlags(unsigned *flags)
{
	*flags = 0;
	return 0;
}

int cuCtxGetCurrent(void **context)
{
	static char one;

	*context = &one;
	return 0;
}

int cuCtxGetDevice(int *device)
{
	*device = 0;
	return 0;
}

int cuFuncGetName(const char **name, void *function)
{
	*name = "bench_kernel";
	return function ? 0 : 400;
}

int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
	unsigned bz, unsigned shared, void *stream, void **params, void **extra)
{
	return gx + gy + gz + bx + by + bz + shared != 6 || !function || stream || params || extra;
}
#else
EXPORT size_t cudnnGetVersion(void);

size_t cudnnGetVersion(void)
{
	return 91900;
}
#endif

/* The functions' own addresses, past every hook. */
EXPORT extern void *const bench_bare[];
void *const bench_bare[] = {
#ifdef BENCH_DRIVER
	(void *)cuCtxGetFlags,
	(void *)cuLaunchKernel,
#else
	(void *)cudnnGetVersion,
#endif
};
