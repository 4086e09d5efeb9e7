/* SPDX-License-Identifier: MIT */
/*
 * A plugin of client-plugin: linked to a runtime and, if PLUGIN_CUDNN is set, to cuDNN. Its
 * constructor and its destructor make calls already. One plugin is built for each major version of
 * the runtime, and one without the start files, so without the _init that the others have.
 */
#include "../sim/standins/include/sim_cudnn.h"
#include "../sim/standins/include/sim_runtime.h"
#include "check.h"

enum { BYTES = 256 };

int plugin_work(int rounds);

__attribute__((constructor)) static void at_start(void)
{
	int version = 0;

	CHECK(cudaRuntimeGetVersion(&version));
	CHECK_EQUAL(version / 1000, SIM_CUDART_MAJOR);
#ifdef PLUGIN_CUDNN
	CHECK_EQUAL(cudnnGetVersion(), SIM_CUDNN_VERSION);
#endif
}

__attribute__((destructor)) static void at_end(void)
{
	int version = 0;

	CHECK(cudaRuntimeGetVersion(&version));
}

#ifdef PLUGIN_CUDNN
static void use_cudnn(void)
{
	void *tensor = NULL;

	CHECK(cudnnCreateTensorDescriptor(&tensor));
	CHECK(cudnnDestroyTensorDescriptor(tensor));
}
#else
static void use_cudnn(void)
{
}
#endif

int plugin_work(int rounds)
{
	char text[BYTES] = "plugin";
	void *memory = NULL;
	int i;

	CHECK(cudaMalloc(&memory, BYTES));
	for (i = 0; i < rounds; i++) {
		CHECK(cudaMemcpy(memory, text, BYTES, SIM_HOST_TO_DEVICE));
		use_cudnn();
	}
	CHECK(cudaFree(memory));
	return SIM_CUDART_MAJOR;
}
