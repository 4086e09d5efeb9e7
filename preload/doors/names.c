/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <string.h>

#include "../ground/path.h"

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

bool name_is_of_driver(const char *name)
{
	return name[0] == 'c' && name[1] == 'u' && is_upper(name[2]);
}

/* cuInit, cudaMalloc, cublasLtMatmul: "cu", small letters perhaps, a capital. */
static bool is_of_cuda(const char *name)
{
	if (name[0] != 'c' || name[1] != 'u')
		return false;
	for (name += 2; *name >= 'a' && *name <= 'z'; name++)
		continue;
	return is_upper(*name);
}

/* One of those behind the doors. */
static bool is_of_door(const char *name)
{
	static const char names[][12] = { "dlsym", "dlvsym", "dlopen", "dladdr", "dladdr1",
		"dlmopen", "dlclose" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

bool name_is_of_interest(const char *name)
{
	return is_of_cuda(name) || after_start(name, "nccl") || after_start(name, "pnccl") ||
	       after_start(name, "__cuda") || (name[0] == 'd' && is_of_door(name));
}
