/* SPDX-License-Identifier: MIT */
/*
 * client-start [KERNELS]: linked to a library whose calls of the driver nobody can bind yet. The
 * driver becomes global, is initialised by what a look-up gave, and the library works.
 */
#include <dlfcn.h>
#include <stdint.h>

#include "check.h"

int plugin_work(int kernels); /* plugin-unbound.c */

int main(int argc, char **argv)
{
	void *driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_GLOBAL);
	int (*init)(unsigned);

	CHECK_TRUE(driver);
	init = (int (*)(unsigned))(uintptr_t)dlsym(driver, "cuInit");
	CHECK_TRUE(init && !init(0));
	if (argc > 1)
		CHECK(plugin_work(-atoi(argv[1])));
	return 0;
}
