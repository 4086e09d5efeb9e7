/* SPDX-License-Identifier: MIT */
/*
 * Calls of libraries that count themselves: CALL(layer, function, arguments) makes the call, wants
 * success, and remembers it; say_calls() prints what was called how often, and the sum of each
 * layer, so that a call counted twice, or one that a library made of its own, is noticed.
 */
#ifndef GPU_CALLS_H
#define GPU_CALLS_H

#include <string.h>

#include "program.h"

enum { CALLED_MAX = 256 };

static struct called {
	const char *layer, *name;
	int times;
} called[CALLED_MAX];

static inline void count_call(const char *layer, const char *name)
{
	struct called *one = called;

	while (one->name && (strcmp(one->name, name) != 0 || strcmp(one->layer, layer) != 0))
		one++;
	one->layer = layer;
	one->name = name;
	one->times++;
}

/* The name is that of the symbol: some are macros, cublasCreate is cublasCreate_v2. */
#define CALL_NAMED(layer, name, function, ...) \
	do {                                   \
		count_call(#layer, name);      \
		CHECK(function(__VA_ARGS__));  \
	} while (0)
#define CALL_STRING(name)          #name
#define CALL_EXPANDED(name)        CALL_STRING(name)
#define CALL(layer, function, ...) CALL_NAMED(layer, CALL_EXPANDED(function), function, __VA_ARGS__)

static inline void say_calls(void)
{
	for (const struct called *one = called; one->name; one++)
		printf("EXPECT calls.%s.%s=%d\n", one->layer, one->name, one->times);
	for (const struct called *one = called; one->name; one++) {
		const struct called *same = called;
		int sum = 0;

		while (strcmp(same->layer, one->layer) != 0)
			same++;
		if (same != one)
			continue;
		for (same = called; same->name; same++)
			sum += strcmp(same->layer, one->layer) == 0 ? same->times : 0;
		printf("EXPECT layer.%s=%d\n", one->layer, sum);
	}
}

/* N floats of one value on the device. */
static inline float *filled(size_t n, float value)
{
	float *host = (float *)malloc(n * sizeof(float)), *device = NULL;

	CHECK_TRUE(host);
	for (size_t i = 0; i < n; i++)
		host[i] = value;
	CHECK(cudaMalloc((void **)&device, n * sizeof(float)));
	CHECK(cudaMemcpy(device, host, n * sizeof(float), cudaMemcpyHostToDevice));
	free(host);
	return device;
}

/* The first of them, to see that the right thing was computed. */
static inline float first_of(const float *device)
{
	float value = 0;

	CHECK(cudaMemcpy(&value, device, sizeof(value), cudaMemcpyDeviceToHost));
	return value;
}

#endif
