/* SPDX-License-Identifier: MIT */
/*
 * What the programs for a real GPU share. Each knows what it does, and says so in lines
 * "EXPECT key=value", which are compared with gpuspy's figures: figures.py has the keys. Without a
 * device a program ends with status 77 and says why.
 */
#ifndef GPU_PROGRAM_H
#define GPU_PROGRAM_H

#include <cuda_runtime.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(call)                                                                         \
	do {                                                                                \
		long long check_status = (long long)(call);                                 \
                                                                                            \
		if (check_status) {                                                         \
			fprintf(stderr, "%s:%d: %s gave %lld\n", __FILE__, __LINE__, #call, \
				check_status);                                              \
			exit(1);                                                            \
		}                                                                           \
	} while (0)

#define CHECK_TRUE(expression) CHECK(!(expression))

static inline void skip(const char *reason)
{
	fprintf(stderr, "%s\n", reason);
	exit(77);
}

static inline void need_device(void)
{
	int count = 0;
	cudaError_t status = cudaGetDeviceCount(&count);

	if (status != cudaSuccess)
		skip(cudaGetErrorString(status));
	if (!count)
		skip("no device");
}

static inline void expect(const char *key, long long value)
{
	printf("EXPECT %s=%lld\n", key, value);
}

static inline void expect_word(const char *key, const char *value)
{
	printf("EXPECT %s=%s\n", key, value);
}

#endif
