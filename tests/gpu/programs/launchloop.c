/* SPDX-License-Identifier: MIT */
/*
 * launchloop [BATCHES]: ns of one launch of an empty kernel, as the launching thread sees it. Needs
 * no toolkit. Batches are short enough for the driver's queue, so that no launch waits for the GPU;
 * the waiting is done between the batches and is not measured. Prints the medians of all batches,
 * of the first and of the second half, and the fastest, as RESULT and a JSON object.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../clients/kernels.h"

enum { BATCH = 256, WARM_UP = 20 };

static struct {
	int (*init)(unsigned);
	int (*retain)(void **, int);
	int (*set_current)(void *);
	int (*load)(void **, const void *);
	int (*get_function)(void **, void *, const char *);
	int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
		void *, void **, void **);
	int (*synchronize)(void);
} cuda;

static void must(int status, const char *what)
{
	if (!status)
		return;
	fprintf(stderr, "%s: %d\n", what, status);
	exit(status == 100 ? 77 : 1);
}

static void bind(void *driver, const char *name, void *slot)
{
	void *function = dlsym(driver, name);

	must(!function, name);
	*(void **)slot = function;
}

static void *open_kernel(void)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW), *context, *module, *kernel;

	if (!driver) {
		fprintf(stderr, "no libcuda.so.1\n");
		exit(77);
	}
	bind(driver, "cuInit", &cuda.init);
	bind(driver, "cuDevicePrimaryCtxRetain", &cuda.retain);
	bind(driver, "cuCtxSetCurrent", &cuda.set_current);
	bind(driver, "cuModuleLoadData", &cuda.load);
	bind(driver, "cuModuleGetFunction", &cuda.get_function);
	bind(driver, "cuLaunchKernel", &cuda.launch);
	bind(driver, "cuCtxSynchronize", &cuda.synchronize);
	must(cuda.init(0), "cuInit");
	must(cuda.retain(&context, 0), "cuDevicePrimaryCtxRetain");
	must(cuda.set_current(context), "cuCtxSetCurrent");
	must(cuda.load(&module, KERNELS_NOOP), "cuModuleLoadData");
	must(cuda.get_function(&kernel, module, "sim_noop"), "cuModuleGetFunction");
	return kernel;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double run_batch(void *kernel)
{
	double start = now(), end;
	int i, status = 0;

	for (i = 0; i < BATCH; i++)
		status |= cuda.launch(kernel, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL);
	end = now();
	must(status, "cuLaunchKernel");
	must(cuda.synchronize(), "cuCtxSynchronize");
	return (end - start) / BATCH;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(const double *values, int n)
{
	double *sorted = malloc((size_t)n * sizeof(*sorted)), found;
	int i;

	must(!sorted, "malloc");
	for (i = 0; i < n; i++)
		sorted[i] = values[i];
	qsort(sorted, (size_t)n, sizeof(*sorted), by_value);
	found = sorted[n / 2];
	free(sorted);
	return found;
}

int main(int argc, char **argv)
{
	int i, batches = argc > 1 ? atoi(argv[1]) : 1000;
	void *kernel = open_kernel();
	double *ns = malloc((size_t)batches * sizeof(*ns)), fastest;

	if (batches < 2 || !ns)
		return 2;
	for (i = 0; i < WARM_UP; i++)
		run_batch(kernel);
	for (i = 0; i < batches; i++)
		ns[i] = run_batch(kernel);
	fastest = ns[0];
	for (i = 1; i < batches; i++)
		fastest = ns[i] < fastest ? ns[i] : fastest;
	printf("RESULT {\"ns\": %.2f, \"first_half\": %.2f, \"second_half\": %.2f, "
	       "\"fastest\": %.2f, \"launches\": %d}\n",
		median(ns, batches), median(ns, batches / 2),
		median(ns + batches / 2, batches - batches / 2), fastest,
		(batches + WARM_UP) * BATCH);
	return 0;
}
