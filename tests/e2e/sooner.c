/* SPDX-License-Identifier: MIT */
/*
 * With SOONER, what a runtime needs, whose constructor runs before the runtime's own _init and
 * calls it. Else that runtime.
 */
#ifdef SOONER
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

int sooner(void);

int sooner(void)
{
	return 0;
}

__attribute__((constructor)) static void constructor(void)
{
	int version;
	int (*get)(int *) = (int (*)(int *))(uintptr_t)dlsym(RTLD_DEFAULT, "cudaRuntimeGetVersion");

	if (get)
		get(&version);
}
#else
int sooner(void);
int cudaRuntimeGetVersion(int *version);

int cudaRuntimeGetVersion(int *version)
{
	*version = 12000;
	return sooner();
}
#endif
