/* SPDX-License-Identifier: MIT */
/*
 * Another preloaded library that has a dlsym of its own, as those that limit a GPU's memory have:
 * its answer for cuMemGetInfo_v2 is a function that says 2 MiB.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "../clients/first_version.h"

void *dlsym(void *handle, const char *name);

static int limited(size_t *available, size_t *total)
{
	*available = 1 << 20;
	*total = 2 << 20;
	return 0;
}

void *dlsym(void *handle, const char *name)
{
	static void *(*real)(void *handle, const char *name);

	if (!real)
		real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", FIRST_VERSION);
	if (!strcmp(name, "cuMemGetInfo_v2"))
		return (void *)limited;
	return real ? real(handle, name) : NULL;
}
