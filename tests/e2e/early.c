/* SPDX-License-Identifier: MIT */
/*
 * libearly.so: dlsym from an IFUNC resolver, so while this library is being relocated and a
 * preloaded one is not yet; and a constructor, which runs before a preloaded library's may have.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

extern int cuDriverGetVersion(int *version);
int early_choice(void);
int early_value(void);

static int (*found_by_resolver)(const char *);

static int with_libc(void)
{
	return found_by_resolver ? found_by_resolver("42") : -1;
}

static int without(void)
{
	return -2;
}

__attribute__((used)) static int (*resolve(void))(void)
{
	/* RTLD_NEXT asks who calls. */
	found_by_resolver = (int (*)(const char *))(uintptr_t)dlsym(RTLD_NEXT, "atoi");
	return found_by_resolver && !dlsym(RTLD_DEFAULT, "early_no_such") ? with_libc : without;
}

int early_choice(void) __attribute__((ifunc("resolve")));

__attribute__((constructor)) static void at_start(void)
{
	int (*get)(int *) = (int (*)(int *))(uintptr_t)dlsym(RTLD_DEFAULT, "cuDriverGetVersion");
	int version;

	if (!get || get(&version) || cuDriverGetVersion(&version))
		abort();
}

int early_value(void)
{
	return early_choice();
}
