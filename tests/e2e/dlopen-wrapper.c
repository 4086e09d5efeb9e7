/* SPDX-License-Identifier: MIT */
/* A preloaded library of somebody else's that has a dlopen, as tracers and overlays do. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

void *dlopen(const char *name, int flags)
{
	void *(*next)(const char *, int) =
		(void *(*)(const char *, int))(uintptr_t)dlsym(RTLD_NEXT, "dlopen");

	fprintf(stderr, "wrapper: %s\n", name ? name : "the program");
	return next(name, flags);
}
