/* SPDX-License-Identifier: MIT */
/*
 * A dependency whose IFUNC resolver looks a name up, while what needs it is loaded and not yet
 * relocated: what is looked at then must be looked at again.
 */
#include <dlfcn.h>

int part(void);

static int one(void)
{
	return 1;
}

__attribute__((used)) static int (*resolve(void))(void)
{
	(void)dlsym(RTLD_DEFAULT, "posix_spawn");
	(void)dlsym(RTLD_DEFAULT, "cuNoSuchFunction");
	return one;
}

static int chosen(void) __attribute__((ifunc("resolve")));

int part(void)
{
	return chosen();
}
