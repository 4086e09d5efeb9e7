/* SPDX-License-Identifier: MIT */
/*
 * liborigin.so and libpart.so (with ORIGIN_PART): the first opens the second by its bare name,
 * which its RUNPATH leads to, and by $ORIGIN. Both look at who calls dlopen.
 */
#include <dlfcn.h>
#include <stddef.h>

#ifdef ORIGIN_PART
int part_value(void);

int part_value(void)
{
	return 1;
}
#else
int plugin_work(int rounds);

int plugin_work(int rounds)
{
	void *bare = dlopen("libpart.so", RTLD_NOW), *origin = NULL;

	(void)rounds;
	origin = dlopen("$ORIGIN/parts/libpart.so", RTLD_NOW);
	if (!bare || bare != origin || !dlsym(bare, "part_value"))
		return -1;
	return dlclose(bare) || dlclose(origin) ? -1 : 7;
}
#endif
