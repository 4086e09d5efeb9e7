/* SPDX-License-Identifier: MIT */
/* A plugin of client-plugin that opens the driver itself, when it works. PLUGIN_NOTHING: it does
 * not. */
#include <dlfcn.h>
#include <stdint.h>

#include "../clients/check.h"

int plugin_work(int rounds);

#ifdef PLUGIN_NOTHING
int plugin_work(int rounds)
{
	return rounds;
}
#else
int plugin_work(int rounds)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);
	int (*init)(unsigned), (*get_version)(int *);
	int version = 0;

	CHECK_TRUE(driver);
	init = (int (*)(unsigned))(uintptr_t)dlsym(driver, "cuInit");
	get_version = (int (*)(int *))(uintptr_t)dlsym(driver, "cuDriverGetVersion");
	CHECK_TRUE(init && get_version);
	CHECK(init(0));
	for (int i = 0; i < rounds; i++)
		CHECK(get_version(&version));
	return 1;
}
#endif
