/* SPDX-License-Identifier: MIT */
/*
 * client-unseen launch|open|idle: a program that finds functions in the driver's table of symbols
 * by itself. launch: only the launch is found so. open: only a file of the driver's is opened so.
 * idle: nothing is launched, and no kernel fetched.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../sim/standins/include/sim_driver.h"

/* Names stand behind the symbols, as linkers write them. */
static void *find(void *library, const char *name)
{
	const struct link_map *map = library;
	const ElfW(Sym) *symbols = NULL;
	const char *strings = NULL;

	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag; d++) {
		if (d->d_tag == DT_SYMTAB)
			symbols = (const void *)d->d_un.d_ptr;
		if (d->d_tag == DT_STRTAB)
			strings = (const char *)d->d_un.d_ptr;
	}
	for (const ElfW(Sym) *s = symbols + 1; (const char *)s < strings; s++)
		if (!strcmp(strings + s->st_name, name))
			return (char *)map->l_addr + s->st_value;
	return NULL;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "idle";
	void *context, *module, *kernel = NULL, *library;
	int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
		void *, void **, void **);

	if (!strcmp(what, "open"))
		return memfd_create("gpuspy-simulated-device", 0) < 0;
	if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context))
		return 1;
	if (!strcmp(what, "idle"))
		return 0;
	library = dlopen("libcuda.so.1", RTLD_NOW);
	*(void **)&launch = find(library, "cuLaunchKernel");
	if (cuModuleLoadData(&module, "sim:unseen") ||
		cuModuleGetFunction(&kernel, module, "unseen"))
		return 1;
	return launch(kernel, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL) || cuCtxSynchronize();
}
