/* SPDX-License-Identifier: MIT */
/*
 * client-weak: asks in the usual ways whether this process has CUDA, and has not. A preloaded
 * library that exports CUDA's names would make it say yes.
 */
#include <dlfcn.h>
#include <stdio.h>

extern int cuInit(unsigned flags) __attribute__((weak));
extern int cudaMalloc(void **memory, size_t bytes) __attribute__((weak));

static const char *word(int present)
{
	return present ? "yes" : "no";
}

int main(void)
{
	int (*volatile driver)(unsigned) = cuInit;
	int (*volatile runtime)(void **, size_t) = cudaMalloc;

	printf("weak: driver %s, runtime %s; RTLD_DEFAULT: driver %s, cuDNN %s\n",
		word(driver != NULL), word(runtime != NULL),
		word(dlsym(RTLD_DEFAULT, "cuInit") != NULL),
		word(dlsym(RTLD_DEFAULT, "cudnnCreate") != NULL));
	return driver || runtime || dlsym(RTLD_DEFAULT, "cuInit");
}
