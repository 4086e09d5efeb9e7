/* SPDX-License-Identifier: MIT */
/*
 * client-phases [PHASE...]: linked to libcuda.so.1; works and rests as it is told, for tests of
 * records and pages. A phase is
 *   KERNELS/SECONDS  launches so many kernels, evenly over the time, a copy to the device each
 *   SECONDS          does nothing
 *   +BYTES, -        allocates, frees what was allocated last
 *   !                a call that fails
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_driver.h"

enum { BYTES = 4096, HELD_MAX = 16 };

static void *function;
static uint64_t buffer, held[HELD_MAX];
static unsigned n_held;

static void open_device(void)
{
	void *context = NULL, *module = NULL;

	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&function, module, "sim_noop"));
	CHECK(cuMemAlloc_v2(&buffer, BYTES));
}

static void rest(double seconds)
{
	struct timespec left = { (time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9) };

	while (nanosleep(&left, &left))
		;
}

static void work(long kernels, double seconds)
{
	static char bytes[BYTES];

	for (long i = 0; i < kernels; i++) {
		CHECK(cuMemcpyHtoD_v2(buffer, bytes, BYTES));
		CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
		rest(seconds / (double)kernels);
	}
	CHECK(cuCtxSynchronize());
}

static void phase(const char *word)
{
	char *end;
	double first = strtod(word, &end);

	if (*word == '!')
		CHECK_EQUAL(cuMemFree_v2(12345), 1);
	else if (*word == '+' && n_held < HELD_MAX)
		CHECK(cuMemAlloc_v2(&held[n_held++], (size_t)first));
	else if (!strcmp(word, "-") && n_held)
		CHECK(cuMemFree_v2(held[--n_held]));
	else if (*end == '/')
		work((long)first, strtod(end + 1, NULL));
	else
		rest(first);
}

int main(int argc, char **argv)
{
	open_device();
	for (int i = 1; i < argc; i++)
		phase(argv[i]);
	return 0;
}
