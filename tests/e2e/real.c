/* SPDX-License-Identifier: MIT */
/*
 * Calls that NVIDIA's libraries answer on any machine, with or without a driver. Every call and
 * every status is counted here, so that gpuspy's figures have something to be compared with: no
 * ledger sees these libraries.
 */
#include "real.h"

#include <stdio.h>
#include <string.h>

#ifdef REAL_DLOPEN
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#else
#define PROTOTYPE(result, name, params) extern result name params;
REAL_FUNCTIONS(PROTOTYPE)
#endif

#define NUMBER(result, name, params) NUMBER_##name,
enum number { REAL_FUNCTIONS(NUMBER) NUMBERS };
#define NAME(result, name, params) #name,
static const char *const names[] = { REAL_FUNCTIONS(NAME) };
#define FIELD(result, name, params) result(*name) params;
static struct {
	REAL_FUNCTIONS(FIELD)
} real;

static int calls[NUMBERS], errors[NUMBERS];

/* Counts a call, and a status; as an expression of the function's result. */
#define CALL(name, ...)   (calls[NUMBER_##name]++, real.name(__VA_ARGS__))
#define STATUS(name, ...) told(NUMBER_##name, CALL(name, __VA_ARGS__))

static int told(enum number number, int status)
{
	errors[number] += status != 0;
	printf("%s %d\n", names[number], status);
	return status;
}

#ifdef REAL_DLOPEN
static void *open_library(const char *name)
{
	void *handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);

	if (!handle) {
		puts(dlerror());
		exit(1);
	}
	return handle;
}

static void bind_all(void)
{
	void *cudnn = open_library("libcudnn.so.9"), *runtime = open_library("libcudart.so.13");

#define BIND(result, name, params)                                    \
	real.name = (result(*) params)(uintptr_t)dlsym(               \
		strncmp(#name, "cudnn", 5) ? runtime : cudnn, #name); \
	if (!real.name)                                               \
		exit(1);
	REAL_FUNCTIONS(BIND)
}
#else
static void bind_all(void)
{
#define TAKE(result, name, params) real.name = name;
	REAL_FUNCTIONS(TAKE)
}
#endif

static void use_descriptors(void)
{
	void *tensor = NULL, *convolution = NULL;

	STATUS(cudnnCreateTensorDescriptor, &tensor);
	STATUS(cudnnSetTensor4dDescriptor, tensor, 0, 0, 1, 2, 3, 4);
	STATUS(cudnnSetTensor4dDescriptor, tensor, 0, 0, 1, 2, 0, 4);
	STATUS(cudnnCreateConvolutionDescriptor, &convolution);
	STATUS(cudnnDestroyConvolutionDescriptor, convolution);
	STATUS(cudnnDestroyTensorDescriptor, tensor);
}

static void use_runtime(void)
{
	void *memory = NULL;
	int version = 0, count = -1;

	STATUS(cudaRuntimeGetVersion, &version);
	printf("version %d\n", version);
	STATUS(cudaDriverGetVersion, &version);
	printf("version %d\n", version);
	STATUS(cudaGetDeviceCount, &count);
	STATUS(cudaMalloc, &memory, 0);
	STATUS(cudaGetLastError);
	printf("%s\n", CALL(cudaGetErrorName, 35));
}

void real_run(int rounds)
{
	void *handle = NULL;

	bind_all();
	for (int i = 0; i < rounds; i++) {
		printf("version %zu\n", CALL(cudnnGetVersion));
		printf("%s\n", CALL(cudnnGetErrorString, 2000));
		use_descriptors();
		use_runtime();
	}
	STATUS(cudnnCreate, &handle);
	for (int i = 0; i < NUMBERS; i++)
		printf("= %s %d %d\n", names[i], calls[i], errors[i]);
	fflush(stdout);
}
