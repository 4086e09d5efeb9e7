/* SPDX-License-Identifier: MIT */
/*
 * Names for addresses: of a hook it is that of the function for which it stands, as dladdr has it
 * (arch/CPU/doors.S). libc looks in its own way there, past dladdr.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <stdlib.h>
#include <string.h>

#include "../hooks/hooks.h"
#include "../objects/functions.h"

/* What is next after this library; dlsym takes the lock that these take as well. */
static void *next(const char *name)
{
	return loader_real.dlsym(RTLD_NEXT, name);
}

static bool any_is_hook(void *const *addresses, int n)
{
	for (int i = 0; i < n; i++)
		if (hook_is_ours(addresses[i]))
			return true;
	return false;
}

__attribute__((visibility("default"))) char **backtrace_symbols(void *const *addresses, int n)
{
	__typeof__(&backtrace_symbols) on = (__typeof__(on))next("backtrace_symbols");
	void **meant = NULL;
	char **names;

	if (!on)
		return NULL;
	/* It allocates, too. */
	if (any_is_hook(addresses, n))
		meant = malloc((size_t)n * sizeof(*meant));
	for (int i = 0; meant && i < n; i++)
		meant[i] = hook_meant(addresses[i]);
	names = on(meant ? meant : addresses, n);
	free(meant);
	return names;
}

/* For signal handlers: one by one, so that no memory is needed. */
__attribute__((visibility("default"))) void backtrace_symbols_fd(
	void *const *addresses, int n, int fd)
{
	__typeof__(&backtrace_symbols_fd) on = (__typeof__(on))next("backtrace_symbols_fd");

	if (on && !any_is_hook(addresses, n)) {
		on(addresses, n, fd);
		return;
	}
	for (int i = 0; on && i < n; i++) {
		void *meant = hook_meant(addresses[i]);

		on(&meant, 1, fd);
	}
}
