/* SPDX-License-Identifier: MIT */
/*
 * client-reopen [--global] LIBRARY [OTHER]: opens a runtime, calls it, closes it. Then, with one
 * argument, has its place taken and opens it again, which is then elsewhere; with two, opens the
 * other, which is as large, so is then where the first was. --global: their symbols are
 * everybody's.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "../clients/check.h"

static int scope = RTLD_LOCAL;

static uintptr_t use(const char *path, int calls, void **handle)
{
	struct link_map *map;
	int (*get)(int *);
	int version;

	*handle = dlopen(path, RTLD_NOW | scope);
	CHECK_TRUE(*handle);
	CHECK(dlinfo(*handle, RTLD_DI_LINKMAP, &map));
	get = (int (*)(int *))(uintptr_t)dlsym(*handle, "cudaRuntimeGetVersion");
	CHECK_TRUE(get);
	while (calls--)
		CHECK(get(&version));
	return map->l_addr;
}

int main(int argc, char **argv)
{
	uintptr_t first, second;
	void *handle;

	CHECK_TRUE(argc > 1);
	if (!strcmp(argv[1], "--global")) {
		scope = RTLD_GLOBAL;
		argv++;
		argc--;
	}
	first = use(argv[1], 3, &handle);
	CHECK(dlclose(handle));
	if (argc == 2)
		CHECK_TRUE(mmap((void *)first, 4096, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
				   0) == (void *)first);
	second = use(argv[argc - 1], 5, &handle);
	printf("%s\n", first == second ? "the same place" : "another place");
	return 0;
}
